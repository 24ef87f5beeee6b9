"""What a container holds, seen from outside: places in it, and images made of it."""

from __future__ import annotations

from typing import Literal

from composer.record import dataclass

Kind = Literal["file", "directory", "link", "device", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStat:
    """What is at a path in a container; `target` is where a symbolic link leads, from the root."""

    name: str
    kind: Kind
    size: int = 0
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitSpec:
    """An image to be made of a container.

    `ref` "" leaves it without a name; `changes` are instructions of a Dockerfile.
    `pause`: the container stands still meanwhile.
    """

    ref: str = ""
    author: str = ""
    message: str = ""
    changes: tuple[str, ...] = ()
    pause: bool = True
