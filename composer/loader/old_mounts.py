"""What the `volumes` of 2014 mount: paths, named volumes, volumes without a name.

A source that begins with none of / . ~ was a path until Compose 1.5 and is the name of a
volume since then.  With a slash in it, it can only have been a path.
"""

from __future__ import annotations

import re
from typing import Final

from composer.loader.nodes import MarkedList, MarkedMap
from composer.record import dataclass

_DRIVE: Final = re.compile(r"[A-Za-z]:(?:\\|/[^:]*:[/\\])")
_PATH: Final = ("/", ".", "~", "\\")


@dataclass(frozen=True, slots=True)
class Source:
    """What stands before the target of a mount; `name` is empty when it is not a volume's."""

    name: str = ""
    is_bare_path: bool = False

    @classmethod
    def of(cls, mount: str) -> Source:
        source, colon, _ = mount.partition(":")
        if not colon or source.startswith(_PATH) or _DRIVE.match(mount) or "$" in source:
            return cls()
        return cls(is_bare_path=True) if "/" in source else cls(source)


@dataclass(frozen=True, slots=True)
class Mounts:
    """The names of the volumes that a service mounts, and the targets of those without one."""

    named: tuple[str, ...] = ()
    anonymous: tuple[str, ...] = ()


def mounts(service: MarkedMap) -> Mounts:
    """Return what a service mounts, its own and by `<<`."""
    volumes = service.get("volumes")
    texts = [one for one in volumes or () if isinstance(one, str)]
    if not isinstance(volumes, MarkedList):
        texts = []
    named = (Source.of(text).name for text in texts)
    return Mounts(
        named=tuple(dict.fromkeys(name for name in named if name)),
        anonymous=tuple(text for text in texts if ":" not in text),
    )
