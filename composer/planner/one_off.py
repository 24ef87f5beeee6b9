"""One-off containers: a service with another command, once, beside its replicas.

For the plan its service is another one: it has one container, of a name of its own, and
publishes no ports.  So its dependencies, images, networks and files come as they do in
`up`.  Its container is made when everybody it depends on is ready; to start it is left to
who wants to hear it from its first word on.
"""

from __future__ import annotations

from collections.abc import Iterable

from composer.model.names import Label
from composer.model.one_off import RunOptions, one_off_name
from composer.model.operations import CreateContainer, Start
from composer.model.options import UpOptions
from composer.model.plan import Plan, Step
from composer.model.project import Project
from composer.model.resources import ContainerSpec
from composer.model.service import Mount, Service
from composer.planner.containers import Convergence, needs
from composer.planner.desire import container_spec
from composer.planner.surroundings import Surroundings
from composer.record import replace

_OF_REPLICAS = (Label.NUMBER, Label.SETTLED, Label.CONTENT)
"""Labels by which replicas are compared with their service."""


def with_one_off(project: Project, options: RunOptions) -> Project:
    """Return `project` with the service as it is to run once."""
    services = {**project.services, options.service: _service(project, options)}
    return replace(project, services=services)


def _service(project: Project, options: RunOptions) -> Service:
    service = project.services[options.service]
    command = options.command or service.command
    if options.entrypoint is not None:
        command = options.command
    targets = {mount.target for mount in options.volumes}
    kept: Iterable[Mount] = (one for one in service.volumes if one.target not in targets)
    add, drop = options.cap_add, options.cap_drop
    return replace(
        service,
        cap_add=(*(one for one in (*service.cap_add, *add) if one not in drop),),
        cap_drop=(*(one for one in service.cap_drop if one not in add), *drop),
        command=command,
        container_name=one_off_name(project.name, options, project.separator),
        depends_on={} if options.no_deps else service.depends_on,
        deploy=service.deploy and replace(service.deploy, restart_policy=None, replicas=None),
        entrypoint=service.entrypoint if options.entrypoint is None else options.entrypoint,
        environment={**service.environment, **options.environment},
        labels={**service.labels, **options.labels},
        ports=service.ports if options.service_ports else options.ports,
        restart=None,
        scale=1,
        stdin_open=options.interactive,
        tty=options.tty,
        user=options.user or service.user,
        volumes=(*kept, *options.volumes),
        working_dir=options.working_dir or service.working_dir,
    )


def converge_once(service: Service, options: RunOptions, around: Surroundings) -> Convergence:
    """Return the steps that make and start a one-off container of `service`."""
    spec = _spec(service, options, around)
    create = Step(CreateContainer(spec), "asked for by run", needs(service, around))
    return Convergence(
        service,
        steps=[create],
        starts={spec.name: "asked for by run"},
        ready={spec.name: frozenset({create.id})},
        names={0: spec.name},
    )


def _spec(service: Service, options: RunOptions, around: Surroundings) -> ContainerSpec:
    """Return the container in which `service` runs once."""
    images, owners = around.observed.images, around.owners
    spec = container_spec(around.project, service, 0, images=images, owners=owners)
    labels = {name: text for name, text in spec.labels.items() if name not in _OF_REPLICAS}
    own: dict[str, str] = {Label.ONEOFF: "True", Label.SLUG: options.slug}
    labels |= {str(name): text for name, text in own.items()}
    return replace(spec, labels=dict(sorted(labels.items())), one_off=options.one_off)


def made_when_ready(steps: Iterable[Step], options: UpOptions) -> list[Step]:
    """Return the steps, a one-off container made after all that its start comes after."""
    listed = list(steps)
    if options.one_off is None:
        return listed
    created = {
        step.operation.spec.name: index
        for index, step in enumerate(listed)
        if isinstance(step.operation, CreateContainer) and step.operation.spec.one_off
    }
    for step in listed:
        if isinstance(step.operation, Start) and step.operation.container in created:
            index = created[step.operation.container]
            create = listed[index]
            listed[index] = replace(create, after=create.after | step.after - {create.id})
    return listed


def parted(plan: Plan) -> tuple[Plan, Plan]:
    """Return what comes before the start of the one-off container, and the rest."""
    made = {
        step.operation.spec.name
        for step in plan.steps
        if isinstance(step.operation, CreateContainer) and step.operation.spec.one_off
    }
    later: dict[str, Step] = {}
    for step in plan.steps:
        starts = isinstance(step.operation, Start) and step.operation.container in made
        if starts or not step.after.isdisjoint(later):
            later[step.id] = replace(step, after=step.after & later.keys())
    before = tuple(step for step in plan.steps if step.id not in later)
    return replace(plan, steps=before), Plan(tuple(later.values()))
