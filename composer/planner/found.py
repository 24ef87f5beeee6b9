"""What one part of the planner comes back with."""

from __future__ import annotations

from composer.errors import Problem
from composer.model.plan import Step
from composer.record import dataclass, field


@dataclass(slots=True)
class Found:
    """Steps, what stands in the way (`errors`), and what is strange (`warnings`)."""

    steps: list[Step] = field(default_factory=list)
    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def __iadd__(self, other: Found) -> Found:
        self.steps += other.steps
        self.errors += other.errors
        self.warnings += other.warnings
        return self
