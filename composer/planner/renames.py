"""Names that containers had before a plan gives them others."""

from __future__ import annotations

from collections.abc import Iterable

from composer.model.operations import Rename
from composer.model.plan import Step


def former_names(steps: Iterable[Step]) -> dict[str, str]:
    """Return the names that renamed containers have now, by those that they get."""
    return {s.operation.to: s.operation.container for s in steps if isinstance(s.operation, Rename)}
