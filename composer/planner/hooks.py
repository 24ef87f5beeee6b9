"""Hooks: what runs before a service starts, after that, and before it stops.

Steps go in, steps come out: a stop is given the pre_stop hooks of its container, a
start the post_start hooks, and the starts of a service together its pre_start hooks.
So whoever plans a stop or a start knows nothing of hooks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from composer.model.names import COMPOSE_VERSION, Label, full_reference, hook_name
from composer.model.observed import Observed, ObservedContainer
from composer.model.operations import (
    Await,
    CreateContainer,
    Kill,
    Remove,
    Rename,
    Restart,
    RunHook,
    Start,
    Stop,
)
from composer.model.plan import Step
from composer.model.project import Project
from composer.model.resources import ContainerConfig, ContainerSpec, RestartPolicy
from composer.model.service import Hook, Service
from composer.planner.delivery import files
from composer.planner.desire import NO_OWNERS, container_config, image_ref
from composer.planner.removal import ALIVE, remove_container
from composer.record import dataclass, replace

PRE_START = "pre_start"


@dataclass(frozen=True, slots=True)
class _Replica:
    """A container that is started: the name that it bears then, and what it is.

    A one-off container has number 0, and no pre_start hooks.
    """

    name: str
    service: Service
    number: int


def with_hooks(
    steps: Iterable[Step],
    project: Project,
    observed: Observed,
    owners: Mapping[str, str] = NO_OWNERS,
) -> list[Step]:
    """Return the steps with the hooks of all that they stop, start and restart."""
    services = {**project.disabled, **project.services}.values()
    if not any(one.pre_start or one.post_start or one.pre_stop for one in services):
        return list(steps)
    steps = with_stop_hooks(steps, project, observed)
    started = dict(_started(steps, project, observed))
    return _with_post_start(_with_pre_start(steps, project, observed, started, owners), started)


def with_stop_hooks(
    steps: Iterable[Step], project: Project | None, observed: Observed
) -> list[Step]:
    """Return the steps, each stop after the pre_stop hooks of its container.

    Without the file nobody knows of any.  A container that does not run any more when
    its hook would, or is paused, is stopped without it.
    """
    if project is None:
        return list(steps)
    services = {**project.disabled, **project.services}
    steps = list(steps)
    live = {c.name: services[c.service] for c in _replicas(observed, services)}
    for step in steps:
        match step.operation:
            case Rename(container, to) if container in live:
                live[to] = live[container]
            case _:
                pass
    found: list[Step] = []
    for step in steps:
        match step.operation:
            case Stop(name) | Restart(name) if name in live and live[name].pre_stop:
                hooks = _in_container(name, live[name], "pre_stop", step.after)
                found += (replace(hook, tolerant=True) for hook in hooks)
                found.append(replace(step, after=step.after | {hooks[-1].id}))
            case _:
                found.append(step)
    return found


def hook_images(project: Project, service: Service) -> Iterator[Service]:
    """Yield for each image that only hooks of `service` run a service to get it for."""
    own = full_reference(image_ref(project, service))
    for hook in service.pre_start:
        if hook.image and full_reference(hook.image) != own:
            policy = None if service.pull_policy == "build" else service.pull_policy
            yield replace(service, image=hook.image, build=None, pull_policy=policy)


def sweep(observed: Observed, services: Iterable[Service], timeout: float | None) -> list[Step]:
    """Return the steps that remove what pre_start hooks of `services` left when they failed.

    They are named by their ids: new ones may be made and removed under their names.
    Their volumes stay: they may be the last who have those of a replica that is gone.
    """
    names = {service.name for service in services}
    return [
        step
        for container in observed.containers
        if container.hook and container.service in names
        for step in _away(container, timeout)
    ]


def _away(container: ObservedContainer, timeout: float | None) -> list[Step]:
    why = f"{container.name}, left over from a hook"
    return remove_container(replace(container, name=_short(container)), why, timeout=timeout)


def _short(container: ObservedContainer) -> str:
    return container.id[:12]


def _replicas(observed: Observed, names: Iterable[str]) -> Iterator[ObservedContainer]:
    known = set(names)
    return (c for c in observed.containers if c.service in known and not c.oneoff and not c.hook)


def _started(
    steps: Iterable[Step], project: Project, observed: Observed
) -> Iterator[tuple[str, _Replica]]:
    """Yield the starts, by their ids, with whom they start."""
    services = project.services
    known = {c.name: (services[c.service], c.number) for c in _replicas(observed, services)}
    for step in steps:
        match step.operation:
            case CreateContainer(spec) if not spec.hook and spec.service in services:
                known[spec.name] = services[spec.service], spec.number
            case _:
                pass
    renames = [s.operation for s in steps if isinstance(s.operation, Rename)]
    known |= {one.to: known[one.container] for one in renames if one.container in known}
    for step in steps:
        match step.operation:
            case Start(name) | Restart(name) if name in known:
                yield step.id, _Replica(name, *known[name])
            case _:
                pass


# -- in the container ------------------------------------------------------------------------


def _with_post_start(steps: list[Step], started: Mapping[str, _Replica]) -> list[Step]:
    """Return the steps with hooks after each start; who waits for the start waits for them."""
    hooks = {
        start: _in_container(one.name, one.service, "post_start", frozenset({start}))
        for start, one in started.items()
        if one.service.post_start
    }
    last = {start: added[-1].id for start, added in hooks.items()}
    found: list[Step] = []
    for step in steps:
        waits = frozenset(last[one] for one in step.after if one in last)
        found.append(replace(step, after=step.after | waits))
        found += hooks.get(step.id, ())
    return found


def _in_container(
    container: str, service: Service, moment: str, after: frozenset[str]
) -> list[Step]:
    """Return the hooks of a moment, one after the other, the first after `after`."""
    hooks: tuple[Hook, ...] = getattr(service, moment)
    steps: list[Step] = []
    for index, hook in enumerate(hooks):
        operation = RunHook(container, service.name, moment, index, hook)
        steps.append(Step(operation, f"{moment} of service {service.name!r}", after))
        after = frozenset({steps[-1].id})
    return steps


# -- in a container of its own ---------------------------------------------------------------


def _with_pre_start(
    steps: list[Step],
    project: Project,
    observed: Observed,
    started: Mapping[str, _Replica],
    owners: Mapping[str, str],
) -> list[Step]:
    """Return the steps with the hooks that come before the starts of their services.

    They run when no replica does; those for each replica before each that is started.
    """
    halted = {s.operation.container for s in steps if isinstance(s.operation, Stop | Kill | Remove)}
    renames = [s.operation for s in steps if isinstance(s.operation, Rename)]
    halted |= {one.container for one in renames if one.to in halted}
    by_service: dict[str, list[Step]] = {}
    for step in steps:
        replica = started.get(step.id)
        if isinstance(step.operation, Start) and replica is not None and replica.number:
            by_service.setdefault(replica.service.name, []).append(step)
    hooks: list[Step] = []
    held: dict[str, frozenset[str]] = {}
    for name, starts in by_service.items():
        if not project.services[name].pre_start:
            continue
        live = (c for c in observed.of(name) if c.state.status in ALIVE)
        alone = all(container.name in halted for container in live)
        chain = _Chain(project, starts, [started[step.id] for step in starts], owners)
        for index, hook in enumerate(project.services[name].pre_start):
            if hook.per_replica or alone:
                chain.add(index, hook)
        hooks += chain.steps
        held |= {step.id: chain.ends for step in starts}
    hooks = _after_sweep(hooks, steps, observed)
    return [*hooks, *(replace(s, after=s.after | held.get(s.id, frozenset())) for s in steps)]


def _after_sweep(hooks: list[Step], steps: list[Step], observed: Observed) -> list[Step]:
    """Return the steps of hooks, each container after another of its name is removed."""
    names = {s.operation.spec.name for s in hooks if isinstance(s.operation, CreateContainer)}
    left = [c for c in observed.containers if c.hook and c.name in names]
    known = {step.id for step in steps}
    sweeps = [step for c in left for step in _away(c, None) if step.id not in known]
    swept = {c.name: str(Remove(_short(c))) for c in left}
    found = []
    for step in hooks:
        match step.operation:
            case CreateContainer(spec) if spec.name in swept:
                found.append(replace(step, after=step.after | {swept[spec.name]}))
            case _:
                found.append(step)
    return [*sweeps, *found]


class _Chain:
    """The pre_start hooks of one service, each after all runs of the one before.

    `ends` are the steps after which the last of them has run everywhere.
    """

    def __init__(
        self,
        project: Project,
        starts: Iterable[Step],
        replicas: list[_Replica],
        owners: Mapping[str, str],
    ) -> None:
        self.steps: list[Step] = []
        self.ends: frozenset[str] = frozenset[str]().union(*(step.after for step in starts))
        self._project = project
        self._service = replicas[0].service
        self._replicas = sorted(replicas, key=lambda one: one.number)
        self._config = container_config(project, self._service, owners=owners)

    def add(self, index: int, hook: Hook) -> None:
        runs = [
            self._run(index, hook, replica)
            for replica in (self._replicas if hook.per_replica else self._replicas[:1])
        ]
        self.steps += [step for run in runs for step in run]
        self.ends = frozenset(run[-1].id for run in runs)

    def _run(self, index: int, hook: Hook, replica: _Replica) -> list[Step]:
        """Return the steps of one container: made, started, waited for, removed."""
        service = self._service
        spec = self._spec(index, hook, replica)
        why = f"{PRE_START}[{index}] of service {service.name!r}"
        if hook.per_replica:
            why += f" for {replica.name}"
        create = Step(CreateContainer(spec), why, self.ends)
        start = Step(Start(spec.name), why, frozenset({create.id}))
        wait = Await(service.name, (spec.name,), "hook_completed")
        done = Step(wait, f"{service.name!r} starts when it is so", frozenset({start.id}))
        remove = Step(Remove(spec.name, volumes=True), "it has completed", frozenset({done.id}))
        return [create, start, done, remove]

    def _spec(self, index: int, hook: Hook, replica: _Replica) -> ContainerSpec:
        project, service = self._project, self._service
        labels: dict[str, str] = {
            Label.HOOK: PRE_START,
            Label.PROJECT: project.name,
            Label.SERVICE: service.name,
            Label.VERSION: COMPOSE_VERSION,
        }
        if service.name in project.provided:
            labels[Label.PROVIDED] = ",".join(project.provided[service.name])
        number = replica.number if hook.per_replica else 0
        return ContainerSpec(
            service=service.name,
            number=0,
            name=hook_name(project.name, service.name, PRE_START, index, number, project.separator),
            digest="",
            config=_hook_config(self._config, hook, replica.name),
            labels={str(key): value for key, value in labels.items()},
            files=files(project, service),
        )


def _hook_config(config: ContainerConfig, hook: Hook, replica: str) -> ContainerConfig:
    """Return how a hook runs beside `replica`: as its service would, once, and unseen.

    It has the volumes of the replica.  The entrypoint of a service is for its image.
    """
    own_image = hook.image in (None, config.image)
    return replace(
        config,
        image=hook.image or config.image,
        command=hook.command,
        entrypoint=config.entrypoint if own_image else None,
        environment={**config.environment, **hook.environment},
        expose=(),
        healthcheck=None,
        labels={},
        mounts=tuple(mount for mount in config.mounts if mount.type == "tmpfs"),
        ports=(),
        privileged=hook.privileged or config.privileged,
        restart=RestartPolicy(),
        stdin_open=False,
        tty=False,
        user=hook.user or config.user,
        volumes_from=(replica,),
        working_dir=hook.working_dir or config.working_dir,
    )
