"""Run a service once, with another command: make its container, join it, start it.

Its dependencies come up as in `up`.  The container that never got to run is of use to
nobody, and does not stay; one that has run is removed by the engine, if it is to be.
"""

from __future__ import annotations

from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING

from composer.actions.programs import marked
from composer.actions.up import is_for_another_look
from composer.engine.port import Dialogue, Engine, Reader
from composer.errors import ComposerError, EngineError, InvalidProject, PlanFailed, Problem
from composer.loader.carried_out import problems
from composer.model.command import Attachment
from composer.model.names import Label
from composer.model.observed import Interest, ObservedContainer
from composer.model.one_off import RunOptions
from composer.model.operations import Start
from composer.model.options import UpOptions
from composer.model.plan import Plan
from composer.model.project import Project
from composer.planner.one_off import with_one_off
from composer.reconciler import Confirm, Done, bring_up, foresee
from composer.record import dataclass

if TYPE_CHECKING:
    from composer.executor.run import Emit


@dataclass(frozen=True, slots=True)
class Made:
    """A one-off container that is there and does not run; `later` begins with its start."""

    id: str
    name: str
    project: str
    options: RunOptions
    later: Plan
    warnings: tuple[Problem, ...] = ()


def plan_once(project: Project, engine: Engine, options: UpOptions) -> Plan:
    """Return everything that `run` would do; raises InvalidProject for what stands in its way."""
    plan = foresee(_once(project, options), engine, options)
    if plan.errors:
        raise InvalidProject(plan.errors)
    return plan


def make(
    project: Project,
    engine: Engine,
    options: UpOptions,
    emit: Emit,
    *,
    parallel: int | None = None,
    confirm: Confirm | None = None,
) -> Made:
    """Bring up what the service depends on, and make the container of `options.one_off`.

    Raises InvalidProject before anything is touched, PlanFailed when steps failed,
    Cancelled when the user stopped it.
    """
    once = options.one_off
    assert once is not None
    project = _once(project, options)

    def bring() -> Done:
        with marked(project):
            return bring_up(project, engine, options, emit, parallel=parallel, confirm=confirm)

    try:
        try:
            done = bring()
        except PlanFailed as failed:
            if not is_for_another_look(failed):
                raise
            done = bring()
        found = _find(project.name, engine, once)
    except BaseException:
        with suppress(EngineError):
            if (left := _find(project.name, engine, once)) is not None:
                engine.remove(left.id, volumes=True)
        raise
    if found is None:
        raise EngineError("somebody has removed the container before it was started")
    return Made(found.id, found.name, project.name, once, done.later, done.warnings)


def strange_volumes(project: Project, engine: Reader, options: RunOptions) -> tuple[str, ...]:
    """Return the volumes of `options` that are not the project's nor there: naming makes them."""
    named = {
        mount.source
        for mount in options.volumes
        if mount.type == "volume" and mount.source and mount.source not in project.volumes
    }
    if not named:
        return ()
    there = engine.observe(Interest(project=project.name, volumes=frozenset(named))).volumes
    return tuple(sorted(named - set(there)))


def start(made: Made, engine: Engine, emit: Emit, *, parallel: int | None = None) -> None:
    """Start the container and leave it to itself."""
    from composer.executor.run import execute

    execute(made.later, engine, emit, project=made.project, parallel=parallel)


def join(made: Made, engine: Engine, *, detach_keys: str = "") -> Running:
    """Join the container and start it.  Raises EngineError if it cannot be started."""
    options = made.options
    attachment = Attachment(
        interactive=options.interactive,
        tty=options.tty,
        removed=options.one_off.removed,
        detach_keys=detach_keys,
    )
    dialogue = engine.attach(made.name, attachment)
    try:
        engine.start(made.name)
    except BaseException as error:
        dialogue.close()
        if not isinstance(error, EngineError):  # Ctrl-C, at a moment when nobody passes it on
            with suppress(EngineError):
                engine.remove(made.id, volumes=True, force=True)
        raise
    return Running(dialogue, _Hooks(made, engine))


class Running:
    """A one-off container that runs, and its post_start hooks beside it."""

    def __init__(self, dialogue: Dialogue, hooks: _Hooks) -> None:
        self.dialogue = dialogue
        self._hooks = hooks

    def failed_hook(self) -> ComposerError | None:
        """Return why a hook failed, None if none did; waits for those that run."""
        self._hooks.thread.join()
        return self._hooks.error


class _Hooks:
    """Runs what comes after the start, on a thread of its own: nothing of it is told."""

    def __init__(self, made: Made, engine: Engine) -> None:
        self.error: ComposerError | None = None
        self._made = made
        self._engine = engine
        self.thread = Thread(target=self._run, name="composer-hooks", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        steps = self._made.later.steps
        hooks = Plan(tuple(step for step in steps if not isinstance(step.operation, Start)))
        if not hooks:
            return
        from composer.executor.run import execute

        try:
            execute(hooks, self._engine, lambda event: None, project=self._made.project)
        except ComposerError as error:
            if self._still_runs():
                self.error = error

    def _still_runs(self) -> bool:
        """Say whether the container still runs: what ends does not wait for its hooks."""
        try:
            return self._engine.state(self._made.name).status == "running"
        except EngineError:
            return False


def _once(project: Project, options: UpOptions) -> Project:
    if found := problems(project):
        raise InvalidProject(found)
    once = options.one_off
    assert once is not None
    if (provider := project.services[once.service].provider) is not None:
        problem = Problem(
            f"service {once.service!r} is provided by {provider.type!r}: it runs in no container",
            project.mark("services", once.service, "provider"),
        )
        raise InvalidProject([problem])
    return with_one_off(project, once)


def _find(project: str, engine: Engine, options: RunOptions) -> ObservedContainer | None:
    """Return the container with this very slug, None if there is none."""
    found = engine.project_containers(project)
    return next((one for one in found if one.labels.get(Label.SLUG) == options.slug), None)
