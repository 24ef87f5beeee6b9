"""The first stage of `up`: images that are missing, or that a policy wants renewed.

Whether a container must be replaced depends on the image that it will get, so
images come before everything else, in a plan of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from composer.errors import Problem
from composer.graph import closure, find_cycle, order
from composer.model.build import Build
from composer.model.names import COMPOSE_VERSION, Label, full_reference
from composer.model.observed import Observed, ObservedImage
from composer.model.operations import BuildImage, Operation, PullImage, PushImage, Remove
from composer.model.options import BuildOptions, ImageOptions
from composer.model.plan import Plan, Step
from composer.model.project import Project
from composer.model.resources import BuildSpec
from composer.model.service import Service
from composer.planner.desire import image_ref, platform
from composer.planner.image_mounts import further_images, mounted_refs
from composer.record import replace

_AGES = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
_SERVICE = "service:"
_NAMED_AGES = {"daily": 86400, "weekly": 604800}


def plan_images(
    project: Project,
    services: Iterable[Service],
    images: Mapping[str, ObservedImage],
    options: ImageOptions,
) -> Plan:
    """Return the pulls and builds that `services` need; errors stand in `Plan.errors`.

    One image is pulled or built once, however many services run it, and built if any
    of them can build it; the reasons are those of the first of them.
    """
    steps: dict[str, Step] = {}
    missing: list[tuple[str, Problem]] = []
    services = tuple(services)
    more = (one for service in services for one in further_images(project, service))
    for service in (*_with_bases(project, services), *more):
        ref = image_ref(project, service)
        decided = _decide(project, service, images.get(ref), options)
        if isinstance(decided, Problem):
            missing.append((full_reference(ref), decided))
        elif decided is not None:
            known = steps.setdefault(full_reference(ref), decided)
            if isinstance(known.operation, PullImage):
                steps[full_reference(ref)] = decided
    errors = [problem for ref, problem in missing if ref not in steps]
    if circle := _circle(project):
        return Plan(errors=(*errors, circle))
    return Plan(order(_bases_first(project, steps)), errors=tuple(errors))


def _with_bases(project: Project, services: Iterable[Service]) -> Iterator[Service]:
    """Yield the services that have images, and those upon whose images they are built."""
    names = closure(_bases_by_name(project), [service.name for service in services])
    for name, service in project.services.items():
        if name in names and service.provider is None:
            yield service


def _bases_by_name(project: Project) -> dict[str, tuple[str, ...]]:
    """Return for each service those whose images its build names as contexts."""
    bases = {}
    for name, service in project.services.items():
        contexts = service.build.additional_contexts.values() if service.build else ()
        named = (c.removeprefix(_SERVICE) for c in contexts if c.startswith(_SERVICE))
        bases[name] = tuple(base for base in named if base in project.services)
    return bases


def _circle(project: Project) -> Problem | None:
    ring = find_cycle(_bases_by_name(project))
    if ring is None:
        return None
    return Problem(
        f"images are built upon each other: {' -> '.join(ring)}",
        project.mark("services", ring[0], "build", "additional_contexts"),
    )


def _decide(
    project: Project, service: Service, image: ObservedImage | None, options: ImageOptions
) -> Step | Problem | None:
    policy = options.pull or service.pull_policy or "missing"
    ref = image_ref(project, service)
    pull = PullImage(ref, platform(project, service))
    if service.build is not None:
        return _decide_build(project, service, image, options)
    if policy == "build":
        mark = project.mark("services", service.name, "pull_policy")
        return Problem(f"service {service.name!r} cannot be built: it has no 'build'", mark)
    if image is None:
        if policy == "never":
            return _missing(project, service, ref, "pull_policy is 'never'")
        return Step(pull, "not on this engine")
    if policy in ("always", "refresh"):
        return Step(pull, f"pull policy is {policy!r}")
    age = _max_age(policy)
    if age is not None and options.now - image.tagged_at > age:
        return Step(pull, f"older than pull policy {policy!r} allows")
    return None


def _decide_build(
    project: Project, service: Service, image: ObservedImage | None, options: ImageOptions
) -> Step | Problem | None:
    """Return what to do for a service that can be built.

    What can be built here is built here; a named image is pulled only when building
    is forbidden.
    """
    assert service.build is not None
    ref = image_ref(project, service)
    how = BuildOptions(quiet=options.quiet_build, pull=options.pull == "always")
    build = BuildImage(build_spec(project, service, how))
    if options.build and not options.no_build:
        return Step(build, "asked for by --build")
    if service.pull_policy == "build" and not options.no_build and options.pull is None:
        return Step(build, "pull policy is 'build'")
    if options.pull == "always" and not options.no_build:
        return Step(build, "asked for by --pull always")
    if image is not None:
        return None
    if options.no_build and service.image and options.pull != "never":
        return Step(PullImage(ref, platform(project, service)), "--no-build forbids to build it")
    if options.no_build:
        return _missing(project, service, ref, "--no-build forbids to build it")
    return Step(build, "not on this engine")


def _missing(project: Project, service: Service, ref: str, why: str) -> Problem:
    return Problem(
        f"service {service.name!r} needs image {ref!r}, which is not on this engine, and {why}",
        project.mark("services", service.name, "image"),
    )


def renewed(
    project: Project, services: Iterable[Service], observed: Observed, images: Plan, rest: Plan
) -> Iterator[str]:
    """Yield for each container that `rest` keeps what a new image may still do to it."""
    refs = {
        full_reference(ref)
        for step in images.steps
        for ref in brings(step.operation)
        if ref in observed.images
    }
    gone = {step.operation.container for step in rest.steps if isinstance(step.operation, Remove)}
    for service in services:
        needed = dict.fromkeys((image_ref(project, service), *mounted_refs(project, service)))
        for ref in (one for one in needed if full_reference(one) in refs):
            stay = (c for c in observed.of(service.name) if c.name not in gone)
            for container in stay:
                yield f"{container.name} is replaced if {ref} turns out to be another image"


def brings(operation: Operation) -> tuple[str, ...]:
    match operation:
        case PullImage(ref):
            return (ref,)
        case BuildImage(spec):
            return spec.tags
        case _:
            return ()


def has_age(service: Service) -> bool:
    """Say whether the pull policy of `service` looks at the age of its image."""
    return service.build is None and _max_age(service.pull_policy or "") is not None


def _max_age(policy: str) -> int | None:
    """Return how old an image may be under `policy`, in seconds; None if that is no matter."""
    if policy in _NAMED_AGES:
        return _NAMED_AGES[policy]
    if not policy.startswith("every_"):
        return None
    parts = re.findall(r"(\d+)([wdhms])", policy)
    return sum(int(number) * _AGES[unit] for number, unit in parts)


def plan_builds(project: Project, services: Iterable[Service], options: BuildOptions) -> Plan:
    """Return the builds of `services`, those without a `build` left out, and pushes if asked."""
    builds = {
        image_ref(project, service): Step(
            BuildImage(build_spec(project, service, options)), "asked for"
        )
        for service in services
        if service.build is not None
    }
    steps = _bases_first(project, builds)
    pushes = [
        Step(PushImage(tag), "asked for by --push", frozenset({step.id}))
        for step in steps
        if options.push and not options.check and isinstance(step.operation, BuildImage)
        for tag in step.operation.spec.tags
    ]
    return Plan(order([*steps, *pushes]))


def build_spec(project: Project, service: Service, options: BuildOptions) -> BuildSpec:
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
        provenance=options.provenance or build.provenance,
        sbom=options.sbom or build.sbom,
    )
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
    )


def _secrets(project: Project, service: Service) -> dict[str, str]:
    assert service.build is not None
    found = {}
    for reference in service.build.secrets:
        secret = project.secrets.get(reference.source)
        if secret is not None:
            source = secret.file or f"env:{secret.environment}"
            found[reference.target or reference.source] = source
    return found


def _bases_first(project: Project, steps: Mapping[str, Step]) -> list[Step]:
    """Return the steps, a build after the builds of the services that it builds upon."""
    ids = {ref: step.id for ref, step in steps.items()}
    ordered = []
    for step in steps.values():
        after: frozenset[str] = frozenset()
        if isinstance(step.operation, BuildImage):
            after = frozenset(_bases(project, step.operation.spec, ids))
        ordered.append(replace(step, after=after))
    return ordered


def _bases(project: Project, spec: BuildSpec, ids: Mapping[str, str]) -> Iterable[str]:
    for base in _bases_by_name(project)[spec.service]:
        ref = full_reference(image_ref(project, project.services[base]))
        if ref in ids and base != spec.service:
            yield ids[ref]


def _contexts(project: Project, build: Build) -> dict[str, str]:
    """Return the additional contexts, services by the images that they run."""
    found = {}
    for name, context in build.additional_contexts.items():
        base = project.services.get(context.removeprefix(_SERVICE))
        if context.startswith(_SERVICE) and base is not None:
            context = f"docker-image://{image_ref(project, base)}"
        found[name] = context
    return found
