"""Where the values of a model come from: files, variables, and what nobody wrote.

Marks say where a value was written.  What they cannot say is heard by a `Trace`
while the files are loaded, or read once more afterwards: where env files set
their variables.  Loading without `--origin` pays for none of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Final, TypeAlias

from composer.errors import InvalidProject
from composer.loader import dotenv
from composer.loader.bind import NodeMarks
from composer.loader.documents import Report
from composer.loader.environment import later_wins
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.pipeline import Loaded, Merged, load, merge_files
from composer.loader.sources import Sources
from composer.loader.trace import Trace, Variables
from composer.model.options import LoadOptions
from composer.record import dataclass
from composer.source import Path, SourceMark

DEFAULT: Final = "default"
DIRECTORY: Final = "name of the directory"
NAME_FLAG: Final = "-p"
PROJECT_NAME: Final = "project name"
SHELL: Final = "shell"
UNSET: Final = "not set"
WORKING_DIRECTORY: Final = "working directory"

_NAME: Final = "COMPOSE_PROJECT_NAME"

Places: TypeAlias = Mapping[str, SourceMark]
"""Where each variable of a file is set."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that a value is made of.  `source` is where it was set, or says so in words."""

    name: str
    source: SourceMark | str


Origin: TypeAlias = SourceMark | Variable | str
"""A place in a file, a variable, or words such as "default"."""


def load_with_origins(options: LoadOptions) -> tuple[Loaded, Origins]:
    """Load a project, and what says where its values come from.  Raises InvalidProject."""
    report, trace = _listening()
    loaded = load(options, report)
    env_files = loaded.project.env_files
    return loaded, Origins(loaded.tree, env_files, options, trace, loaded.sources)


def merge_with_origins(options: LoadOptions) -> tuple[Merged, Origins]:
    """Do the same for a model that is not to be bound."""
    report, trace = _listening()
    merged = merge_files(options, report)
    return merged, Origins(merged.root, merged.env_files, options, trace, merged.sources)


def _listening() -> tuple[Report, Trace]:
    report = Report()
    report.trace = Trace()
    return report, report.trace


class Origins:
    """Says where a value of a loaded model comes from.

    `env_files` are those that set the variables of the project.
    """

    def __init__(
        self,
        root: MarkedMap,
        env_files: Iterable[str],
        options: LoadOptions,
        trace: Trace,
        sources: Sources,
    ) -> None:
        self._root = root
        self._marks = NodeMarks(root)
        self._env_files = tuple(env_files)
        self._options = options
        self._trace = trace
        self._sources = sources
        self._read: dict[tuple[str, bool], Places] = {}

    def of(self, path: Path) -> tuple[Origin, ...]:
        """Return where the printed value at `path` comes from; what nobody wrote is "default".

        A place in a file comes first, the variables that take part follow.
        """
        if path == ("name",):
            return self._of_name()
        path = _in_nodes(self._root, path)
        mark = self._marks.get(path)
        if mark is None:
            return (self._of_env_file(path) or DEFAULT,)
        return (mark, *self._heard(mark, path))

    def of_variable(self, name: str) -> Origin:
        """Return where a variable of the project is set."""
        return self._source(name, None)

    def _of_name(self) -> tuple[Origin, ...]:
        if self._options.project_name:
            return (NAME_FLAG,)
        if self._options.environment.get(_NAME):
            return (Variable(_NAME, SHELL),)
        if place := self._places.get(_NAME):
            return (Variable(_NAME, place),)
        mark = self._root.values_at.get("name")
        return (mark, *self._heard(mark, ("name",))) if mark else (DIRECTORY,)

    def _heard(self, mark: SourceMark, path: Path) -> Iterable[Variable]:
        for name, variables in self._trace.used.get(mark, {}).items():
            yield Variable(name, self._source(name, variables))
        if path in self._trace.inherited:
            yield Variable(str(path[-1]), self._source(str(path[-1]), None))

    def _source(self, name: str, variables: Variables | None) -> SourceMark | str:
        """Return where `name` is set, among the variables of an included project or our own."""
        around = self._trace.included.get(id(variables)) if variables is not None else None
        if around is not None:
            if name in around[0]:
                return self._source(name, around[0])
            found = [places[name] for file in around[1] if name in (places := dotenv.places(file))]
            return found[-1] if found else UNSET
        if name == _NAME:
            return PROJECT_NAME
        if name in self._options.environment:
            return SHELL
        return self._places.get(name) or (WORKING_DIRECTORY if name == "PWD" else UNSET)

    @cached_property
    def _places(self) -> Places:
        """Where the env files of the project set their variables."""
        found: dict[str, SourceMark] = {}
        for path in self._env_files:
            new = self._places_in(path)
            found = {**found, **new} if later_wins(self._options) else {**new, **found}
        return found

    def _of_env_file(self, path: Path) -> SourceMark | None:
        """Return the line of an env_file or label_file that gives a service a value."""
        named = _NAMED_BY.get(path[2]) if len(path) == 4 and isinstance(path[2], str) else None
        service = (self._root.get(str(path[0])) or {}).get(path[1])
        if named is None or not isinstance(service, MarkedMap):
            return None
        found = None
        for entry in service.get(named) or ():
            raw = isinstance(entry, MarkedMap) and entry.get("format") == "raw"
            name = entry.get("path") if isinstance(entry, MarkedMap) else entry
            found = self._places_in(str(name), raw=raw).get(str(path[3]), found)
        return found

    def _places_in(self, path: str, *, raw: bool = False) -> Places:
        if (path, raw) not in self._read:
            try:
                file = self._sources.read(path)
            except InvalidProject:  # one that may be missing
                self._read[path, raw] = {}
            else:
                self._read[path, raw] = dotenv.places(file, raw=raw)
        return self._read[path, raw]


_NAMED_BY: Mapping[str, str] = {"environment": "env_file", "labels": "label_file"}


def _in_nodes(root: MarkedMap, path: Path) -> Path:
    """Return `path` as the nodes have it: what is printed as a list may be a map of them."""
    node: Any = root
    found: list[str | int] = []
    for key in path:
        if isinstance(node, MarkedMap) and isinstance(key, int):
            key = sorted(node)[key] if key < len(node) else key
        found.append(key)
        if isinstance(node, MarkedMap):
            node = node.get(str(key))
        elif isinstance(node, MarkedList) and isinstance(key, int) and key < len(node):
            node = node[key]
        else:
            node = None
    return tuple(found)
