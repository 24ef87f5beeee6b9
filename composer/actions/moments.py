"""Moments: what people write after --since, and what the engine understands."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from composer.model.units import SECOND, parse_duration

_STAMP = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d)?)(\.\d+)?)?(Z|z|[+-]\d\d:?\d\d)?"
)


def engine_time(nanoseconds: int) -> str:
    """Return a moment, in nanoseconds since the epoch, as the engine takes it."""
    seconds, rest = divmod(nanoseconds, SECOND)
    return f"{seconds}.{rest:09}"


def parse_moment(text: str, now: int) -> int:
    """Return what `text` means in nanoseconds since the epoch; `now` is in the same.

    It may be a duration before now ("42m"), a time stamp, or seconds since the
    epoch.  Raises ValueError for anything else.
    """
    if re.fullmatch(r"\d+(\.\d{1,9})?", text):
        whole, _, rest = text.partition(".")
        return int(whole) * SECOND + int(rest.ljust(9, "0"))
    if text[:1].isdigit() and "-" in text:
        return parse_timestamp(text)
    return now - parse_duration(text)


def parse_timestamp(text: str) -> int:
    """Return an RFC 3339 time stamp in nanoseconds since the epoch.

    Parts may be missing from its end; without a zone it is local time.  Raises
    ValueError for anything else.
    """
    match = _STAMP.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a time stamp such as 2026-01-31T13:23:37")
    day, time, fraction, zone = match.groups()
    moment = datetime.fromisoformat(f"{day}T{time or '00:00'}")
    if zone in ("Z", "z"):
        moment = moment.replace(tzinfo=UTC)
    elif zone:
        moment = datetime.strptime(f"{moment:%Y-%m-%dT%H:%M:%S}{zone}", "%Y-%m-%dT%H:%M:%S%z")
    seconds = int(moment.timestamp())
    return seconds * SECOND + int((fraction or ".").removeprefix(".").ljust(9, "0")[:9])
