"""What an image was built of, and why it was not taken from the cache."""

from __future__ import annotations

from collections.abc import Mapping

from composer.record import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What a build depends on, by digests: of the files that are sent, of arguments, of bases.

    `instructions` are those of the Dockerfile.  `files` maps to the size, the time of the last
    change in nanoseconds and the digest, `at` is in seconds since the epoch.  Each `builder`
    has a cache of its own.
    """

    files: Mapping[str, tuple[int, int, str]] = field(default_factory=dict)
    instructions: tuple[str, ...] = ()
    args: Mapping[str, str] = field(default_factory=dict)
    bases: Mapping[str, str] = field(default_factory=dict)
    at: float = 0
    builder: str = ""


@dataclass(frozen=True, slots=True)
class BuiltStep:
    """A step of a build as its builder calls it, and whether it came out of the cache."""

    text: str
    cached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """Of `total` steps `anew` were not in the cache, `step` the first of them, and why."""

    service: str
    total: int
    anew: int
    step: str = ""
    line: int = 0
    reasons: tuple[str, ...] = ()
