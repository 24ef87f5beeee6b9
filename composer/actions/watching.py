"""What watching does beside sending: rules, rebuilds, restarts, commands, files read anew.

The command line says how files are read and how its plans are shown, and gives turns, so
that nobody else changes the project meanwhile.
"""

from __future__ import annotations

import os.path
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from functools import partial
from threading import Lock

from composer.actions.following import prune, rebuild, restart, run_command, together
from composer.actions.up import once_more, up
from composer.actions.watched import Served
from composer.engine.port import Engine
from composer.errors import Cancelled, ComposerError, InvalidProject, Problem
from composer.executor.ctrl_c import Brake
from composer.executor.run import Emit
from composer.model.observed import ObservedContainer
from composer.model.options import UpOptions
from composer.model.project import Project
from composer.model.watch import (
    Began,
    Ended,
    Failed,
    IgnoreFile,
    LetGo,
    News,
    Said,
    What,
)
from composer.planner.up import chosen
from composer.planner.watch import Rules, watch_rules
from composer.record import replace
from composer.watching.tree import ignore_file

Work = tuple[bool, bool, tuple[int, ...]]


class Works:
    """One project under watch.

    `reread` returns the project as its files are now, and those files; `turn` is a `with`
    in which nobody else changes it.  `request` is what brings it up.  The `brake` ends what
    is under way.
    """

    def __init__(
        self,
        project: Project,
        files: Iterable[str],
        engine: Engine,
        request: UpOptions,
        *,
        emit: Emit,
        reread: Callable[[], tuple[Project, Iterable[str]]],
        turn: Callable[[], AbstractContextManager[None]],
        warn: Callable[[Iterable[Problem]], None],
        prunes: bool = True,
        parallel: int | None = None,
    ) -> None:
        self.project = project
        self._files = _with_links(files)
        self._ignore_files: frozenset[str] = frozenset()
        self._engine = engine
        self._request = request
        self._emit = emit
        self._reread = reread
        self._turn = turn
        self._warn = warn
        self._prunes = prunes
        self._parallel = parallel
        self._one = Lock()
        self.brake = Brake()

    def rules(self, project: Project) -> Rules:
        """Return what is watched, maybe nothing; raises InvalidProject for what cannot be."""
        services = chosen(project, self._request)
        ignored: dict[str, IgnoreFile] = {}
        problems: list[Problem] = []
        for service in services:
            if service.develop is None:
                continue
            try:
                found = ignore_file(service)
            except OSError as error:
                reason = (error.strerror or "unreadable").lower()
                mark = project.mark("services", service.name, "build", "context")
                problems.append(Problem(f"{error.filename!r} cannot be read: {reason}", mark))
            else:
                if found is not None:
                    ignored[service.name] = found
        rules = watch_rules(project, services, ignored)
        if errors := [*problems, *rules.errors]:
            raise InvalidProject(errors)
        contexts = {one.root for one in ignored.values()}
        names = {one.path for one in ignored.values() if one.path}
        self._ignore_files = frozenset(names | {f"{root}/.dockerignore" for root in contexts})
        return rules

    def directories(self) -> tuple[str, ...]:
        """Return where the files of the project are."""
        found = {os.path.dirname(path) for path in (*self._files, *self._ignore_files)}
        return tuple(sorted(found))

    def is_file(self, path: str) -> bool:
        """Say whether the project is read from `path`."""
        return path in self._files or path in self._ignore_files

    def follow(
        self,
        one: Served,
        containers: Iterable[ObservedContainer],
        tell: Callable[[News], None],
        work: Work,
    ) -> bool:
        """Rebuild or restart a service, then run the commands of its rules; tells what fails.

        Returns False if it could not be rebuilt.
        """
        rebuilds, restarts, commands = work
        built = True
        if rebuilds:
            built = self._tried("rebuild", one.name, tell, lambda: self._rebuild(one.name))
        if self.brake.pulled:
            return built
        if restarts and not rebuilds:
            self._tried("restart", one.name, tell, lambda: self._restart(one.name))
        for index in commands:
            run = partial(self._run, one, index, containers, tell)
            self._tried("command", one.name, tell, run)
        return built

    def reload(
        self, tell: Callable[[News], None], builds: Callable[[frozenset[str]], None]
    ) -> Project | None:
        """Read the files anew and carry them out; None if that cannot be done.

        `builds` hears which services are about to be built.
        """
        try:
            project, files = self._reread()
            warnings = self.rules(project).warnings
        except ComposerError as error:
            tell(Failed("reload", (), error))
            return None
        if project == self.project:
            return project
        self._warn(warnings)
        found = self._tried("reload", "", tell, lambda: self._apply(project, builds))
        if not found:
            return None
        self._files = _with_links(files)
        return project

    def _tried(
        self, what: What, service: str, tell: Callable[[News], None], work: Callable[[], str]
    ) -> bool:
        services = (service,) if service else ()
        tell(Began(what, services))
        try:
            with self.brake.heeded():
                note = work()
        except Cancelled:
            tell(LetGo(what, services))
            return False
        except (ComposerError, OSError) as error:
            failure = error if isinstance(error, ComposerError) else ComposerError(str(error))
            tell(Failed(what, services, failure))
            return False
        tell(Ended(what, services, note))
        return True

    def _rebuild(self, service: str) -> str:
        with self._one, self._turn():
            note = rebuild(
                self.project,
                self._engine,
                service,
                self._request,
                self._emit,
                now=time.time(),
                parallel=self._parallel,
            )
        if self._prunes:
            prune(self.project.name, self._engine)
        return note

    def _restart(self, service: str) -> str:
        with self._one, self._turn():
            timeout = self._request.timeout
            restart(
                self.project, self._engine, service, timeout, self._emit, parallel=self._parallel
            )
        return ""

    def _run(
        self,
        one: Served,
        index: int,
        containers: Iterable[ObservedContainer],
        tell: Callable[[News], None],
    ) -> str:
        """Run the command of a rule in all containers that run."""
        command = next(rule.watch.exec for rule in one.rules if rule.index == index)
        assert command is not None
        running = [c for c in containers if self._runs(c)]
        failures = []
        for container in running:
            try:
                run_command(
                    self._engine,
                    container,
                    command,
                    lambda line, name=container.name: tell(Said(name, line)),  # type: ignore[misc]
                    self.brake,
                )
            except Cancelled:
                raise
            except ComposerError as error:
                failures.append(error)
        if failed := together(failures):
            raise failed
        return "" if running else "no container runs"

    def _runs(self, container: ObservedContainer) -> bool:
        return self._engine.state(container.id).status == "running"

    def _apply(self, project: Project, builds: Callable[[frozenset[str]], None]) -> str:
        request = once_more(self._request)
        request = replace(request, images=replace(request.images, build=False, now=time.time()))
        with self._one, self._turn():
            anew = _built_anew(project, self.project)
            builds(anew)
            wanted = _building(project, anew)
            done = up(wanted, self._engine, request, self._emit, parallel=self._parallel)
            self.project = project  # now: a rebuild that waits for its turn goes by it
        self._warn(done.warnings)
        return "" if done.plan else "nothing to do"


def _built_anew(project: Project, before: Project) -> frozenset[str]:
    """Return the services whose build is not what it was."""
    known = before.services
    services = project.services.values()
    changed = (one for one in services if one.build and one.name in known)
    return frozenset(one.name for one in changed if one.build != known[one.name].build)


def _building(project: Project, services: Iterable[str]) -> Project:
    """Return `project` with images to be built of `services`."""
    built = {name: replace(project.services[name], pull_policy="build") for name in services}
    return replace(project, services={**project.services, **built})


def _with_links(files: Iterable[str]) -> frozenset[str]:
    """Return files, and where they are if links lead there: that is where they are changed."""
    found = frozenset(files)
    return found | {os.path.realpath(path) for path in found}
