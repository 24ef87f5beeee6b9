"""The engine's time: what it says, and what it is told.  Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from composer.errors import EngineError


def moment(text: str | None, now: float) -> str | None:
    """Return a point in time as the engine takes it, in seconds since the epoch.

    `text` is that already, or a time as in RFC 3339, or "10m": so long ago.
    Raises EngineError for anything else.
    """
    if not text or re.fullmatch(r"\d+(\.\d+)?", text):
        return text or None
    ago = re.fullmatch(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?", text)
    if ago:
        days, hours, minutes, seconds = (float(part or 0) for part in ago.groups())
        return f"{now - (((days * 24 + hours) * 60) + minutes) * 60 - seconds:.9f}"
    # A float keeps no nanoseconds of our days: it would miss the very line whose time it is.
    stamp = re.fullmatch(r"(.*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)?", text, re.DOTALL)
    assert stamp is not None
    day, fraction, zone = stamp.groups("")
    try:
        seconds = datetime.fromisoformat(day + zone).timestamp()
    except ValueError:
        raise EngineError(
            f"{text!r} is not a time", help="write 2026-01-31T12:00:00, or 10m for ten minutes ago"
        ) from None
    return f"{int(seconds)}.{fraction:0<9.9}"


def nanoseconds(stamp: str) -> int:
    """Return the engine's time stamp in nanoseconds since the epoch."""
    match = re.fullmatch(r"(.*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)", stamp)
    if match is None:
        raise EngineError(f"the engine's clock says {stamp!r}")
    day, fraction, zone = match.groups()
    seconds = datetime.fromisoformat(day + ("+00:00" if zone == "Z" else zone)).timestamp()
    return int(seconds) * 10**9 + int((fraction or "0").ljust(9, "0")[:9])


def engine_time(nanoseconds: int) -> str:
    """Return nanoseconds since the epoch as the engine takes them."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{seconds}.{rest:09d}"


def seconds_to_nanoseconds(text: str) -> int:
    """Return seconds since the epoch, "17.5" say, in nanoseconds."""
    seconds, _, fraction = text.partition(".")
    return int(seconds) * 10**9 + int(fraction[:9].ljust(9, "0"))


def stamp(nanoseconds: int) -> bytes:
    """Return a moment as the engine puts it before a line of a log."""
    seconds, rest = divmod(nanoseconds, 10**9)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z".encode()
