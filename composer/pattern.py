"""Regular expressions that are compiled when they are first used.

A command uses few of those that its modules know, and compiling one takes as
long as importing a small module: a tenth of a millisecond, or three for a set of
characters that spans Unicode.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, AnyStr

_compile = re.compile


def pattern(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return what may be used in place of `re.compile(text, flags)`."""
    later: Any = _Later(text, flags)
    return later  # type: ignore[no-any-return]


@contextmanager
def compiled_later() -> Iterator[None]:
    """Have the modules of others that are imported meanwhile compile theirs later, too."""
    compile = re.compile
    re.compile = pattern  # type: ignore[assignment]
    try:
        yield
    finally:
        re.compile = compile


class _Later:
    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text = text
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """Return a method of the pattern, and have it at hand from now on."""
        method = getattr(_compile(self._text, self._flags), name)
        setattr(self, name, method)
        return method
