"""Together the files say everything that a compose file can say to the engine."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

from composer.loader.pipeline import load
from composer.model.options import LoadOptions
from composer.model.project import Project
from composer.record import MISSING, Field, fields, is_dataclass
from support.state import Case, cases, variables

SURROUNDINGS = {
    "bases", "contents", "default_platform", "directory", "disabled", "elsewhere", "env_files",
    "files", "marks", "provided", "separator",
}  # fmt: skip


@pytest.mark.slow
def test_together_the_files_use_every_attribute(tmp_path: Path) -> None:
    used = {place for case in cases() for place in _used(_loaded(case, tmp_path))}
    unused = set(_places(Project)) - used

    assert sorted(f"{record}.{name}" for record, name in unused) == []


def _loaded(case: Case, directory: Path) -> Project:
    case.copy(directory / str(case))
    given = variables(case, directory / str(case))
    options = LoadOptions(
        working_directory=str(directory / str(case)), environment=given, resolve_environment=False
    )
    return load(options).project


def _used(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the attributes of records below `value` that say something, with their classes."""
    if is_dataclass(value):
        for field in fields(type(value)):
            said = getattr(value, field.name)
            if said != _unsaid(field):
                yield type(value).__name__, field.name
            yield from _used(said)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _used(one)
    elif isinstance(value, tuple):
        for one in value:
            yield from _used(one)


def _unsaid(field: Field[Any]) -> Any:
    """Return what is there when nobody says."""
    return field.default if field.default_factory is MISSING else field.default_factory()


def _places(root: type, seen: set[type] | None = None) -> Iterator[tuple[str, str]]:
    """Yield all attributes of the records that `root` is made of."""
    seen = set() if seen is None else seen
    if root in seen:
        return
    seen.add(root)
    for name, hint in get_type_hints(root).items():
        if name == "extensions" or (root is Project and name in SURROUNDINGS):
            continue
        yield root.__name__, name
        for record in _records(hint):
            yield from _places(record, seen)


def _records(hint: Any) -> Iterator[type]:
    if get_origin(hint) in (Union, types.UnionType) or get_args(hint):
        for argument in get_args(hint):
            yield from _records(argument)
    elif is_dataclass(hint):
        yield hint
