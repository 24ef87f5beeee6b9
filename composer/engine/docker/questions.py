"""What is asked of things that may not be there, and whether they were."""

from __future__ import annotations

from typing import Any

from composer.engine.docker.wire import Question
from composer.errors import EngineError, NotFound

_NO_NAME = "invalid reference format"
"""What newer engines say of an image whose name could not be one; older ones have not found it."""


def of_image(ref: str) -> Question:
    """Ask of one image.  A list of all takes an engine as long as fifty of these."""
    return Question(f"/images/{ref}/json", asked=f"image {ref}")


def gone(answer: Any) -> bool:
    """Say whether what was asked about is not there.  Raises what else went wrong."""
    if not isinstance(answer, EngineError):
        return False
    if isinstance(answer, NotFound) or _NO_NAME in answer.message:
        return True
    raise answer
