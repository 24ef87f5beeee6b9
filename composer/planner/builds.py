"""How images are built, in which order, and what the builder at hand cannot do of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from composer.errors import Problem
from composer.graph import closure, find_cycle, order
from composer.model.build import Build, needs_buildkit
from composer.model.names import COMPOSE_VERSION, Label, full_reference
from composer.model.operations import BuildImage, PushImage
from composer.model.options import BuildOptions
from composer.model.plan import Plan, Step
from composer.model.project import Project
from composer.model.resources import BuildSpec
from composer.model.service import Service
from composer.planner.desire import image_ref, platform
from composer.planner.push import one_by_one
from composer.record import replace
from composer.source import SourceMark

_SERVICE = "service:"
_MARKED = ("context", "dockerfile", "isolation", "network", "platforms", "target")
"""Of what a builder may complain, besides what only BuildKit can do."""


def plan_builds(project: Project, services: Iterable[Service], options: BuildOptions) -> Plan:
    """Return the builds of `services`, those without a `build` left out, and pushes if asked.

    What they name as contexts is built as well.  Errors stand in `Plan.errors`.
    """
    if ring := circle(project):
        return Plan(errors=(ring,))
    named = [service.name for service in services if service.build is not None]
    wanted = closure(_contexts_by_name(project), named)
    builds = {
        full_reference(image_ref(project, service)): Step(
            BuildImage(build_spec(project, service, options, push=name in named)), "asked for"
        )
        for name, service in project.services.items()
        if service.build is not None and name in wanted
    }
    steps = bases_first(project, builds)
    pushes = [
        Step(PushImage(tag), "asked for by --push", frozenset({step.id}))
        for step in steps
        if options.push and not options.check and isinstance(step.operation, BuildImage)
        if is_pushed(project, step.operation.spec, named) and not step.operation.spec.push
        for tag in step.operation.spec.tags
    ]
    errors = tuple(misnamed(project, steps))
    return Plan(order([*steps, *one_by_one(pushes)]), errors=errors)


def misnamed(project: Project, steps: Iterable[Step]) -> Iterator[Problem]:
    """Yield a problem for each name that a build gives its image and that no image can have."""
    specs = [step.operation.spec for step in steps if isinstance(step.operation, BuildImage)]
    if specs:
        from composer.model.reference import parse_image
    for spec in specs:
        for tag in spec.tags:
            try:
                parse_image(tag)
            except ValueError as error:
                message = f"no image can be called {tag!r}: {error}"
                place = _naming(project.services[spec.service], spec, tag)
                help = "give it a name with 'image'" if place == ("build",) else None
                yield Problem(message, project.mark("services", spec.service, *place), help=help)


def _naming(service: Service, spec: BuildSpec, tag: str) -> tuple[str | int, ...]:
    """Return the path of what names an image so, that of the build if it is so by default."""
    tags = spec.build.tags
    if tag in tags:
        return "build", "tags", tags.index(tag)
    return ("build",) if service.image is None else ("image",)


def is_pushed(project: Project, spec: BuildSpec, named: Iterable[str]) -> bool:
    """Say whether --push means an image: whoever wants it elsewhere has given it a name."""
    return spec.service in named and project.services[spec.service].image is not None


def without_buildkit(project: Project, plan: Plan) -> tuple[Problem, ...]:
    """Return what the builds of `plan` ask for that the classic builder cannot do."""
    return tuple(
        Problem(
            f"the build of {spec.service!r} uses {name}, which needs BuildKit",
            spec.marks.get(name) or project.mark("services", spec.service, "build"),
            help="install docker's plugin buildx, and unset DOCKER_BUILDKIT=0",
        )
        for step in plan.steps
        if isinstance(step.operation, BuildImage)
        for spec in (step.operation.spec,)
        for name in _needs(spec)
    )


def _needs(spec: BuildSpec) -> Iterator[str]:
    yield from needs_buildkit(spec.build)
    yield from (f"--{name}" for name, mode in spec.attested.items() if mode != "false")
    if spec.push and len(spec.build.platforms) > 1:
        yield "platforms"
    if spec.check:
        yield "--check"


def build_spec(
    project: Project, service: Service, options: BuildOptions, *, push: bool = False
) -> BuildSpec:
    """Return how the image of `service` is built.  The service must have a `build`."""
    build = service.build
    assert build is not None
    labels = {
        Label.PROJECT: project.name,
        Label.SERVICE: service.name,
        Label.VERSION: COMPOSE_VERSION,
    }
    build = replace(
        build,
        args={**build.args, **options.args},
        additional_contexts=_contexts(project, build),
        ssh={**build.ssh, **options.ssh},
    )
    attested = {"provenance": options.provenance, "sbom": options.sbom}
    push = push and options.push and service.image is not None
    return BuildSpec(
        service=service.name,
        tags=tuple(dict.fromkeys((image_ref(project, service), *build.tags))),
        build=build,
        platform=platform(project, service),
        labels={**build.labels, **{str(key): value for key, value in labels.items()}},
        secrets=_secrets(project, service),
        no_cache=build.no_cache or options.no_cache,
        pull=build.pull or options.pull,
        quiet=options.quiet,
        check=options.check,
        builder=options.builder,
        memory=options.memory,
        upon=_upon(project, service),
        push=push and _is_for_registries(build, attested.values()),
        every_platform=options.every_platform,
        attested={key: one for key, one in attested.items() if one},
        variables=dict(_variables(project, service)),
        marks=_marks(project, service),
    )


def _is_for_registries(build: Build, asked: Iterable[str | None]) -> bool:
    """Say whether an engine cannot hold all of an image, so that the builder has to push it."""
    modes = (build.provenance, build.sbom, *asked)
    return any(one not in (None, "", "false") for one in modes) or len(build.platforms) > 1


def bases_first(project: Project, steps: Mapping[str, Step]) -> list[Step]:
    """Return the steps, a build after the builds of the services that it builds upon."""
    ids = {full_reference(ref): step.id for ref, step in steps.items()}
    by_name = bases_by_name(project)
    ordered = []
    for step in steps.values():
        after: frozenset[str] = frozenset()
        if isinstance(step.operation, BuildImage):
            bases = by_name[step.operation.spec.service]
            refs = (full_reference(image_ref(project, project.services[one])) for one in bases)
            after = frozenset(ids[ref] for ref in refs if ref in ids) - {step.id}
        ordered.append(replace(step, after=after))
    return ordered


def bases_by_name(project: Project) -> dict[str, tuple[str, ...]]:
    """Return for each service those whose images it is built upon."""
    built = {
        full_reference(image_ref(project, one)): name
        for name, one in project.services.items()
        if one.build is not None
    }
    found = {}
    for name, contexts in _contexts_by_name(project).items():
        refs = map(full_reference, project.bases.get(name, ()))
        others = (built[ref] for ref in refs if ref in built)
        own = full_reference(image_ref(project, project.services[name]))
        found[name] = (*contexts, *(one for one in others if built.get(own) not in (one, None)))
    return found


def _contexts_by_name(project: Project) -> dict[str, tuple[str, ...]]:
    """Return for each service those whose images its build names as contexts."""
    return {
        name: tuple(dict.fromkeys(_upon(project, service).values()))
        for name, service in project.services.items()
    }


def circle(project: Project) -> Problem | None:
    """Return the error of images that are built upon each other."""
    ring = find_cycle(bases_by_name(project))
    if ring is None:
        return None
    return Problem(
        f"images are built upon each other: {' -> '.join(ring)}",
        project.mark("services", ring[0], "build", "additional_contexts"),
    )


def _upon(project: Project, service: Service) -> dict[str, str]:
    """Return which additional contexts of a build are the images of which services."""
    contexts = service.build.additional_contexts if service.build else {}
    named = {
        name: context.removeprefix(_SERVICE)
        for name, context in contexts.items()
        if context.startswith(_SERVICE)
    }
    return {name: base for name, base in named.items() if base in project.services}


def _contexts(project: Project, build: Build) -> dict[str, str]:
    """Return the additional contexts, services by the images that they run."""
    found = {}
    for name, context in build.additional_contexts.items():
        base = project.services.get(context.removeprefix(_SERVICE))
        if context.startswith(_SERVICE) and base is not None:
            context = f"docker-image://{image_ref(project, base)}"
        found[name] = context
    return found


def _secrets(project: Project, service: Service) -> dict[str, str]:
    assert service.build is not None
    found = {}
    for reference in service.build.secrets:
        secret = project.secrets.get(reference.source)
        if secret is not None:
            source = secret.file or f"env:{secret.environment}"
            found[reference.target or reference.source] = source
    return found


def _variables(project: Project, service: Service) -> Iterator[tuple[str, str]]:
    """Yield the variables that secrets of a build come from, with what they hold."""
    assert service.build is not None
    for reference in service.build.secrets:
        secret = project.secrets.get(reference.source)
        if secret is not None and secret.environment and secret.content is not None:
            yield secret.environment, secret.content


def _marks(project: Project, service: Service) -> dict[str, SourceMark]:
    assert service.build is not None
    names = (*_MARKED, *needs_buildkit(service.build))
    found = ((name, project.marks.get(("services", service.name, "build", name))) for name in names)
    return {name: mark for name, mark in found if mark is not None}
