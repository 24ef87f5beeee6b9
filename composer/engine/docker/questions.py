"""What is asked of things that may not be there, and whether they were."""

from __future__ import annotations

from typing import Any

from composer.engine.docker.wire import Question
from composer.errors import EngineError, NotFound
from composer.model.names import full_reference

_NO_NAME = "invalid reference format"
"""What newer engines say of an image whose name could not be one; older ones have not found it."""


_SHORT_ID = 12
_HEXADECIMAL = frozenset("0123456789abcdef")


def of_image(ref: str) -> Question:
    """Ask of one image.  A list of all takes an engine as long as fifty of these.

    A name is asked for with its tag: engines take one like "cafe" for the first digits of
    an id, too.
    """
    name = ref if _is_id(ref) else full_reference(ref)
    return Question(f"/images/{name}/json", asked=f"image {ref}")


def can_be_image(ref: str) -> bool:
    """Say whether an engine can be asked of it: not of what leads elsewhere, as "../x" does."""
    return all(part and not part.startswith(".") for part in ref.split("/"))


def _is_id(ref: str) -> bool:
    digits = ref.removeprefix("sha256:")
    return len(digits) >= _SHORT_ID and _HEXADECIMAL.issuperset(digits)


def gone(answer: Any) -> bool:
    """Say whether what was asked about is not there.  Raises what else went wrong."""
    if not isinstance(answer, EngineError):
        return False
    if isinstance(answer, NotFound) or _NO_NAME in answer.message:
        return True
    raise answer
