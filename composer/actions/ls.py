"""Which projects an engine has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable

from composer.engine.port import Reader
from composer.errors import UsageError
from composer.model.names import Label
from composer.model.observed import ObservedContainer
from composer.record import dataclass

_UNKNOWN = "N/A"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A project as its containers' labels tell of it.

    `status` counts them: "exited(1), running(2)"; `files` are separated by commas.
    """

    name: str
    status: str
    files: str


def ls(engine: Reader, *, all: bool, names: Collection[str] = ()) -> tuple[Listed, ...]:
    """Return the projects that have running containers, or any with `all`, by name.

    Only containers that a Compose made count: they have a config hash.  Of `names`,
    regular expressions, one has to be in the project's name; raises UsageError for
    one that is none.
    """
    wanted = [_expression(name) for name in names]
    projects: dict[str, list[ObservedContainer]] = {}
    for container in engine.containers_of_projects(all=all):
        if container.digest is not None:
            projects.setdefault(container.labels[Label.PROJECT], []).append(container)
    return tuple(
        Listed(name=name, status=_status(containers), files=_files(containers))
        for name, containers in sorted(projects.items())
        if not wanted or any(one.search(name) for one in wanted)
    )


def _expression(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise UsageError(f"--filter: {text!r} is no regular expression: {error}") from None


def _status(containers: Iterable[ObservedContainer]) -> str:
    counts = Counter(container.state.status for container in containers)
    return ", ".join(f"{status}({count})" for status, count in sorted(counts.items()))


def _files(containers: Iterable[ObservedContainer]) -> str:
    files: dict[str, None] = {}
    for container in sorted(containers, key=lambda one: one.name):
        told = container.labels.get(Label.CONFIG_FILES)
        if told is None:
            return _UNKNOWN
        files.update(dict.fromkeys(told.split(",")))
    return ",".join(files)
