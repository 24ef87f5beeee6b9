"""`up` in the foreground: what containers say until all have stopped, or Ctrl-C.

The main thread runs the plan and then sleeps on an inbox, because only there
Ctrl-C is heard.  The printer, on a thread of its own, hears the containers and
writes; it posts to the inbox what ends the session.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread
from types import FrameType
from typing import TypeAlias

from composer.actions.attach import Following, Output, Stopped
from composer.actions.last_words import last_words
from composer.actions.lifecycle import kill, stop
from composer.actions.up import up
from composer.cli.aside import Aside
from composer.cli.beside import Beside
from composer.cli.parser import Namespace
from composer.cli.remembering import remembering
from composer.cli.session import Session
from composer.errors import Cancelled
from composer.executor.ctrl_c import ONE_PRESS
from composer.model.events import Event, Outcome, StepFinished, StepStarted
from composer.model.operations import CreateContainer, Kill, Remove, Restart, Start, Stop
from composer.model.options import UpOptions
from composer.model.plan import Step
from composer.model.project import Project
from composer.planner.desire import canonical_name
from composer.planner.up import chosen
from composer.record import dataclass
from composer.render.logs import LogWriter
from composer.render.progress import Reporter

_INTERRUPTED = 130
_LAST_LINES = 5.0
"""For how many seconds the last lines of stopped containers are waited for."""

Emit: TypeAlias = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class _AllStopped:
    pass


@dataclass(frozen=True, slots=True)
class _Abort:
    """A container stopped, and that is to be the end: `exit_code` is its own."""

    exit_code: int


@dataclass(frozen=True, slots=True)
class _Broken:
    error: BaseException


@dataclass(frozen=True, slots=True)
class _Detached:
    """The user leaves, and the containers run on."""


_Verdict: TypeAlias = _AllStopped | _Abort | _Broken | _Detached


def attached(
    options: Namespace,
    session: Session,
    project: Project,
    request: UpOptions,
    quiet: Callable[[Emit], Emit],
) -> int:
    """Bring the project up, stay with it, and return the exit code."""
    beside = Beside(options, session, project, request)
    with session.progress("up") as report, Aside(_LAST_LINES) as aside:
        scene = _Scene(options, session, project, request, beside, report, aside)
        with scene.following():
            try:
                scene.bring_up(quiet(report))
                with beside.menu(scene.detach):
                    return scene.stay()
            except (Cancelled, KeyboardInterrupt):
                scene.stop_all("Gracefully Stopping... press Ctrl+C again to force")
                return _INTERRUPTED


class _Scene:
    """One `up` in the foreground.

    All that is told, but for the output itself, is told aside: a terminal may take nothing
    just now (Ctrl-S), and a pager may wait for a key.
    """

    def __init__(
        self,
        options: Namespace,
        session: Session,
        project: Project,
        request: UpOptions,
        beside: Beside,
        reporter: Reporter,
        aside: Aside,
    ) -> None:
        self._reporter = reporter
        self._aside = aside
        self._options = options
        self._beside = beside
        self._session = session
        self._engine = session.engine
        self._project = project
        self._request = request
        self._services = {
            service.name for service in chosen(project, request) if service.provider is None
        }
        self._shown = shown_services(options, project, self._services)
        self._writer = _writer(options, session, project)
        self._expected = tuple(_names(project, request, self._shown))
        self._inbox: SimpleQueue[_Verdict] = SimpleQueue()
        self._stopped_by_us: set[str] = set()
        self._aborted = False
        self._hooks: set[str] = set()
        self._codes: dict[str, int] = {}
        self._news = Following(
            self._engine,
            project.name,
            wants=lambda service, number: service in self._services,
            shows=self._shown.__contains__,
        )
        self._printer: Thread | None = None
        self._has_terminal = False
        self._has_ended = False

    @contextmanager
    def following(self) -> Iterator[None]:
        """Listen from before the first step on, and let go at the end."""
        try:
            self._know_what_exists()
            yield
        finally:
            self._news.close()
            self._let_end()

    def bring_up(self, emit: Emit) -> None:
        def hear(event: Event) -> None:
            if isinstance(event, StepStarted):
                match event.step.operation:
                    case Stop(name) | Kill(name) | Remove(name):
                        self._stopped_by_us.add(name)
                    case Restart(name):
                        self._news.restarting(name)
                    case CreateContainer(spec) if spec.hook:
                        self._hooks.add(spec.name)
                    case Start(name) if name not in self._hooks:
                        self._stopped_by_us.discard(name)
                        self._attach()
                        self._news.expect(name)
                    case _:
                        pass
            match event:
                case StepFinished(Step(Restart(name)), Outcome.FAILED):
                    self._news.restarting(name, begins=False)
            self._aside.do(lambda: emit(event))

        self._beside.begin(
            hear, lambda error: self._inbox.put(_Broken(error)), self._watches, self._aside
        )
        with (
            self._session.writing(self._project.name),
            remembering(self._session, self._project, hear) as heard,
        ):
            done = up(
                self._project,
                self._engine,
                self._request,
                heard,
                parallel=self._session.parallel,
                confirm=self._session.confirm,
                approve=self._session.approve(self._project),
            )
        self._aside.do(lambda: self._session.warn(done.warnings))
        self._attach()
        self._beside.start()
        self._watches(self._beside.watching)

    def _watches(self, on: bool) -> None:
        """Stay for as long as files are watched: what has stopped may be started again."""
        if on:
            self._news.hold()
        else:
            self._news.finish()

    def detach(self) -> None:
        """Leave, and let the containers run on."""
        self._inbox.put(_Detached())

    def stay(self) -> int:
        """Wait for the end and return the exit code."""
        match self._inbox.get():
            case _AllStopped():
                self._beside.stop()
                return self._exit_code(0)
            case _Detached():
                self._beside.stop()
                return 0
            case _Broken(error):
                raise error
            case _Abort(exit_code):
                self.stop_all("Aborting on container exit...")
                return self._exit_code(exit_code)

    def stop_all(self, message: str) -> None:
        """Stop everything; a Ctrl-C meanwhile kills it."""
        name, timeout = self._project.name, self._request.timeout
        tell = self._aside.told(self._reporter)
        try:
            _let_one_press_pass()
            self._aside.do(self._reporter.settle)
            self._aside.do(lambda: self._session.console.say(message))
            self._aside.do(self._beside.hide)
            self._beside.stop(hard=True)
            self._news.finish()
            _InBackground(
                lambda: stop(
                    name,
                    self._engine,
                    services=self._services,
                    timeout=timeout,
                    emit=tell,
                    project=self._project,
                )
            ).wait()
        except KeyboardInterrupt:
            kill(name, self._engine, services=self._services, emit=tell)
        self._let_end()

    def _let_end(self) -> None:
        """Wait for the last lines, but not twice for a reader who takes nothing."""
        if self._printer is not None and self._printer.ident and not self._has_ended:
            self._has_ended = True
            self._printer.join(_LAST_LINES)

    def _exit_code(self, code: int) -> int:
        chosen_service = self._options.exit_code_from
        return self._codes.get(chosen_service, code) if chosen_service else code

    def _know_what_exists(self) -> None:
        """Hear what runs from now on, and what does not run once it is started again."""
        found = self._engine.project_containers(self._project.name)
        ours = [c for c in found if c.service in self._services and not (c.oneoff or c.hook)]
        idle = [c for c in ours if c.state.status == "exited" and c.service in self._shown]
        since = last_words(self._engine, idle)
        for container in ours:
            if container.state.status in ("running", "paused", "restarting"):
                self._news.read(container, tail=0)
            elif container.id in since:
                self._news.remember(container, since[container.id])

    def _attach(self) -> None:
        """Give the terminal to the containers."""
        if not self._has_terminal:
            self._has_terminal = True
            self._aside.do(self._hand_over)

    def _hand_over(self) -> None:
        """Runs aside."""
        self._printer = Thread(target=self._print, name="composer-printer", daemon=True)
        try:
            self._reporter.settle()
            self._writer.expect(self._expected)
            names = ", ".join(self._writer.short(name) for name, _ in self._expected)
            self._session.console.say(f"Attaching to {names}" if names else "Attaching to nothing")
        finally:
            self._printer.start()

    def _print(self) -> None:
        """Runs in the printer."""
        try:
            for one in self._news:
                match one:
                    case Output(container, service, batch):
                        self._writer.write(container, service, batch)
                    case Stopped():
                        self._has_stopped(one)
        except BaseException as error:  # a silent printer would leave the main thread asleep
            self._news.close()  # nobody takes news any more, and to post some would never end
            self._inbox.put(_Broken(error))
        else:
            self._inbox.put(_AllStopped())

    def _has_stopped(self, news: Stopped) -> None:
        """Runs in the printer."""
        if news.container in self._stopped_by_us:
            return
        self._codes[news.service] = news.exit_code
        aborts = not (news.again or self._aborted) and self._aborts(news.exit_code)
        if aborts or news.service in self._shown:
            self._writer.stopped(news.container, news.service, news.exit_code, again=news.again)
        if aborts:
            self._aborted = True
            self._inbox.put(_Abort(news.exit_code))

    def _aborts(self, exit_code: int) -> bool:
        options = self._options
        on_any = options.abort_on_container_exit or options.exit_code_from
        return bool(on_any or (options.abort_on_container_failure and exit_code))


def _writer(options: Namespace, session: Session, project: Project) -> LogWriter:
    return LogWriter(
        session.console,
        project.name,
        colour=not options.no_color,
        prefix=not options.no_log_prefix,
        timestamps=options.timestamps,
        services=project.services,
        apart=True,
    )


class _InBackground:
    """Work on a thread, so that the main thread stays free to hear Ctrl-C."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()
        self._work = work
        Thread(target=self._run, name="composer-stop", daemon=True).start()

    def wait(self) -> None:
        if error := self._done.get():
            raise error

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # a silent thread would leave the main thread asleep
            self._done.put(error)
        else:
            self._done.put(None)


def _let_one_press_pass() -> None:
    """Hear nothing more of a Ctrl-C that comes twice, to the process and to its group."""
    begun = time.monotonic()

    def interrupt(number: int, frame: FrameType | None) -> None:
        if time.monotonic() - begun > ONE_PRESS:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)


def shown_services(
    options: Namespace, project: Project, running: Collection[str]
) -> frozenset[str]:
    """Return the services whose output is shown.

    Those named after `up`, else all; `attach: false` in the file takes one out,
    --attach asks for some and nothing else, --no-attach takes out whatever is left.
    """
    if options.attach:
        shown = set(options.attach)
    else:
        named = set() if options.attach_dependencies else set(options.services)
        shown = {
            name
            for name in named or running
            if name in project.services and project.services[name].attach is not False
        }
    return frozenset((shown & set(running)) - set(options.no_attach))


def _names(
    project: Project, request: UpOptions, services: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield the names that containers of these services are going to have."""
    for name in sorted(services):
        service = project.services[name]
        for number in range(1, request.scale.get(name, service.replicas) + 1):
            yield canonical_name(project, service, number), name
