"""Durations and byte sizes: parse what people write, print what Go prints.

Both are whole numbers, because the config hash compares their printed form:
a duration is in nanoseconds, a size in bytes.
"""

from __future__ import annotations

import re
from typing import NewType

from composer.pattern import pattern

Duration = NewType("Duration", int)
Bytes = NewType("Bytes", int)

SECOND = 1_000_000_000
LARGEST = 2**63 - 1
"""The largest whole number that the engine can be told."""

_LONGEST_TEXT = 200  # of a number that means something

_NANOSECONDS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": SECOND,
    "m": 60 * SECOND,
    "h": 3600 * SECOND,
    "d": 24 * 3600 * SECOND,
    "w": 7 * 24 * 3600 * SECOND,
}
_PART = r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|w)"
_DURATION_PART = pattern(_PART)
_DURATION = pattern(f"(?:{_PART})+")
_SIZE = pattern(
    r"([-+]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:e([-+]?\d{1,2}))? ?(?:([kmgtp])i?b?|b)?", re.IGNORECASE
)
_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4, "p": 5}


def parse_duration(text: str) -> Duration:
    """Return the length of `text`, such as "1m30s", in nanoseconds.

    Raises ValueError for anything else; "90" without a unit is an error too.
    Units are those of Go plus "d" and "w", as Docker Compose accepts them.
    """
    sign, digits = (-1, text[1:]) if text[:1] == "-" else (1, text.removeprefix("+"))
    if digits == "0":
        return Duration(0)
    if len(digits) > _LONGEST_TEXT or not _DURATION.fullmatch(digits):
        raise ValueError(f"{text!r} is not a duration such as 1m30s")
    total = _total(
        [(number, _NANOSECONDS[unit]) for number, unit in _DURATION_PART.findall(digits)]
    )
    if total > LARGEST:
        raise ValueError(f"{text!r} is longer than 292 years")
    return Duration(sign * total)


def print_duration(duration: Duration) -> str:
    """Return `duration` as Go prints it: "1m30s", "2m0s", "500ms", "0s"."""
    if duration == 0:
        return "0s"
    sign, rest = ("-", -duration) if duration < 0 else ("", int(duration))
    if rest < SECOND:
        for unit in ("ms", "µs", "ns"):
            if rest >= _NANOSECONDS[unit]:
                return f"{sign}{_decimal(rest, _NANOSECONDS[unit])}{unit}"
    hours, rest = divmod(rest, _NANOSECONDS["h"])
    minutes, rest = divmod(rest, _NANOSECONDS["m"])
    seconds = f"{_decimal(rest, SECOND)}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}"
    return f"{sign}{minutes}m{seconds}" if minutes else f"{sign}{seconds}"


def seconds(duration: Duration) -> float:
    """Return `duration` in seconds."""
    return duration / SECOND


def parse_bytes(text: str) -> Bytes:
    """Return the size of `text`, such as "512m" or "1.5gb", in bytes.

    Units are powers of 1024 in any case; a bare number is bytes.  Raises
    ValueError for anything else.
    """
    match = _SIZE.fullmatch(text.strip()) if len(text) <= _LONGEST_TEXT else None
    if match is None:
        raise ValueError(f"{text!r} is not a size such as 512m")
    sign, whole, *fractions, exponent, unit = match.groups(default="")
    fraction = "".join(fractions)
    size = int(whole + fraction) * 1024 ** _POWERS.get(unit.lower(), 0)
    power = int(exponent or 0) - len(fraction)
    size = size * 10**power if power > 0 else size // 10**-power
    if size > LARGEST:
        raise ValueError(f"{text!r} is more than 8 EiB")
    return Bytes(-size if sign == "-" else size)


def print_bytes(size: int) -> str:
    """Return `size` for people: "512 MiB", "1.5 GiB", "100 B"."""
    value = float(size)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(value) < 1024 or unit == "TiB":
            return f"{value:.4g} {unit}"
        value /= 1024
    raise AssertionError("unreachable")


def single_precision(value: float) -> float:
    """Return the shortest number that Go's 32-bit float keeps as `value`: 0.1 stays 0.1."""
    import struct

    (kept,) = struct.unpack("f", struct.pack("f", value))
    for digits in range(1, 10):
        short = float(f"{kept:.{digits}g}")
        if struct.pack("f", short) == struct.pack("f", kept):
            return short
    return float(kept)


def _total(parts: list[tuple[str, int]]) -> int:
    """Return the sum of decimal numbers times their units, exactly, without its fraction."""
    places = max(len(number.partition(".")[2]) for number, _ in parts)
    total = 0
    for number, unit in parts:
        whole, _, fraction = number.partition(".")
        total += int(whole + fraction.ljust(places, "0")) * unit
    return int(total // 10**places)


def _decimal(value: int, unit: int) -> str:
    """Return `value` counted in `unit`, with as many as nine decimal places."""
    if value % unit == 0:
        return str(value // unit)
    return f"{value / unit:.9f}".rstrip("0").rstrip(".")


def counted(number: int, what: str) -> str:
    """Return `number` with its word: "1 image", "2 images"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
