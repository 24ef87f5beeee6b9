"""Make the paths of the host absolute; short and long forms both.

Relative ones begin at the project's directory, or at that of the file which a
service is extended from.  `~` and `~user` are homes.  What names a thing
elsewhere (an address, another service, an image) stays.
"""

from __future__ import annotations

import os.path
import posixpath
from collections.abc import Callable
from typing import Any, TypeAlias

from composer.loader import forms, short_volumes
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.rules import Rules
from composer.pattern import pattern
from composer.source import SourceMark

Locate: TypeAlias = Callable[[str, str, SourceMark | None], str]
"""From what names a file, the directory where a path begins, and the mark, to the file's path."""

Relative: TypeAlias = Callable[[str, str], str]
"""From a directory and the one where paths begin, to what stands for the first in these paths."""

_Resolver: TypeAlias = Callable[[Any, str, SourceMark | None], Any]

_REMOTE = pattern(r"git@|github\.com/|service:")


def resolve(root: MarkedMap, directory: str) -> MarkedMap:
    """Return `root` with every path on the host absolute, relative ones from `directory`."""
    return _map(root, directory, _RULES)


def resolve_service(service: MarkedMap, directory: str) -> MarkedMap:
    """Return a single service with its paths absolute."""
    return _map(service, directory, _SERVICE)


def absolute(path: str, directory: str) -> str:
    """Return `path` absolute.  An absolute path, also one of Windows, stays as it is."""
    if path.startswith("~") and "\0" not in path:  # nobody's home has one
        path = os.path.expanduser(path)
    if path.startswith("/") or short_volumes.is_windows_path(path):
        return path
    return forms.clean_path(posixpath.join(directory, path))


def local(path: str, directory: str, mark: SourceMark | None = None) -> str:
    """Return `path` absolute: a file on this machine."""
    return absolute(path, directory)


def is_remote(text: str) -> bool:
    """Say whether a build context or the like names something that is not on this machine."""
    return "://" in text or _REMOTE.match(text) is not None


def _value(value: Any, directory: str, mark: SourceMark | None, rules: Rules[_Resolver]) -> Any:
    if rules.value is not None:
        value = rules.value(value, directory, mark)
    if isinstance(value, MarkedMap):
        return _map(value, directory, rules)
    if isinstance(value, MarkedList):
        return _list(value, directory, rules)
    return value


def _map(node: MarkedMap, directory: str, rules: Rules[_Resolver]) -> MarkedMap:
    resolved = node.copy()
    for key, value in node.items():
        if (below := rules.step(key)) is not None:
            resolved[key] = _value(value, directory, node.mark_of(key), below)
    return resolved


def _list(node: MarkedList, directory: str, rules: Rules[_Resolver]) -> MarkedList:
    below = rules.step(0)
    if below is None:
        return node
    resolved = node.copy()
    for at, (item, mark) in enumerate(zip(node, node.items_at, strict=True)):
        resolved[at] = _value(item, directory, mark, below)
    return resolved


def _path(value: Any, directory: str, mark: SourceMark | None) -> Any:
    return absolute(value or ".", directory) if isinstance(value, str) else value


def _context(value: Any, directory: str, mark: SourceMark | None) -> Any:
    remote = isinstance(value, str) and is_remote(value)
    return value if remote else _path(value, directory, mark)


def _entries(value: Any, directory: str, mark: SourceMark | None) -> Any:
    return forms.as_entries(None)(value, mark)


def _watched(value: Any, directory: str, mark: SourceMark | None) -> Any:
    """Return a watched path as the file system reports it where it leads over a link."""
    path = _path(value, directory, mark) if value else value
    if not isinstance(path, str) or not path.startswith("/"):
        return path
    try:
        real = os.path.realpath(path)
    except ValueError:  # a NUL, which no path has
        return path
    return path if real == os.path.normpath(path) else real


def _volume(value: Any, directory: str, mark: SourceMark | None) -> Any:
    """Return a mount with the source of a bind absolute, in long form if it was short."""
    if isinstance(value, str):
        try:
            short = short_volumes.split(value)
        except ValueError:
            return value
        if short.source is None or not short_volumes.is_path(short.source):
            return value
        if not directory.startswith("/"):  # a short form would lose its ./ and become a name
            return _volume(short_volumes.mount(short, mark), directory, mark)
        return _rewritten(short, directory)
    if not isinstance(value, MarkedMap) or value.get("type") != "bind":
        return value
    bound = value.copy()
    bound["source"] = _path(value.get("source"), directory, mark)
    return bound


def _rewritten(short: short_volumes.VolumeText, directory: str) -> str:
    parts = [absolute(str(short.source), directory), short.target, ",".join(short.options)]
    return ":".join(part for part in parts if part)


def _local_volume(value: Any, directory: str, mark: SourceMark | None) -> Any:
    """Return a volume of driver local, mounted with `o: bind`, with its device absolute."""
    options = value.get("driver_opts") if isinstance(value, MarkedMap) else None
    if not isinstance(options, MarkedMap) or value.get("driver") != "local":
        return value
    device = options.get("device")
    if options.get("o") != "bind" or not isinstance(device, str):
        return value
    volume, bound = value.copy(), options.copy()
    bound["device"] = absolute(device or ".", directory)
    volume["driver_opts"] = bound
    return volume


def _build(value: Any, directory: str, mark: SourceMark | None) -> Any:
    return forms.as_build(value, mark)


_SERVICE_TABLE: dict[str, _Resolver] = {
    "build": _build,
    "build.context": _context,
    "build.additional_contexts": _entries,
    "build.additional_contexts.*": _context,
    "build.ssh": _entries,
    "build.ssh.*": _path,
    "develop.watch.[].path": _watched,
    "env_file": _path,
    "env_file.[]": _path,
    "env_file.[].path": _path,
    "label_file": _path,
    "label_file.[]": _path,
    "volumes.[]": _volume,
}

_SERVICE: Rules[_Resolver] = Rules.of(_SERVICE_TABLE)

_RULES: Rules[_Resolver] = Rules.of(
    {
        **{f"services.*.{at}": resolver for at, resolver in _SERVICE_TABLE.items()},
        **{f"jobs.*.{at}": resolver for at, resolver in _SERVICE_TABLE.items()},
        "configs.*.file": _path,
        "secrets.*.file": _path,
        "volumes.*": _local_volume,
    }
)
