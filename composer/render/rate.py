"""How fast something moves, from how far it had come at several moments.  Pure."""

from __future__ import annotations

from collections import deque

from composer.model.units import print_bytes

_SECONDS = 5.0
"""The rate is that of the last so many seconds."""

_LEAST = 0.5
"""What was looked at for less than this has no rate yet."""


class Rates:
    """Remembers how far each thing had come lately; amounts in bytes, moments in seconds."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[tuple[float, int]]] = {}

    def note(self, name: str, amount: int, now: float) -> None:
        seen = self._seen.setdefault(name, deque())
        if seen and amount < seen[-1][1]:  # it began anew
            seen.clear()
        seen.append((now, amount))
        while len(seen) > 2 and now - seen[1][0] >= _SECONDS:
            seen.popleft()

    def of(self, name: str, now: float) -> float:
        """Return bytes a second; 0 for what does not move, or is too new."""
        seen = self._seen.get(name)
        if not seen or now - seen[0][0] < _LEAST:
            return 0
        return (seen[-1][1] - seen[0][1]) / (now - seen[0][0])


def pace(rate: float, left: int) -> str:
    """Return how fast, and for how long still: "3.1 MiB/s, 12 s left"; "" without a rate."""
    return f"{_brief(rate)}/s, {time_left(rate, left)}" if rate >= 1 else ""


def time_left(rate: float, left: int) -> str:
    return f"{_time(left / rate)} left" if rate >= 1 else ""


def progress(current: int, total: int) -> str:
    """Return how much of how much, the unit once if it is the same: "2.9 / 5.7 MiB"."""
    (one, unit), (other, last) = _brief(current).split(), _brief(total).split()
    return f"{one} / {other} {last}" if unit == last else f"{one} {unit} / {other} {last}"


def _brief(size: float) -> str:
    number, unit = print_bytes(int(size)).split()
    return f"{float(number):.3g} {unit}" if float(number) < 1000 else f"{number} {unit}"


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h"
