"""The bytecode of all modules in one file, beside those that Python keeps of each.

A command imports some two hundred modules, and to find and open the file of each takes as
long as to run them: eight milliseconds of the eighty of `up`.  The rule is Python's own:
what is kept of a module counts while time and size of its source are what they were then.
Whatever is not there, or does not count, Python imports as ever, and keeps; then the file
is written anew at the end.  One that cannot be written, or read, is done without.

Nothing of the package may be imported here, and little else.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from marshal import dumps, loads
from time import time_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType
    from typing import Any

    Entry = tuple[bool, int, int, int, int]
    """Whether it is a package, time (in ns) and size of its source, place and length here."""

_FORMAT = 2
_HEADER = 16
"""How many bytes come before the code in the file that Python keeps of a module."""


def use(package: str) -> Callable[[], None]:
    """Import the modules of `package`, a directory, from one file; return what keeps it.

    Call that at the end, when all is imported that a command needs.
    """
    if not hasattr(os, "pread") or sys.flags.optimize or sys.pycache_prefix:
        return lambda: None
    kept = _Kept(package)
    sys.meta_path.insert(0, kept)
    return kept.keep


class _Kept:
    """Finds modules, as one of `sys.meta_path`."""

    def __init__(self, package: str) -> None:
        self._package = package
        self._parent = os.path.dirname(package)
        self._name = os.path.basename(package)
        self._path = f"{_cached(f'{package}/all.py')}s"
        self._version = (_FORMAT, sys.version, package)
        self._index: dict[str, Entry] = {}
        self._file = -1
        self._is_complete = False
        self._open()

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return where a module is, None if it is to be imported as ever."""
        entry = self._index.get(name)
        if entry is None:
            self._is_complete &= not name.startswith(f"{self._name}.")
            return None
        source = self._source(name, entry[0])
        try:
            found = os.stat(source)
        except OSError:
            found = None
        if found is None or (found.st_mtime_ns, found.st_size) != entry[1:3]:
            self._is_complete = False
            return None
        if not entry[4]:  # Python keeps it in a way that is not looked into, or not at all
            return None
        spec = ModuleSpec(name, _Loader(name, source, self), origin=source, is_package=entry[0])
        spec.has_location = True
        spec.cached = _cached(source)
        if entry[0]:
            spec.submodule_search_locations = [os.path.dirname(source)]
        return spec

    def code(self, name: str) -> CodeType | None:
        """Return the code of a module, None if it cannot be read."""
        *_, place, length = self._index[name]
        try:
            code = loads(os.pread(self._file, length, place))
        except (OSError, EOFError, ValueError, TypeError):
            code = None
        if isinstance(code, type(use.__code__)):
            return code
        self._is_complete = False
        return None

    def keep(self) -> None:
        """Write the file, if a module was not in it; else nothing is done.

        The command has done its work: whatever is wrong here, or Ctrl-C, changes nothing.
        """
        if self._is_complete or sys.dont_write_bytecode:
            return
        new = f"{self._path}.{os.getpid()}.{time_ns()}"
        try:
            file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except OSError:
            return
        try:
            with open(file, "wb") as output:
                for part in self._contents():
                    output.write(part)
                output.flush()
                os.fsync(file)
            os.replace(new, self._path)
        except (Exception, KeyboardInterrupt):
            try:
                os.unlink(new)
            except OSError:
                return

    def _open(self) -> None:
        try:
            self._file = os.open(self._path, os.O_RDONLY)
            length = int.from_bytes(os.pread(self._file, 8, 0), "little")
            if length > os.fstat(self._file).st_size:
                return
            version, index = loads(os.pread(self._file, length, 8))
        except (OSError, EOFError, ValueError, TypeError):
            return
        if version == self._version:
            self._index = index
            self._is_complete = True

    def _contents(self) -> Iterator[bytes]:
        loaded = {name for name in [*sys.modules] if name.startswith(f"{self._name}.")}
        found = dict(self._read(loaded.union(self._index)))
        place = 8 + len(self._head(found, 0))
        yield (place - 8).to_bytes(8, "little")
        yield self._head(found, place)
        for _, code in found.values():
            yield code

    def _head(self, found: dict[str, tuple[Entry, bytes]], place: int) -> bytes:
        """Return what stands before the code, which begins at `place`; as long wherever that is."""
        index = {}
        for name, (entry, code) in found.items():
            index[name] = (*entry[:3], place, len(code))
            place += len(code)
        return dumps((self._version, index), 1)

    def _read(self, names: set[str]) -> Iterator[tuple[str, tuple[Entry, bytes]]]:
        """Yield what Python keeps of modules, b"" of one of which it keeps nothing of use."""
        for name in sorted(names):
            entry = self._index.get(name)
            module: Any = sys.modules.get(name)
            is_package = entry[0] if entry else hasattr(module, "__path__")
            source = self._source(name, is_package)
            try:
                about = os.stat(source)
            except OSError:
                continue
            code = _kept_code(source, about)
            yield name, ((is_package, about.st_mtime_ns, about.st_size, 0, 0), code)

    def _source(self, name: str, is_package: bool) -> str:
        path = f"{self._parent}/{name.replace('.', '/')}"
        return f"{path}/__init__.py" if is_package else f"{path}.py"


def _cached(source: str) -> str:
    """Return where Python keeps the bytecode of a module."""
    directory, _, file = source.rpartition("/")
    return f"{directory}/__pycache__/{file[:-3]}.{sys.implementation.cache_tag}.pyc"


def _kept_code(source: str, about: os.stat_result) -> bytes:
    """Return what Python keeps of a module, if that is by time and size and they are right."""
    from importlib.util import MAGIC_NUMBER

    try:
        with open(_cached(source), "rb") as kept:
            head, code = kept.read(_HEADER), kept.read()
    except OSError:
        return b""
    time, size = (int.from_bytes(head[at : at + 4], "little") for at in (8, 12))
    counts = head[:8] == MAGIC_NUMBER + bytes(4)
    return code if counts and (time, size) == (int(about.st_mtime), about.st_size) else b""


class _Loader(SourceFileLoader):
    """Loads a module as ever, once its code is there."""

    def __init__(self, name: str, path: str, kept: _Kept) -> None:
        super().__init__(name, path)
        self._kept = kept

    def get_code(self, fullname: str) -> CodeType | None:
        return self._kept.code(fullname) or super().get_code(fullname)
