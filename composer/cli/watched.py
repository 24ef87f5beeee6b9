"""Watching as commands do it: how files are read anew, and how it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread

from composer.actions.up import up
from composer.actions.watch import Watching
from composer.actions.watching import Works
from composer.cli.aside import Aside
from composer.cli.failure import problems_of
from composer.cli.remembering import remembered
from composer.cli.session import Session
from composer.cli.up import hide_progress
from composer.executor.ctrl_c import interrupts
from composer.model.events import Event
from composer.model.options import UpOptions
from composer.model.project import Project
from composer.render.watch import WatchWriter


class Watched:
    """One project under watch, as `session` has loaded it last.  What is told, is told `aside`."""

    def __init__(
        self,
        session: Session,
        project: Project,
        request: UpOptions,
        emit: Callable[[Event], None],
        *,
        prunes: bool = True,
        settle: Callable[[], None] = lambda: None,
        mark: str = "",
        aside: Aside | None = None,
    ) -> None:
        self._session = session
        self._project = project
        self._request = request
        self._emit = remembered(session, project, hide_progress(request)(emit))
        self._settle = settle
        self._writer = WatchWriter(session.console, project.name, problems_of, mark=mark)
        self._thread: Thread | None = None
        warn, tell = session.warn, self._writer.tell
        works = Works(
            project,
            (*session.seen, *session.possible_files(project)),
            session.engine,
            request,
            emit=self._emit,
            reread=self._reread,
            turn=self._turn,
            warn=aside.told(warn) if aside else warn,
            prunes=prunes,
            parallel=session.parallel,
        )
        self._watching = Watching(works, session.engine, aside.told(tell) if aside else tell)
        session.warn(self._watching.rules.warnings)

    def tell_rules(self) -> None:
        self._writer.rules(self._watching.rules, self._project.directory)

    def begin(self) -> None:
        """Tell what is watched, and miss nothing from now on."""
        self.tell_rules()
        self._watching.begin()

    def bring_up(self, project: Project) -> None:
        with self._turn():
            done = up(
                project,
                self._session.engine,
                self._request,
                self._emit,
                parallel=self._session.parallel,
                confirm=self._session.confirm,
            )
        self._session.warn(done.warnings)

    def until_interrupted(self) -> None:
        """Watch until Ctrl-C; a build is let go then, the rest ends, or is left at the next one."""
        self._settle()
        with interrupts(self._watching.stop):
            self._watching.run()
        self._emit.close()

    def start(self, broken: Callable[[BaseException], None]) -> None:
        """Watch on a thread of its own until `stop`."""
        name = "composer-watch"
        self._thread = Thread(target=self._run, args=(broken,), name=name, daemon=True)
        self._thread.start()

    def stop(self, *, hard: bool = False) -> None:
        """Let go of what can be let go, and wait for the rest; `hard` as containers are to go."""
        self._watching.stop(hard=hard)
        if self._thread is not None:
            self._thread.join()
        self._emit.close()

    def _run(self, broken: Callable[[BaseException], None]) -> None:
        try:
            self._watching.run()
        except BaseException as error:  # a silent thread would leave the main thread asleep
            broken(error)

    def _reread(self) -> tuple[Project, Iterable[str]]:
        project = self._session.runnable_project(self._request.services)
        return project, (*self._session.seen, *self._session.possible_files(project))

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._session.writing(self._project.name):
            yield
