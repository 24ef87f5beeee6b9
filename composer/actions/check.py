"""What is wrong with a project's files, or odd about them, and whether that is a failure."""

from __future__ import annotations

from collections.abc import Collection

from composer.errors import Problem
from composer.loader.survey import survey
from composer.model.options import LoadOptions
from composer.record import dataclass


@dataclass(frozen=True, slots=True)
class Findings:
    """What a look at `files` found, sorted by place."""

    files: tuple[str, ...]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> int:
        return sum(one.severity == "error" for one in self.problems)

    @property
    def warnings(self) -> int:
        return len(self.problems) - self.errors

    def failed(self, *, strict: bool) -> bool:
        """Say whether the files fail the check; `strict` lets warnings count."""
        return self.errors > 0 or (strict and self.warnings > 0)

    def summary(self) -> str:
        """Return one line about all of it: "compose.yaml: 2 errors, 1 warning"."""
        counts = [(self.errors, "error"), (self.warnings, "warning")]
        said = [f"{count} {what}{'s' * (count != 1)}" for count, what in counts if count]
        names = ", ".join(dict.fromkeys(self.files))
        return f"{names}: {', '.join(said) or 'no problems'}" if names else ", ".join(said)


def check(options: LoadOptions, ignored: Collection[str]) -> Findings:
    """Look at the files of `options`; `ignored` names warnings that do not count."""
    found = survey(options, ignored)
    return Findings(found.files, found.problems)
