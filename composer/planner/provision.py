"""Services that programs provide and models that a runner serves, and what they tell.

They come with the images, before containers are planned: the variables that they tell
are part of a container's configuration, and so of its hash, as in Docker Compose.  While
nobody has been asked yet, they are taken to tell what they told last time, which the
containers that use them still have.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from composer.errors import Problem
from composer.model.events import Event, Progress, StepProgressed, StepStarted
from composer.model.names import Label
from composer.model.observed import Observed
from composer.model.operations import (
    ConfigureModel,
    PullModel,
    Remove,
    RunProvider,
    Stop,
)
from composer.model.plan import Plan, Step
from composer.model.project import Project
from composer.model.provision import ModelSpec, ProviderCall, Setting
from composer.model.service import ModelReference, Service
from composer.model.tree import service_tree
from composer.record import dataclass, field, replace

_DASH = str.maketrans("-", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was told: by providers, by their services, and where models answer, by their keys."""

    services: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)
    endpoints: Mapping[str, str] = field(default_factory=dict)


NOTHING = Told()


def provisions(project: Project, services: Iterable[Service]) -> list[Step]:
    """Return the steps that have `services`, and the models they use, provided."""
    services = tuple(services)
    steps = [
        Step(
            _run(project, service, "up"),
            f"service {service.name!r} is provided by it",
            frozenset(
                str(_run(project, project.services[name], "up"))
                for name in service.depends_on
                if name in project.services and project.services[name].provider
            ),
        )
        for service in services
        if service.provider is not None
    ]
    return [*steps, *_models(project, services)]


def missing(
    project: Project,
    services: Iterable[Service],
    has_provider: Callable[[str], bool],
    has_models: Callable[[], bool],
) -> Iterator[Problem]:
    """Yield a problem for each program that `services` need and that is not there."""
    for service in services:
        name = service.name
        if service.provider is not None and not has_provider(service.provider.type):
            type = service.provider.type
            yield Problem(
                f"service {name!r} is provided by {type!r}, which is not installed",
                project.mark("services", name, "provider", "type"),
                help=f"there is neither a docker plugin {type!r} nor a program {type!r} in PATH",
            )
        if service.models and not has_models():
            yield Problem(
                f"service {name!r} uses models, for which docker's plugin 'model' is needed",
                project.mark("services", name, "models"),
                help="install Docker Model Runner: 'docker model version' shows that it is there",
            )


def heard(events: Iterable[Event]) -> Told:
    """Return what was told in the course of a run."""
    services: dict[str, tuple[Setting, ...]] = {}
    endpoints: dict[str, str] = {}
    for event in events:
        match event:
            case StepStarted(Step(RunProvider(call))):
                services[call.service] = ()
            case StepProgressed(Step(RunProvider(call)), Progress(setting=Setting() as setting)):
                services[call.service] = (*services.get(call.service, ()), setting)
            case StepProgressed(Step(ConfigureModel(spec)), Progress(setting=Setting() as setting)):
                endpoints[spec.key] = setting.value
            case _:
                pass
    return Told(services=services, endpoints=endpoints)


def with_provided(project: Project, observed: Observed, told: Told = NOTHING) -> Project:
    """Return the project with the variables that reach who uses providers and models.

    Those of who was not asked are what the containers have of them.
    """
    services, provided = dict(project.services), {}
    for name, service in project.services.items():
        variables = _told(project, service, told)
        if not _is_asked(project, service, told):
            variables = {**_assumed(project, service, observed), **variables}
        if variables:
            services[name] = replace(service, environment={**service.environment, **variables})
        if service.models or _sources(project, service):
            provided[name] = tuple(sorted(variables))
    return replace(project, services=services, provided=provided) if provided else project


def overridden(project: Project, told: Told) -> Iterator[Problem]:
    """Yield a warning for each variable of the file that a provider has another value for."""
    for name, service in project.services.items():
        for variable, value in _told(project, service, told).items():
            if service.environment.get(variable, value) != value:
                yield Problem(
                    f"a provider overrides variable {variable!r} of service {name!r}",
                    project.mark("services", name, "environment", variable),
                    severity="warning",
                )


def unsure(project: Project, observed: Observed, rest: Plan) -> Iterator[str]:
    """Yield for each container that `rest` keeps what a provider may still do to it."""
    gone = {s.operation.container for s in rest.steps if isinstance(s.operation, Remove | Stop)}
    for service in project.services.values():
        for source in sorted(_sources(project, service)):
            yield from (
                f"{container.name} is replaced if {source} tells other variables than it has"
                for container in observed.of(service.name)
                if container.name not in gone
            )


def with_provider_stops(
    steps: Iterable[Step], project: Project | None, names: Collection[str]
) -> list[Step]:
    """Return the steps, and after those that stop their dependents, the stops of providers."""
    steps = list(steps)
    if project is None:
        return steps
    halted = frozenset(step.id for step in steps)
    return steps + [
        Step(_run(project, project.services[name], "stop"), "asked for by stop", halted)
        for name in names
    ]


def with_provider_downs(
    steps: Iterable[Step], project: Project | None, named: Collection[str]
) -> list[Step]:
    """Return the steps, and at the very end those by which providers let go.

    At the end, so that one that fails keeps nothing else from being removed.
    """
    steps = list(steps)
    if project is None:
        return steps
    everything = frozenset(step.id for step in steps)
    return steps + [
        Step(_run(project, service, "down"), "asked for by down", everything)
        for name, service in project.services.items()
        if service.provider is not None and (not named or name in named)
    ]


def _run(project: Project, service: Service, command: str) -> RunProvider:
    provider = service.provider
    assert provider is not None
    call = ProviderCall(
        project=project.name,
        service=service.name,
        type=provider.type,
        command=command,
        options=provider.options,
        definition=json.dumps(service_tree(service, json=True), ensure_ascii=False),
    )
    return RunProvider(call, project.mark("services", service.name, "provider", "type"))


def _models(project: Project, services: Iterable[Service]) -> Iterator[Step]:
    """Yield the steps for the models of `services`; two of them may be one, used in two ways."""
    users: dict[str, str] = {}
    for service in services:
        for key in service.models:
            users.setdefault(key, service.name)
    pulled: set[str] = set()
    for key, user in sorted(users.items()):
        model = project.models.get(key)
        if model is None:
            continue
        mark, why = project.mark("models", key, "model"), f"service {user!r} uses it"
        pull = Step(PullModel(model.model, mark), why)
        if pull.id not in pulled:
            pulled.add(pull.id)
            yield pull
        spec = ModelSpec(
            key=key,
            model=model.model,
            context_size=model.context_size,
            runtime_flags=model.runtime_flags,
        )
        yield Step(ConfigureModel(spec, mark), why, frozenset({pull.id}))


def _sources(project: Project, service: Service) -> frozenset[str]:
    """Return the services that are provided and that `service` depends on: these tell it."""
    return frozenset(
        name
        for name in service.depends_on
        if name in project.services and project.services[name].provider is not None
    )


def _is_asked(project: Project, service: Service, told: Told) -> bool:
    """Say whether everybody who tells `service` something has done so."""
    models = {key for key in service.models if key in project.models}
    return _sources(project, service) <= told.services.keys() and models <= told.endpoints.keys()


def _told(project: Project, service: Service, told: Told) -> dict[str, str]:
    variables = {}
    for source in sorted(_sources(project, service)):
        for setting in told.services.get(source, ()):
            name = setting.name if setting.raw else f"{_prefix(source)}{setting.name}"
            variables[name] = setting.value
    for key, reference in service.models.items():
        if key in project.models:
            model, endpoint = _model_variables(key, reference)
            variables[model] = project.models[key].model
            if key in told.endpoints:
                variables[endpoint] = told.endpoints[key]
    return variables


def _assumed(project: Project, service: Service, observed: Observed) -> dict[str, str]:
    """Return what the first container of `service` has of what it was told.

    One that Docker Compose made does not say which that is: what begins like it.
    """
    live = next(iter(observed.of(service.name)), None)
    if live is None or live.config is None:
        return {}
    names = {_model_variables(key, reference)[1] for key, reference in service.models.items()}
    prefixes: tuple[str, ...] = ()
    if Label.PROVIDED in live.labels:
        names |= set(live.labels[Label.PROVIDED].split(","))
    else:
        prefixes = tuple(_prefix(source) for source in _sources(project, service))
    return {
        name: value
        for name, value in live.config.environment.items()
        if value is not None
        and (name in names or (name.startswith(prefixes) and name not in service.environment))
    }


def _prefix(source: str) -> str:
    return f"{source.upper()}_"


def _model_variables(key: str, reference: ModelReference | None) -> tuple[str, str]:
    """Return the variables of a model: which it is, and where it answers."""
    stem = key.upper().translate(_DASH)
    model = (reference and reference.model_var) or f"{stem}_MODEL"
    endpoint = (reference and reference.endpoint_var) or f"{stem}_URL"
    return model, endpoint
