"""The first stage of `up`: images that are missing, or that a policy wants renewed.

Whether a container must be replaced depends on the image that it will get, so
images come before everything else, in a plan of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from composer.errors import Problem
from composer.graph import closure, order
from composer.model.names import full_reference
from composer.model.observed import Observed, ObservedImage
from composer.model.operations import BuildImage, Operation, PullImage, Remove
from composer.model.options import BuildOptions, ImageOptions
from composer.model.plan import Plan, Step
from composer.model.project import Project
from composer.model.service import Service
from composer.planner.builds import bases_by_name, bases_first, build_spec, circle, misnamed
from composer.planner.desire import image_ref, platform
from composer.planner.image_mounts import further_images, mounted_refs
from composer.record import replace

_AGES = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
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
                steps[full_reference(ref)] = dated_by_either(decided, known)
    errors = [problem for ref, problem in missing if ref not in steps]
    if ring := circle(project):
        return Plan(errors=(*errors, ring))
    errors += misnamed(project, steps.values())
    return Plan(order(bases_first(project, steps)), errors=tuple(errors))


def _with_bases(project: Project, services: Iterable[Service]) -> Iterator[Service]:
    """Yield the services that have images, and those upon whose images they are built."""
    names = closure(bases_by_name(project), [service.name for service in services])
    for name, service in project.services.items():
        if name in names and service.provider is None:
            yield service


def _decide(
    project: Project, service: Service, image: ObservedImage | None, options: ImageOptions
) -> Step | Problem | None:
    policy = options.pull or service.pull_policy or "missing"
    if options.obey_never and service.pull_policy == "never":
        policy = "never"
    ref = image_ref(project, service)
    pull = PullImage(ref, platform(project, service), has_age(service))
    if service.build is not None:
        return _decide_build(project, service, image, options)
    if policy == "build" and options.pull is None:
        mark = project.mark("services", service.name, "pull_policy")
        return Problem(f"service {service.name!r} cannot be built: it has no 'build'", mark)
    if image is None:
        if policy in ("never", "build"):
            said = (
                f"--pull is {policy!r}" if options.pull == policy else f"pull_policy is {policy!r}"
            )
            return _missing(project, service, ref, said)
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
    if (options.pull or service.pull_policy) == "build" and not options.no_build:
        return Step(build, "pull policy is 'build'")
    if options.pull == "always" and not options.no_build:
        return Step(build, "asked for by --pull always")
    if image is not None:
        return None
    if options.no_build and service.image and (options.pull or service.pull_policy) != "never":
        return Step(PullImage(ref, platform(project, service)), "--no-build forbids to build it")
    if options.no_build:
        return _missing(project, service, ref, "--no-build forbids to build it")
    return Step(build, "not on this engine")


def _missing(project: Project, service: Service, ref: str, why: str) -> Problem:
    return Problem(
        f"service {service.name!r} needs image {ref!r}, which is not on this engine, and {why}",
        project.mark("services", service.name, "image"),
    )


def dated_by_either(one: Step, other: Step) -> Step:
    """Return the pull `one`, dated also if the `other` one of the same image is."""
    match one.operation, other.operation:
        case PullImage(dated=False) as pull, PullImage(dated=True):
            return replace(one, operation=replace(pull, dated=True))
        case _:
            return one


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
