"""What changed here, brought into one container: removals first, then one archive.

Removals are one command in the container.  Where there is no `rm`, nothing is removed: an
engine can only replace a whole directory, with what is mounted below, and what was written
there meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping

from composer.engine.port import Engine
from composer.errors import AnswerLost, Conflict, EngineError, EngineUnavailable, NotFound
from composer.model.command import Command
from composer.model.watch import Unread
from composer.planner.bounds import Bounds, Spared
from composer.record import dataclass, field, replace
from composer.watching.notices import without_those_below
from composer.watching.packing import Owner, Packed, pack

_ROOT = "0"
_AT_ONCE = 500
_NO_PROGRAM = (126, 127)
_MISSING = ("executable file not found", "does not exist in the image", "no such file or directory")
_STRANGERS = ("unable to find", "no matching entries")
_OTHER_KIND = "cannot overwrite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a container is to get: paths of this machine by those in it.

    `base` says into which directory something is unpacked; `owner` has it where the engine
    does not know the container's user; `bounds` is what is left alone there.
    """

    sources: Mapping[str, str]
    base: Callable[[str], str] = lambda target: "/"
    owner: Owner | None = None
    bounds: Bounds = Bounds()

    def without(self, targets: Iterable[str]) -> Load:
        """Return it without what is for `targets`."""
        left = set(targets)
        return replace(self, sources={to: at for to, at in self.sources.items() if to not in left})

    def only(self, targets: Iterable[str]) -> dict[str, str]:
        return {target: self.sources[target] for target in targets}


@dataclass(slots=True)
class Arrival:
    """What has arrived; `left` has to wait until the container runs, `refused` for `error`.

    `spared` is why something is left alone for good, with what to do.
    """

    changed: int = 0
    removed: int = 0
    seconds: float = 0
    left: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    error: EngineError | None = None
    spared: dict[str, str] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)

    def spare(self, spared: Spared) -> None:
        self.spared.update((why, help) for why, help in spared.values() if why)

    def refuse(self, sources: Mapping[str, str], error: EngineError) -> None:
        self.refused |= sources
        self.error = error


def send(engine: Engine, container: str, load: Load, *, runs: bool) -> Arrival:
    """Bring a load into a container and return what came of it.

    What is refused for one directory keeps nothing from the others.  Raises EngineError if
    the container cannot be had.
    """
    begun = time.monotonic()
    arrival = Arrival()
    arrival.spare(unsent := load.bounds.unsent(load.sources))
    for directory, sources in _by_directory(load.without(unsent)).items():
        try:
            _bring(engine, container, directory, replace(load, sources=sources), arrival, runs)
        except (AnswerLost, EngineUnavailable, NotFound):
            raise
        except EngineError as error:
            arrival.refuse(sources, error)
    arrival.seconds = time.monotonic() - begun
    return arrival


def _bring(
    engine: Engine, container: str, directory: str, load: Load, arrival: Arrival, runs: bool
) -> None:
    """Bring in what belongs into one directory, and note what came of it."""
    with pack(load.sources, directory) as packed:
        spared = load.bounds.unremoved(packed.gone)
        spared |= load.bounds.unwritten(packed.directories, packed.files)
        spared |= _directories(engine, container, load.bounds.own.intersection(packed.gone))
        if spared:
            arrival.spare(spared)
            _bring(engine, container, directory, load.without(spared), arrival, runs)
            return
        if packed.gone and runs:
            _take_away(engine, container, load.only(packed.gone), arrival)
        elif packed.gone:
            arrival.left |= load.only(packed.gone)
        if packed.archive is not None:
            arrival.changed += _write(engine, container, directory, packed, load, arrival)
    arrival.unread += packed.unread


def _directories(engine: Engine, container: str, places: Iterable[str]) -> Spared:
    """Return which of the `places` that rules name are directories in the container."""
    found: Spared = {}
    for place in sorted(places):
        stat = engine.look_at(container, place)
        if stat is not None and stat.kind == "directory":
            why = f"{place} is a directory there: no file takes its place, and it is not removed"
            found[place] = (why, f"write '{place}/' as the rule's target, or name the file in it")
    return found


def _take_away(
    engine: Engine, container: str, sources: Mapping[str, str], arrival: Arrival
) -> None:
    """Remove paths from a container that runs; what is not there is fine.

    What cannot be removed keeps nothing else from being sent.
    """
    paths = without_those_below(sources)
    try:
        for at in range(0, len(paths), _AT_ONCE):
            if not _remove(engine, container, paths[at : at + _AT_ONCE]):
                _spare_what_is_there(engine, container, paths[at:], arrival)
                return
    except Conflict:
        arrival.left |= sources
    except (AnswerLost, EngineUnavailable, NotFound):
        raise
    except EngineError as error:
        arrival.refuse(sources, error)
    else:
        arrival.removed += len(sources)


def _spare_what_is_there(
    engine: Engine, container: str, paths: Iterable[str], arrival: Arrival
) -> None:
    if any(engine.look_at(container, path) is not None for path in paths):
        why = "there is no rm in the container: what is gone here stays there"
        arrival.spared[why] = "'composer up --build --force-recreate' makes the container anew"


def _by_directory(load: Load) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for target, source in load.sources.items():
        found.setdefault(load.base(target), {})[target] = source
    return found


def _write(
    engine: Engine,
    container: str,
    directory: str,
    packed: Packed,
    load: Load,
    arrival: Arrival,
    *,
    known: bool = True,
    anew: bool = False,
) -> int:
    """Unpack, and return how much; the container's user owns, by number if the engine does not
    know it, and what stands in the way as another kind of thing goes.
    """
    assert packed.archive is not None
    sources = load.only((*packed.directories, *packed.files))
    try:
        engine.write_archive(container, directory, packed.archive, to_user=known, replace=anew)
        return packed.count
    except EngineError as error:
        if known and any(text in error.message for text in _STRANGERS):
            known = False
        elif not anew and _OTHER_KIND in error.message:
            anew = True
            own = _directories(engine, container, load.bounds.own.intersection(packed.files))
            arrival.spare(own)
            sources = {to: at for to, at in sources.items() if to not in own}
        else:
            raise
    with pack(sources, directory, None if known else load.owner) as again:
        if load.bounds.unwritten(again.directories, again.files):
            raise EngineError(f"container {container}: what is sent changes all the time")
        if again.archive is None:
            return 0
        return _write(engine, container, directory, again, load, arrival, known=known, anew=anew)


def _remove(engine: Engine, container: str, paths: tuple[str, ...]) -> bool:
    """Remove paths, and return whether there is a program for that."""
    try:
        code, said = _run(engine, container, ("rm", "-rf", "--", *paths))
    except NotFound:
        raise
    except EngineError as error:
        if not any(text in error.message for text in _MISSING):
            raise
        return False
    if code in _NO_PROGRAM:
        return False
    if code:
        raise EngineError(f"container {container}: {said or f'rm ended with code {code}'}")
    return True


def _run(engine: Engine, container: str, command: tuple[str, ...]) -> tuple[int, str]:
    """Return the exit code of a command, and the last line that it printed."""
    session = engine.exec(container, Command(command, user=_ROOT))
    try:
        said = b"".join(data for _, data in session).decode(errors="replace").strip()
        return session.exit_code(), said.rpartition("\n")[2]
    finally:
        session.close()
