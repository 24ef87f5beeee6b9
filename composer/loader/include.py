"""Take over what included files define.

An included project is loaded by itself, with its own directory and environment,
and its resources are imported.  What the including file says of the same name
is merged on top: Docker Compose 5 does so, 2.40 refuses.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from composer.errors import InvalidProject, Problem, did_you_mean
from composer.loader import paths, tags
from composer.loader.canonical import canonical
from composer.loader.merge import merge
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.normalise import complete
from composer.loader.scalars import describe
from composer.loader.validate import validate
from composer.record import dataclass, replace
from composer.source import Path, SourceMark

SECTIONS = ("services", "jobs", "networks", "volumes", "secrets", "configs", "models")

_KEYS = ("path", "env_file", "project_directory")

Named: TypeAlias = Mapping[str, SourceMark | None]
"""From the absolute path of a file to where an include names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncludeEntry:
    """A project to include.  All paths are absolute.

    Later `paths` override the first.  Without `env_files` the `.env` of
    `project_directory` counts, if there is one.  `chain` holds the files that
    are being read, this entry's included: pass it on to the includes of these.
    `named` says where each of these files, and each env file, is named.
    """

    paths: tuple[str, ...]
    env_files: tuple[str, ...] = ()
    project_directory: str
    mark: SourceMark | None = None
    chain: tuple[str, ...] = ()
    named: Named = MappingProxyType({})


Load: TypeAlias = Callable[[IncludeEntry], MarkedMap]
"""From an entry to its model: merged, in long form, with absolute paths."""


def include(
    root: MarkedMap,
    directory: str,
    load_project: Load,
    *,
    chain: tuple[str, ...] = (),
    named: Named = MappingProxyType({}),
    resets: Collection[Path] = (),
    overrides: Collection[Path] = (),
    written: bool = False,
    locate: paths.Locate = paths.local,
) -> MarkedMap:
    """Return `root` on top of everything it includes, without its `include`.

    `chain` holds the absolute paths of the files that are being read, and
    `named` where, so that a cycle is seen; `resets` and `overrides` are the tagged paths of `root`;
    `written` is that of `merge`; `locate` finds files.
    Raises InvalidProject for what cannot be included.
    """
    if "include" not in root:
        return root
    rest = root.copy()
    rest.drop("include")
    problems: list[Problem] = []
    entries = _entries(root, directory, _Reading(chain, named, problems), locate)
    model = MarkedMap(root.mark)
    for entry in entries:
        try:
            model = _imported(model, load_project(entry), directory, written=written)
        except InvalidProject as error:
            problems += (replace(one, mark=one.mark or entry.mark) for one in error.problems)
    if problems:
        raise InvalidProject(problems)
    tags.drop(model, resets)
    return merge(model, _without_copies(rest, model, directory), overrides, written=written)


def _imported(model: MarkedMap, project: MarkedMap, directory: str, *, written: bool) -> MarkedMap:
    """Return `model` with the resources of `project`; of two projects the later one wins."""
    resources = MarkedMap(project.mark)
    for section in SECTIONS:
        if isinstance(project.get(section), MarkedMap):
            resources.take(project, section)
    return merge(model, _without_copies(resources, model, directory), written=written)


def _without_copies(over: MarkedMap, model: MarkedMap, directory: str) -> MarkedMap:
    """Return `over` without the resources that `model` has just the same."""
    rest = over.copy()
    for section in SECTIONS:
        here, there = over.get(section), model.get(section)
        if not isinstance(here, MarkedMap) or not isinstance(there, MarkedMap):
            continue
        kept = here.copy()
        for name in here.keys() & there.keys():
            own = _alone(section, name, here)
            if not validate(own) and _whole(own, directory) == _whole(
                _alone(section, name, there), directory
            ):
                kept.drop(name)
        rest[section] = kept
    return rest


def _alone(section: str, name: str, entries: MarkedMap) -> MarkedMap:
    """Return a model with one resource in it."""
    single, model = MarkedMap(), MarkedMap()
    single.take(entries, name)
    model.put(section, single)
    return model


def _whole(model: MarkedMap, directory: str) -> MarkedMap:
    """Return `model` as an included project would have it."""
    whole, _ = canonical(model)
    complete(whole)
    return paths.resolve(whole, directory)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Which files are being read and where they are named; collects `problems`."""

    chain: tuple[str, ...]
    named: Named
    problems: list[Problem]


def _entries(
    root: MarkedMap, directory: str, reading: _Reading, locate: paths.Locate
) -> list[IncludeEntry]:
    written = root["include"]
    if written is None:
        return []
    if not isinstance(written, MarkedList):
        message = f"'include' must be a list of files, not {describe(written)}"
        hint = f"write a list: [{written}]" if isinstance(written, str) else None
        reading.problems.append(Problem(message, root.mark_of("include"), hint))
        return []
    entries = []
    for item, mark in zip(written, written.items_at, strict=True):
        entry = _entry(item, mark, directory, reading.problems, locate)
        if entry is not None and not _closes_cycle(entry, reading):
            chain, named = (*reading.chain, *entry.paths), {**reading.named, **entry.named}
            entries.append(replace(entry, chain=chain, named=named))
    return entries


def _entry(
    item: Any,
    mark: SourceMark | None,
    directory: str,
    problems: list[Problem],
    locate: paths.Locate,
) -> IncludeEntry | None:
    """Return what one item includes, None if it cannot be read."""
    strange: list[str] = []
    if isinstance(item, MarkedMap):
        strange = [key for key in item if key not in _KEYS and not key.startswith("x-")]
        for key in strange:
            hint = did_you_mean(key, _KEYS) or f"known keys: {', '.join(_KEYS)}"
            problems.append(Problem(f"unknown key {key!r} in include", item.keys_at.get(key), hint))
        files, env_files = _texts(item.get("path")), _texts(item.get("env_file"))
        project_directory = item.get("project_directory")
    else:
        files, env_files, project_directory = _texts(item), (), None
    if not files or env_files is None or not isinstance(project_directory, str | None):
        if files or not strange:
            problems.append(Problem("an include must name a path, or several", mark))
        return None
    marks = _marks(item, mark)
    try:
        local = tuple(locate(path, directory, at) for path, at in zip(files, marks, strict=True))
    except InvalidProject as error:
        problems += error.problems
        return None
    environment = tuple(paths.absolute(path, directory) for path in env_files)
    places = _marks(item, mark, "env_file") if environment else ()
    return IncludeEntry(
        paths=local,
        env_files=environment,
        project_directory=(
            paths.absolute(project_directory, directory)
            if project_directory
            else posixpath.dirname(local[0])
        ),
        mark=mark,
        named=dict(zip((*local, *environment), (*marks, *places), strict=True)),
    )


def _marks(item: Any, mark: SourceMark | None, key: str = "path") -> Sequence[SourceMark | None]:
    """Return where the paths of an item stand, those under `key` if it has keys."""
    if not isinstance(item, MarkedMap):
        return item.items_at if isinstance(item, MarkedList) else [mark]
    return _marks(item[key], item.mark_of(key))


def _texts(value: Any) -> tuple[str, ...] | None:
    """Return one or several texts, None for anything else; nothing is none."""
    if value is None:
        return ()
    items = value if isinstance(value, MarkedList) else [value]
    return tuple(items) if all(isinstance(item, str) and item for item in items) else None


def _closes_cycle(entry: IncludeEntry, reading: _Reading) -> bool:
    """Say, and report, whether `entry` leads back to a file that is being read."""
    again = next((path for path in entry.paths if path in reading.chain), None)
    if again is None:
        return False
    named = {**reading.named, **entry.named}
    steps = (*reading.chain[reading.chain.index(again) + 1 :], again)
    marks = [mark for step in steps if (mark := named.get(step)) is not None]
    names = list(dict.fromkeys(mark.file.name for mark in marks))
    message = f"files include each other in a circle: {' -> '.join((*names, *names[:1]))}"
    if len(names) == 1:
        message = f"{names[0]} includes itself"
    notes = tuple((f"then {mark.file.name} includes this", mark) for mark in marks[1:])
    reading.problems.append(Problem(message, next(iter(marks), entry.mark), notes=notes))
    return True
