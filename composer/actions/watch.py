"""Watch files, and bring what changes into containers: one coordinator, a few workers.

The coordinator is the thread that calls `run`.  It owns all that is known and sleeps on
one inbox.  Workers send, rebuild, restart and look, and post what came of it; a listener
posts what happens to files, another one that something happened to containers.  Of a
container at most one load is under way, for a service one thing that follows.  So what
changes meanwhile is collected, and is sent when the way is free: that is the whole
debouncing, but for a moment of quiet before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeAlias

from composer.actions.copies import Bug, Changed, Copies, Landed, Seen, Word
from composer.actions.watched import Served, served
from composer.actions.watching import Works
from composer.engine.port import Engine
from composer.errors import ComposerError, InvalidProject
from composer.executor.crew import Crew
from composer.model.project import Project
from composer.model.watch import Compared, Disabled, Enabled, Ending, Failed, News, Trouble
from composer.planner.watch import Rules, react
from composer.record import dataclass
from composer.watching.changes import Changes
from composer.watching.notices import (
    Heard,
    Missed,
    Notice,
    Noticed,
    Notices,
    Places,
    Unheard,
    listen,
)
from composer.watching.tree import Survey, as_known, differences, survey

CALM = 0.2
"""For how many seconds nothing may change before a restart, a command or a rebuild begins."""

_WORKERS = 8

Tell: TypeAlias = Callable[[News], None]


@dataclass(frozen=True, slots=True)
class _Followed:
    """What followed for a service is over; `built` is False if it could not be built."""

    service: str
    built: bool = True


@dataclass(frozen=True, slots=True)
class _Builds:
    """Services are about to be built, of what is here now."""

    services: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Surveyed:
    survey: Survey


@dataclass(frozen=True, slots=True)
class _Reread:
    """The files were read anew, and carried out; None if that failed and all stays as it was."""

    project: Project | None


@dataclass(frozen=True, slots=True)
class _Stop:
    pass


_Message: TypeAlias = Notice | Word | _Followed | _Builds | _Surveyed | _Reread | _Stop | Bug


class Watching:
    """Listens from `begin` on; `run` acts until `stop`, which any thread may call.

    Raises InvalidProject for rules that cannot be kept to.
    """

    def __init__(self, works: Works, engine: Engine, tell: Tell) -> None:
        self._works = works
        self._tell = tell
        self._inbox: SimpleQueue[_Message] = SimpleQueue()
        self._crew = Crew(_WORKERS)
        self._rules = _some(works.rules(works.project))
        self._served: dict[str, Served] = {}
        self._copies = Copies(
            works.project.name, engine, self._crew, self._inbox.put, tell, self._trouble
        )
        self._changes = Changes()
        self._reload_at: float | None = None
        self._reloading = False
        self._notices: Notices | None = None
        self._stopping = False
        self._told: set[str] = set()

    @property
    def rules(self) -> Rules:
        return self._rules

    def begin(self) -> None:
        """Hear from now on what changes, and know what there is."""
        self._listen()

    def stop(self, *, hard: bool = False) -> None:
        """End; with `hard` containers need not be as they should be afterwards."""
        self._works.brake.pull(hard=hard)
        self._inbox.put(_Stop())

    def run(self) -> None:
        """Act on what changes until `stop`.  What is being done then is let go or ended."""
        if self._notices is None:
            self._listen()
        self._copies.begin(self._served)
        self._tell(Enabled())
        try:
            while not (self._stopping and self._is_idle()):
                self._turn()
        finally:
            self._close()
        self._tell(Disabled())

    def _turn(self) -> None:
        try:
            message = self._inbox.get(timeout=self._patience())
        except Empty:
            pass
        else:
            self._take(message)
        self._advance(time.monotonic())

    def _take(self, message: _Message) -> None:
        match message:
            case Noticed() | Missed() | Unheard() | Heard() | _Surveyed():
                self._notice(message)
            case Changed() | Seen() | Landed():
                self._copies.take(message)
            case _Followed(service, built):
                if one := self._served.get(service):
                    one.doing = ""
                    one.has_built(well=built)
            case _Builds(services):
                for name in services & self._served.keys():
                    self._served[name].forget_removed()
            case _Reread(project):
                self._reloading = False
                self._has_reread(project)
            case _Stop():
                self._stopping = True
                if under_way := (*self._doing(), *self._copies.receiving()):
                    self._tell(Ending(under_way))
            case Bug(error):
                raise error

    # -- files ---------------------------------------------------------------------------

    def _notice(self, message: Notice | _Surveyed) -> None:
        match message:
            case Noticed(paths):
                self._changes.note(paths)
            case Heard(until):
                self._changes.heard(until)
            case Missed():
                self._crew.do(self._survey, self._rules)
            case Unheard(directory, reason, help):
                self._trouble(f"{directory} is not watched: {reason}", help)
            case _Surveyed(found):
                self._compare(found)

    def _listen(self, rules: Rules | None = None) -> None:
        """Listen to what the rules name and to the project's files, and look at what there is.

        `rules` are those of before: nothing is lost of what happens while they give way.
        """
        places = Places(self._rules.trees, self._works.directories())
        before, self._notices = self._notices, listen(places, self._rules.pass_by)
        self._changes.heard(None)
        if before is not None:
            before.close()
        Thread(
            target=self._hear_files, args=(self._notices,), name="composer-watch-files", daemon=True
        ).start()
        found = survey(self._rules.trees, self._rules.pass_by)
        self._told_unread(found)
        now = found.stamps
        self._served = served(self._works.project, self._rules.rules, now, self._served)
        if rules is None:
            self._changes.known = now
        else:
            known = as_known(now, self._changes.known, rules.trees, rules.pass_by)
            self._changes.known = known
            self._changes.note(differences(known, now))

    def _flush(self, now: float) -> None:
        """Act on what has changed."""
        noted, moved = self._changes.take(self._rules.trees, now)
        if any(self._works.is_file(path) for path in noted):
            self._reload_at = now + CALM
        self._react(moved, now)

    def _react(self, moved: Iterable[str], now: float) -> None:
        for name, reaction in react(self._rules.rules, moved).items():
            one = self._served[name]
            one.note(reaction, now + CALM)
            self._copies.lack(name, reaction.sent)

    def _survey(self, rules: Rules) -> None:
        """Runs in a worker."""
        self._do(lambda: self._inbox.put(_Surveyed(survey(rules.trees, rules.pass_by))))

    def _compare(self, found: Survey) -> None:
        """Put right what was missed."""
        paths = differences(self._changes.known, found.stamps)
        self._tell(Compared(len(paths)))
        self._told_unread(found)
        self._changes.note(paths)

    def _told_unread(self, found: Survey) -> None:
        for one in found.unread:
            self._trouble(f"{one.path} cannot be read: {one.reason}", "")

    def _hear_files(self, notices: Notices) -> None:
        """Runs in a thread of its own."""

        def hear() -> None:
            for notice in notices:
                self._inbox.put(notice)

        self._do(hear)

    # -- what follows --------------------------------------------------------------------

    def _follow(self, one: Served) -> None:
        rebuild, restart, commands = one.begin()
        containers = self._copies.of(one.name)

        def work() -> None:
            built = self._works.follow(one, containers, self._tell, (rebuild, restart, commands))
            self._inbox.put(_Followed(one.name, built))

        self._crew.do(self._do, work)

    def _reload(self) -> None:
        self._reload_at, self._reloading = None, True

        def work() -> None:
            project = self._works.reload(self._tell, lambda names: self._inbox.put(_Builds(names)))
            self._inbox.put(_Reread(project))

        self._crew.do(self._do, work)

    def _has_reread(self, project: Project | None) -> None:
        """Go on with what the files say now; None: with what they said before."""
        try:
            rules = self._works.rules(project) if project is not None else None
        except InvalidProject as error:
            self._tell(Failed("reload", (), error))
            rules = None
        if project is None or rules is None:
            for one in self._served.values():
                if not one.doing:
                    one.has_built(well=False)
            return
        self._works.project, before, self._rules = project, self._rules, rules
        if not rules.rules:
            self._trouble("no service is to be watched any more", "only the project's files are")
        self._listen(before)
        self._copies.serve(self._served)

    # -- the loop ------------------------------------------------------------------------

    def _advance(self, now: float) -> None:
        """Begin what can begin."""
        if (due := self._changes.due()) is not None and now >= due:
            self._flush(now)
        if self._stopping:
            return
        self._copies.send()
        if self._reload_at is not None and now >= self._reload_at and not self._reloading:
            self._reload()
        for one in self._served.values():
            if self._is_ready(one) and now >= (one.due or 0):
                self._follow(one)

    def _patience(self) -> float | None:
        """Return after how many seconds something is to be done unasked."""
        due = self._changes.due()
        moments = [due] if due is not None else []
        if self._reload_at is not None and not self._reloading:
            moments.append(self._reload_at)
        moments += [one.due or 0 for one in self._served.values() if self._is_ready(one)]
        return max(0.0, min(moments) - time.monotonic()) if moments else None

    def _is_ready(self, one: Served) -> bool:
        """Say whether nothing but time keeps what follows from being done for a service."""
        return one.due is not None and not one.doing and self._copies.are_idle(one.name)

    def _is_idle(self) -> bool:
        return not (any(self._doing()) or self._copies.flying)

    def _doing(self) -> Iterator[str]:
        """Yield what is under way, beside the sending of files."""
        if self._reloading:
            yield "the project's files"
        yield from (f"{one.doing} {one.name}" for one in self._served.values() if one.doing)

    def _trouble(self, message: str, help: str) -> None:
        if message not in self._told:
            self._told.add(message)
            self._tell(Trouble(message, help))

    def _do(self, work: Callable[[], object]) -> None:
        """Runs in a worker."""
        try:
            work()
        except BaseException as error:  # a silent worker would leave us waiting
            self._inbox.put(Bug(error))

    def _close(self) -> None:
        if self._notices is not None:
            self._notices.close()
        self._copies.close()
        self._crew.dismiss()


def _some(rules: Rules) -> Rules:
    """Return rules; raises ComposerError if there are none."""
    if not rules.rules:
        raise ComposerError(
            "none of the selected services is configured for watch,"
            " consider setting a 'develop' section",
            help="docs/watch.md tells what it may say",
        )
    return rules
