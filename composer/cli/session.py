"""What a command needs, made when it is first asked for: the composition root.

Nothing here is imported or connected before a command uses it, which is what
keeps `composer version` fast and `composer config` independent of an engine.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from composer.cli import global_flags
from composer.cli.flags import known_services
from composer.cli.global_flags import GlobalOptions
from composer.cli.spelling import respelled
from composer.errors import EngineError, InvalidProject, Problem
from composer.record import replace
from composer.render.console import Console

if TYPE_CHECKING:
    from composer.engine.port import Engine
    from composer.loader.pipeline import Loaded
    from composer.model.options import LoadOptions
    from composer.model.plan import Loss
    from composer.model.project import Project
    from composer.model.reference import Fetched, KnownRegistries, Login
    from composer.model.saved_plan import SavedPlan
    from composer.reconciler import Approve
    from composer.remote.fetch import Fetcher
    from composer.remote.images import ImageRegistries
    from composer.render.progress import Reporter


class Session:
    """One run of composer: the flags before the command, the environment, the directory."""

    def __init__(
        self, options: GlobalOptions, environment: Mapping[str, str], directory: str
    ) -> None:
        self.options = options
        self.environment = dict(environment)
        self.directory = directory
        self.assume_yes = False
        self.saved: SavedPlan | None = None
        self.seen: frozenset[str] = frozenset()
        self._warned: set[str] = set()
        self._forgiven: list[Problem] = []

    def load_options(self, services: Iterable[str] = (), **choices: Any) -> LoadOptions:
        from composer.model.options import LoadOptions

        given = self.options
        return LoadOptions(
            working_directory=self.directory,
            environment=self.environment,
            files=given.files,
            project_name=given.project_name,
            project_directory=given.project_directory,
            env_files=given.env_files,
            profiles=given.profiles,
            services=tuple(services),
            all_resources=given.all_resources,
            compatibility=bool(given.compatibility),
            fetch=self.fetch,
            **choices,
        )

    def fetch(self, reference: str) -> Fetched:
        """Return a compose file from elsewhere, on this machine; raises FetchFailed."""
        return self.fetcher(reference)

    @cached_property
    def fetcher(self) -> Fetcher:
        from composer.remote.fetch import Fetcher

        plain = self.options.insecure_registries
        return Fetcher(self.environment, self.console.say, self.login, plain)

    @cached_property
    def registries(self) -> ImageRegistries:
        """What asks registries for images; they are asked as by the engine, if there is one."""
        from composer.remote.images import ImageRegistries

        plain = self.options.insecure_registries
        return ImageRegistries(self.login, self._known, plain, self._engines_digest)

    def _engines_digest(self, ref: str) -> str | None:
        """Return what the engine is told by a registry that only it can reach."""
        try:
            return self.engine.registry_digest(ref)
        except EngineError:
            return None

    def _known(self) -> KnownRegistries:
        from composer.model.reference import KnownRegistries

        try:
            return self.engine.registries()
        except EngineError:
            return KnownRegistries()

    def login(self, registry: str) -> Login | None:
        from composer.engine.docker.registry import login

        given = self.environment.get("DOCKER_AUTH_CONFIG", "")
        return login(
            self.docker_directory, registry, lambda news: self.console.say(news.text), given
        )

    @property
    def docker_directory(self) -> str:
        """The directory that has docker's config.json."""
        from composer.engine.docker.docker_config import config_directory

        return self.options.docker_config or config_directory(self.environment)

    def load(self, services: Iterable[str] = (), **choices: Any) -> Loaded:
        """Load the files, telling the user of every warning; raises InvalidProject."""
        from composer.loader.pipeline import load

        if "-" in self.options.files and sys.stdin is not None and sys.stdin.isatty():
            self.console.say("reading the compose file from the terminal; Ctrl-D ends it")
        loaded = load(self.load_options(services, **choices))
        self.seen = frozenset(loaded.sources.seen)
        self.warn(loaded.warnings)
        return loaded

    def project(self, services: Iterable[str] = (), **choices: Any) -> Project:
        """Load the project, in which the named services must exist."""
        return self.load(services, **choices).project

    def runnable_project(self, services: Iterable[str] = (), **choices: Any) -> Project:
        """Load a project that is to be carried out; raises InvalidProject for what cannot be."""
        from composer.loader import carried_out

        project = self.installed(self.project(services, **choices))
        if problems := carried_out.problems(project):
            raise InvalidProject(problems)
        return project

    def possible_files(self, project: Project) -> tuple[str, ...]:
        """Return the files that a project is read from, and those that it would be if they came."""
        from composer.loader.files import OVERRIDES

        found_by_name = not (self.options.files or self.setting("COMPOSE_FILE"))
        beside = (".env", *(OVERRIDES if found_by_name else ()))
        more = (f"{project.directory}/{name}" for name in beside)
        named = (os.path.join(self.directory, path) for path in self.options.env_files)
        return (*project.files, *project.env_files, *more, *map(os.path.normpath, named))

    def installed(self, project: Project) -> Project:
        """Return `project` with images in place of builds that were left where it was published."""
        if "fetcher" not in self.__dict__:
            return project
        from composer.loader.published import without_lost_builds

        fetched = self.fetcher.fetched.items()
        artifacts = [one.directory for name, one in fetched if name.startswith("oci://")]
        return without_lost_builds(project, artifacts) if artifacts else project

    def known_project(self, services: Iterable[str] = ()) -> Project | None:
        """Load the project; None with a project name and no file, when labels must do."""
        if self.options.files or self.setting("COMPOSE_FILE"):
            return self.load(services).project
        if self.options.project_name:
            return None
        if self.setting("COMPOSE_PROJECT_NAME") and not self._has_file():
            return None
        with self._by_file_or_name():
            return self.load(services).project

    def identify(self, services: Iterable[str] = ()) -> str:
        """Return the project's name, the cheap way; with services, they must exist."""
        asked = tuple(services)
        project = self.known_project() if asked else None
        if project is None:
            return self.project_name
        known_services(asked, {**project.services, **project.disabled})
        return project.name

    @property
    def files(self) -> tuple[str, ...]:
        """The files that were named or found, in order; raises InvalidProject if there are none."""
        from composer.loader.files import find

        return find(self.load_options(), self._settings).paths

    @contextmanager
    def _by_file_or_name(self) -> Iterator[None]:
        """Tell who has no file that the name of a project that exists would do."""
        try:
            yield
        except InvalidProject as error:
            named = self.options.project_name or self.setting("COMPOSE_PROJECT_NAME")
            if named or self._has_file():
                raise
            raise InvalidProject(
                replace(one, help=f"{one.help}, or with -p a project that 'composer ls' lists")
                if one.help
                else one
                for one in error.problems
            ) from None

    def _has_file(self) -> bool:
        try:
            return bool(self.files)
        except InvalidProject:
            return False

    @cached_property
    def project_name(self) -> str:
        from composer.loader.pipeline import project_name

        with self._by_file_or_name():
            return project_name(self.load_options())

    @cached_property
    def engine(self) -> Engine:
        engine = self.connect()
        if self.options.dry_run:
            from composer.engine.dry_run import DryRun

            return DryRun(engine)
        return engine

    def connect(self) -> Engine:
        from composer.engine.docker.client import connect
        from composer.engine.docker.docker_config import complaint

        if wrong := complaint(self.docker_directory):
            self.warn([Problem(f"{wrong}: doing without it", severity="warning")])
        return connect(
            self.environment,
            self.options.engine,
            more=lambda: self._settings,
            trace=self._debug,
        )

    def _debug(self, line: str) -> None:
        if self.options.verbose:
            self.console.say(f"debug: {line}")

    @cached_property
    def console(self) -> Console:
        ansi, progress = global_flags.styles(
            self.options.ansi or self.setting("COMPOSE_ANSI"),
            self.options.progress or self.setting("COMPOSE_PROGRESS"),
        )
        to_stdout = self.switch(None, "COMPOSE_STATUS_STDOUT")
        return Console.on(
            sys.stdout,
            sys.stdout if to_stdout else sys.stderr,
            self.environment,
            ansi=ansi,
            progress=progress,
            prefix="DRY-RUN MODE - " if self.options.dry_run else "",
        )

    def use_style(self, progress: str) -> None:
        """Show progress in this style from now on, whatever stood before the command."""
        self.options = replace(self.options, progress=progress)
        self.__dict__.pop("console", None)

    def progress(self, title: str) -> Reporter:
        """Return what shows the events of a plan; use it in a `with`."""
        from composer.render.noting import Noting
        from composer.render.progress import reporter

        return Noting(reporter(self.console, title), self._forgiven.append)

    @property
    def parallel(self) -> int | None:
        """How many engine calls at once, None for no limit."""
        given = self.options.parallel
        if given is None:
            given = global_flags.limit(self.setting("COMPOSE_PARALLEL_LIMIT"))
        return given if given is not None and given > 0 else None

    def setting(self, name: str) -> str:
        """Return a variable that configures composer itself, "" without one."""
        return self.environment.get(name) or self._settings.get(name, "")

    def variable(self, name: str) -> str | None:
        """Return a variable of the shell, or else of .env files; None if neither has it."""
        found = self.environment.get(name)
        return self._settings.get(name) if found is None else found

    @cached_property
    def _settings(self) -> Mapping[str, str]:
        """The environment and what .env files add to it."""
        from composer.loader.environment import collect

        return collect(self.load_options(), None).variables

    def switch(self, flag: bool | None, name: str) -> bool:
        """Return what the flag says, or else the variable `name`."""
        if flag is not None:
            return flag
        return self.setting(name).lower() in ("1", "t", "true", "y", "yes", "on")

    def confirm(self, losses: Iterable[Loss]) -> frozenset[str]:
        """Ask which data may be destroyed; without a terminal to ask on, none.

        Who agrees types the name of the volume: a mere "y" is typed too easily.  A saved
        plan has the answers.
        """
        if self.saved is not None:
            return frozenset(self.saved.renewed)
        if self.assume_yes:
            return frozenset(loss.volume for loss in losses)
        if sys.stdin is None or not sys.stdin.isatty():
            return frozenset()
        return frozenset(loss.volume for loss in losses if self._may_be_lost(loss))

    def _may_be_lost(self, loss: Loss) -> bool:
        from composer.render.plan import render_loss

        self.console.say(render_loss(loss))
        self.console.err.write(f"Type {loss.volume} to lose it; anything else keeps it: ")
        self.console.err.flush()
        return sys.stdin.readline().strip() == loss.volume

    def ask(self, question: str) -> bool:
        """Return the answer that is typed, or comes through a pipe; none is a no."""
        self.console.err.write(f"{question} [y/N] ")
        self.console.err.flush()
        answer = sys.stdin.readline() if sys.stdin is not None else ""
        if not answer:
            self.console.say("")
        return answer.strip().lower() in ("y", "yes")

    def approve(self, project: Project) -> Approve | None:
        """Return what stops a plan that is not the saved one, None if there is no saved one."""
        if self.saved is None:
            return None
        from composer.actions.saved_plan import keeper

        return keeper(self.saved, project, self.engine.version().address)

    def tell(self, subject: str, text: str, status: str) -> None:
        """Tell how something stands that is no step of a plan, as Docker Compose does."""
        console = self.console
        if console.progress == "json":
            console.record({"id": subject, "status": status, "text": text})
        elif console.progress != "quiet":
            console.say(f"{console.prefix} {subject} {text} {status}")

    def writing(self, project: str) -> AbstractContextManager[None]:
        """Return a `with` in which nobody else changes `project`; waits, and says for whom."""
        from composer.actions.lock import Holder, one_writer, places

        def waiting(holder: Holder | None) -> None:
            whom = "another composer"
            if holder is not None:
                whom = f"'{holder.command}' (process {holder.process}, {holder.seconds:.0f} s old)"
            self.console.say(f"waiting for {whom} to finish with project {project!r}")

        command = " ".join([self.options.program, *sys.argv[1:]])
        return one_writer(places(self.environment), project, command, waiting)

    def warn(self, problems: Iterable[Problem]) -> None:
        """Tell the user of warnings, and of what was forgiven: each once, and only so many."""
        told = (*self._forgiven, *problems)
        self._forgiven.clear()
        if not told:
            return
        from composer.render.problem import MOST, more, render_long

        for problem in (respelled(one, self.options.program) for one in told[:MOST]):
            text = render_long(problem)
            if text not in self._warned:
                self._warned.add(text)
                self._tell_warning(problem, text)
        if rest := more(len(told), "warnings"):
            self.console.say(rest)

    def _tell_warning(self, problem: Problem, text: str) -> None:
        if self.console.progress != "json":
            self.console.say(text)
            return
        from composer.render.console import logged
        from composer.render.problem_json import explained

        self.console.record(logged("warning", problem.message) | explained(problem))

    def close(self) -> None:
        """Tell what is left to tell, and let go of the engine, if anything asked for it."""
        self.warn(())
        if "engine" in self.__dict__:
            self.engine.close()
