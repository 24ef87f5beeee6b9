"""A picture → lines of a terminal: what runs, since when, and what waits for what.  Pure.

Every thing keeps its line from the first to the last moment.  What finds no room
beside it stands below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from composer.executor.progress import Phase, Picture, Row
from composer.executor.waiting import waiting
from composer.model.units import print_bytes
from composer.record import dataclass, field
from composer.render.rate import pace, progress, time_left
from composer.render.table import cut, width

_BAR = 20
_NARROW = 60
"""Terminals with less columns than this have bars of half the length."""

_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_ICONS = {Phase.DONE: "✔", Phase.FAILED: "✘", Phase.SKIPPED: "-", Phase.PENDING: "·"}
_STYLES = {
    Phase.WORKING: "cyan",
    Phase.DONE: "green",
    Phase.FAILED: "red",
    Phase.SKIPPED: "dim",
    Phase.PENDING: "dim",
}
_TIME = 7
_MOVING = ("Downloading", "Extracting", "Pushing")
_WORD = len("Extracting 100%")
NO_RATES: Mapping[str, float] = {}
_LEAST_DETAIL = 20
"""With less room than this beside it, what a thing says stands below it."""

_ROOM_FIRST = (Phase.FAILED, Phase.WORKING, Phase.PENDING, Phase.SKIPPED, Phase.DONE)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One thing as it is drawn.  `lines` are the last ones of a build, or layers on their way."""

    row: Row
    phase: Phase
    status: str
    detail: str
    time: str
    lines: tuple[str, ...] = ()
    short: str = ""


@dataclass(frozen=True, slots=True)
class _Moment:
    """When it is, what began when, and how fast it goes."""

    begun: Mapping[str, float]
    now: float
    rates: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Columns:
    """How many columns what has; `kinds` says whether "Container" stands before a name."""

    subject: int
    status: int
    kinds: bool
    detail: int = field(default=0)


def view(
    picture: Picture,
    title: str,
    begun: Mapping[str, float],
    now: float,
    columns: int,
    height: int | None,
    rates: Mapping[str, float] = NO_RATES,
) -> list[Text]:
    """Return what is drawn: at most `height` lines, None for as many as there are.

    `begun` says when a thing began to do what it does; it and `now` are in seconds on one
    clock.  `rates` are how many bytes a second move for whom.
    """
    cells = _BAR if columns >= _NARROW else _BAR // 2
    waits = waiting(picture)
    moment = _Moment(begun, now, rates)
    entries = list(_entries(picture, moment, cells, waits, moving=height is not None))
    done = sum(_is_settled(row) and row.subject not in waits for row in picture.rows.values())
    head = Text(f"[+] {title} {done}/{len(picture.rows)}", "bold")
    layout = _layout(entries, columns)
    blocks = [list(_block(entry, layout, now)) for entry in entries]
    if height is not None and 1 + sum(map(len, blocks)) > height:
        blocks = [list(_block(entry, layout, now, tail=False)) for entry in entries]
    lines = [head, *_fit(entries, blocks, height)]
    for line in lines:
        line.truncate(columns, overflow="ellipsis")
    return lines


def bar(current: int, total: int, cells: int = _BAR) -> str:
    """Return how far a pull has come: "[⣿⣿⣿⣿      ] 12 MiB / 60 MiB"."""
    sizes = f"{print_bytes(current)} / {print_bytes(total)}"
    return f"{_dots(current, total, cells)} {sizes}"


def _dots(current: int, total: int, cells: int) -> str:
    filled = int(cells * current / total) if total else 0
    return f"[{'⣿' * filled}{' ' * (cells - filled)}]"


def _is_settled(row: Row) -> bool:
    """Say whether a thing is as it should be, or may be as it is."""
    return row.phase is Phase.DONE or (row.phase is Phase.SKIPPED and row.status == "Optional")


def _entries(
    picture: Picture,
    moment: _Moment,
    cells: int,
    waits: Mapping[str, str],
    *,
    moving: bool,
) -> Iterator[_Entry]:
    """Yield what there is to draw; in the last picture nothing waits any more."""
    for row in picture.rows.values():
        if moving and row.subject in waits and row.phase in (Phase.DONE, Phase.PENDING):
            yield _Entry(row, Phase.PENDING, row.status, waits[row.subject], "")
        elif row.phase is Phase.PENDING and not moving:
            continue
        else:
            spent = row.seconds
            if row.phase is Phase.WORKING:
                spent += moment.now - moment.begun.get(row.subject, moment.now)
            lines = (*row.lines, *_layers(row, cells)) if row.phase is Phase.WORKING else ()
            rate = moment.rates.get(row.subject, 0)
            detail, time = _detail(row, cells, rate), _duration(spent)
            short = _short(row, rate) if row.phase is Phase.WORKING else ""
            yield _Entry(row, row.phase, row.status, detail, time, lines, short)


def _layout(entries: Sequence[_Entry], columns: int) -> _Columns:
    """Share the columns out: names first, then what is said of them."""
    status = max((width(entry.status) for entry in entries), default=0)
    room = columns - 2 - 1 - status - _TIME
    longest = max((width(entry.row.subject) for entry in entries), default=0)
    kinds = longest <= room
    if not kinds:
        longest = max((width(_name(entry.row)) for entry in entries), default=0)
    subject = max(min(longest, room), 1)
    return _Columns(subject, status, kinds, max(room - subject - 1, 0))


def _block(entry: _Entry, layout: _Columns, now: float, *, tail: bool = True) -> Iterator[Text]:
    """Yield the lines of one thing."""
    style = _STYLES[entry.phase]
    icon = _SPINNER[int(now * 10) % len(_SPINNER)]
    icon = icon if entry.phase is Phase.WORKING else _ICONS[entry.phase]
    subject = _filled(_name(entry.row, kinds=layout.kinds), layout.subject, tail=True)
    room = layout.detail
    said = entry.detail
    if entry.short and width(said) > room >= width(entry.short):
        said = entry.short
    beside = room >= min(width(said), _LEAST_DETAIL)
    detail = _filled(said if beside else "", room) if room else ""
    yield Text.assemble(
        (f"{icon} ", style),
        (f"{subject} ", ""),
        (_filled(entry.status, layout.status), style),
        (f" {detail}" if room else "", "dim" if entry.phase is Phase.PENDING else ""),
        (entry.time.rjust(_TIME), "blue"),
    )
    if not beside:
        yield Text(f"  └ {entry.detail}", "dim")
    for line in entry.lines if tail else ():
        yield Text(f"    {_printable(line)}", "dim")


def _fit(
    entries: Sequence[_Entry], blocks: Sequence[list[Text]], height: int | None
) -> Iterator[Text]:
    """Yield the lines for which there is room, those of what is busy before others."""
    room = None if height is None else height - 1
    if room is None or sum(map(len, blocks)) <= room:
        yield from (line for block in blocks for line in block)
        return
    order = sorted(
        range(len(entries)),
        key=lambda n: (_ROOM_FIRST.index(entries[n].phase), -n if _is_over(entries[n]) else n),
    )
    kept: set[int] = set()
    left = max(room, 1) - 1
    for number in order:
        if len(blocks[number]) > left:
            break
        left -= len(blocks[number])
        kept.add(number)
    yield from (line for number in sorted(kept) for line in blocks[number])
    yield Text(f"  and {len(entries) - len(kept)} more", "dim")


def _is_over(entry: _Entry) -> bool:
    return entry.phase in (Phase.DONE, Phase.SKIPPED)


def _layers(row: Row, cells: int) -> Iterator[str]:
    """Yield a line for each layer that is on its way, if there are several layers."""
    for name, part in row.parts.items() if len(row.parts) > 1 else ():
        if part.total and part.text.startswith(_MOVING):
            yield f"{name} {part.text:<{_WORD}} {bar(part.current, part.total, cells)}"


def _short(row: Row, rate: float) -> str:
    """Return how far a pull has come where there is no room for more; "" without a rate."""
    left = time_left(rate, row.total - row.current) if row.current < row.total else ""
    return f"{100 * row.current // row.total}%, {left}" if left else ""


def _detail(row: Row, cells: int, rate: float) -> str:
    if row.phase is not Phase.WORKING:
        return _printable(row.text.split("\n")[0])
    if row.total and row.current < row.total:
        if speed := pace(rate, row.total - row.current):
            dots = _dots(row.current, row.total, cells // 2)
            return f"{dots} {progress(row.current, row.total)}, {speed}"
        return bar(row.current, row.total, cells)
    if row.parts:
        return list(row.parts.values())[-1].text
    return _printable(row.text)


def _name(row: Row, *, kinds: bool = False) -> str:
    return row.subject if kinds else row.subject.partition(" ")[2] or row.subject


def _filled(text: str, columns: int, *, tail: bool = False) -> str:
    """Return `text` in exactly so many columns; `tail` cuts at the front, where names are alike."""
    shown = cut(text, columns, tail=tail)
    return shown + " " * (columns - width(shown))


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _duration(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.1f}s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}m{rest:02}s" if minutes < 100 else f"{minutes // 60}h{minutes % 60:02}m"
