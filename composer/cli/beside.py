"""What goes on beside the output of `up`: watching files, and the menu with its keys."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

from composer.cli.aside import Aside
from composer.cli.parser import Namespace
from composer.cli.session import Session
from composer.errors import Cancelled, ComposerError
from composer.model.events import Event
from composer.model.options import UpOptions
from composer.model.project import Project
from composer.planner.up import chosen
from composer.render.console import is_terminal

if TYPE_CHECKING:
    from composer.cli.watched import Watched
    from composer.render.footer import Footer

_MARK = "⦿ "


class Beside:
    """`detach` is called when the user wants to leave, `broken` when watching fails."""

    def __init__(
        self, options: Namespace, session: Session, project: Project, request: UpOptions
    ) -> None:
        self._session = session
        self._project = project
        self._request = request
        self._watches = bool(options.watch)
        self._wants_menu = _wants_menu(options, session, project, request)
        self._watched: Watched | None = None
        self._emit: Callable[[Event], None] = lambda event: None
        self._broken: Callable[[BaseException], None] = lambda error: None
        self._changed: Callable[[bool], None] = lambda on: None
        self._footer: Footer | None = None
        self._aside: Aside | None = None
        self._turn = Lock()
        if self._wants_menu:
            from composer.render.footer import Footer

            self._footer = Footer(session.console)
            session.__dict__["console"] = self._footer.console

    @property
    def watching(self) -> bool:
        return self._watches

    def begin(
        self,
        emit: Callable[[Event], None],
        broken: Callable[[BaseException], None],
        changed: Callable[[bool], None],
        aside: Aside,
    ) -> None:
        """Miss no change from now on; raises for rules that cannot be kept to.

        What is told, and what keys ask for, is told `aside`.
        """
        self._emit, self._broken, self._changed = emit, broken, changed
        self._aside = aside
        if self._watches:
            self._watched = self._made()
            self._watched.begin()

    def start(self) -> None:
        """Act on changes from now on."""
        if self._watched is not None:
            self._watched.start(self._broken)

    def hide(self) -> None:
        """Take the menu away."""
        if self._footer is not None:
            self._footer.hide()

    def stop(self, *, hard: bool = False) -> None:
        """Watch no more; with `hard` containers need not be as they should be afterwards."""
        with self._turn:
            if self._watched is not None:
                self._watched.stop(hard=hard)
                self._watched = None

    @contextmanager
    def menu(self, detach: Callable[[], None]) -> Iterator[None]:
        """Show the menu, if there is to be one, and heed its keys.

        After Ctrl-C it is left to `hide`: a terminal that takes nothing would hold that up.
        """
        if self._footer is None:
            yield
            return
        from composer.cli.keys import keys

        def pressed(key: str) -> None:
            match key:
                case "w":
                    self._toggle()
                case "v":
                    self._do_aside(lambda: self._say(self._containers))
                case "o":
                    self._do_aside(lambda: self._say(self._config))
                case "d":
                    detach()
                case "\n" | "\r":
                    self._do_aside(lambda: self._session.console.say(""))

        self._do_aside(self._show)
        try:
            with keys(pressed):
                yield
        except (Cancelled, KeyboardInterrupt):
            raise
        except BaseException:
            self._do_aside(self.hide)
            raise
        self._do_aside(self.hide)

    def _made(self) -> Watched:
        from composer.cli.watched import Watched

        return Watched(
            self._session, self._project, self._request, self._emit, mark=_MARK, aside=self._aside
        )

    def _do_aside(self, work: Callable[[], object]) -> None:
        if self._aside is not None:
            self._aside.do(work)

    def _show(self) -> None:
        if self._footer is not None:
            watch = "Disable Watch" if self._watches else "Enable Watch"
            keys = (("v", "View Containers"), ("o", "View Config"), ("w", watch), ("d", "Detach"))
            self._footer.show("   ".join(f"{key} {text}" for key, text in keys))

    def _toggle(self) -> None:
        """Switch watching on or off."""
        with self._turn:
            try:
                if self._watched is None:
                    watched = self._made()
                    watched.begin()
                    watched.start(self._broken)
                    self._watched = watched
                else:
                    self._watched.stop()
                    self._watched = None
            except ComposerError as error:
                self._tell(error)
            self._watches = self._watched is not None
            self._changed(self._watches)
        self._do_aside(self._show)

    def _say(self, what: Callable[[], str]) -> None:
        try:
            self._session.console.say(what())
        except ComposerError as error:
            self._tell(error)

    def _tell(self, error: ComposerError) -> None:
        from composer.cli.failure import problems_of
        from composer.render.problem import render_long

        for problem in problems_of(error):
            self._session.console.say(render_long(problem))

    def _containers(self) -> str:
        import time

        from composer.actions.ps import PsOptions, ps
        from composer.render.containers import HEADERS, TABLE, row
        from composer.render.template import render_rows

        found = ps(self._project.name, self._project, self._session.engine, PsOptions(all=True))
        return render_rows(TABLE, [row(one, time.time(), full=False) for one in found], HEADERS)

    def _config(self) -> str:
        from composer.model.tree import project_tree
        from composer.render.yaml_text import to_yaml

        return to_yaml(project_tree(self._project, json=False))


def _wants_menu(options: Namespace, session: Session, project: Project, request: UpOptions) -> bool:
    """Say whether there is a menu: by default where a terminal is, and something to watch.

    A terminal that cannot move its cursor, or is not to be told to, has none.
    """
    types = sys.stdin is not None and sys.stdin.isatty()
    plain = (session.options.ansi or session.setting("COMPOSE_ANSI")) == "never"
    if not (types and is_terminal(sys.stderr, session.environment)) or plain:
        return False
    if session.console.progress in ("json", "quiet"):
        return False
    if options.menu is not None:
        return bool(options.menu)
    if session.setting("COMPOSE_MENU"):
        return session.switch(None, "COMPOSE_MENU")
    return any(one.develop and one.develop.watch for one in chosen(project, request))
