"""What `pull` is asked for → pulls, each image once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from composer.model.names import full_reference
from composer.model.observed import ObservedImage
from composer.model.operations import PullImage
from composer.model.options import PullOptions
from composer.model.plan import Plan, Step
from composer.model.project import Project
from composer.model.service import Service
from composer.planner.desire import image_ref, platform
from composer.planner.image_mounts import further_images
from composer.planner.images import dated_by_either, has_age

_PRESENT_IS_ENOUGH = ("missing", "if_not_present")
_NOT_FROM_A_REGISTRY = ("never", "build")


def plan_pull(
    project: Project,
    services: Iterable[Service],
    images: Mapping[str, ObservedImage],
    options: PullOptions,
) -> Plan:
    """Return the pulls of what `services` run and mount; `images` are those that are here."""
    steps: dict[str, Step] = {}
    for service in sources(project, services, options):
        ref = image_ref(project, service)
        if not (ref in images and _is_enough(ref, options.policy or service.pull_policy)):
            pull = PullImage(ref, platform(project, service), has_age(service))
            step = Step(pull, "asked for by pull")
            known = steps.setdefault(full_reference(ref), step)
            steps[full_reference(ref)] = dated_by_either(known, step)
    return Plan(tuple(steps.values()))


def forgiven(
    project: Project, services: Iterable[Service], options: PullOptions
) -> dict[str, str | None]:
    """Return the ids of the steps that may fail, and what to do then.

    What can be built need not be in a registry.
    """
    found: dict[str, str | None] = {}
    for service in sources(project, services, options):
        step = str(PullImage(image_ref(project, service)))
        if service.build is not None:
            found[step] = f"build it: composer build {service.name}"
        elif options.ignore_failures:
            found.setdefault(step)
    return found


def sources(
    project: Project, services: Iterable[Service], options: PullOptions
) -> Iterator[Service]:
    """Yield those of the services, and of what they need beside their own, that have a registry."""
    for service in services:
        for one in (service, *further_images(project, service)):
            if _is_pulled(one, options):
                yield one


def _is_enough(ref: str, policy: str | None) -> bool:
    """Say whether an image that is here need not be pulled; as Docker Compose, not `latest`."""
    return policy in _PRESENT_IS_ENOUGH and not full_reference(ref).endswith(":latest")


def _is_pulled(service: Service, options: PullOptions) -> bool:
    if service.provider is not None:
        return False
    if service.build is not None and (options.ignore_buildable or service.image is None):
        return False
    return options.policy is not None or service.pull_policy not in _NOT_FROM_A_REGISTRY
