"""A plan in a file: what was asked for, and by what the answer is known again."""

from __future__ import annotations

from collections.abc import Mapping

from composer.record import dataclass, field

FORMAT = "composer plan"
VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The command that made a plan.

    `flags` are those before the command, `variables` of the environment choose files and
    project, `options` are those behind the command; all that were given.
    """

    directory: str
    flags: Mapping[str, object] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """`files` and `steps` map names to hashes, `world` kinds of things to names and ids.

    `renewed` are the volumes that are made anew; `losses` is what is lost, for people.
    `engine` is its address, `path` the file that was read.
    """

    project: str
    engine: str
    asked: Asked
    files: Mapping[str, str]
    world: Mapping[str, Mapping[str, str]]
    steps: Mapping[str, str]
    renewed: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
    path: str = ""
