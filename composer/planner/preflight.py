"""What stands in the way of a plan, outside of the project: found before anything moves.

`wants` says what to look at, `obstacles` judges what was seen.  Both see only what the
plan makes or starts: who runs already is not disturbed by a file that is gone.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from composer.errors import EngineError, Problem
from composer.model.observed import Observed
from composer.model.operations import BuildImage, PullImage
from composer.model.plan import Plan
from composer.model.project import Project
from composer.model.service import BindOptions, Mount, Service
from composer.model.vicinity import Vicinity, Wants
from composer.planner.address_pools import overlaps
from composer.planner.addresses import claims, unobtainable
from composer.planner.content import content_of, uses
from composer.planner.delivery import is_owned
from composer.planner.desire import image_ref
from composer.planner.image_mounts import further_images, written
from composer.planner.ports import conflicts, publications
from composer.planner.started import created, started
from composer.planner.strangers import in_others_hands, networks_anew, own_names
from composer.source import Path

Need = tuple[str, str, Path]
"""A path, what it is to whom, and where that is said."""

_HELP = {
    "does not exist": "create it, or correct the path",
    "cannot be read by you": "make it readable, or run composer as its owner",
}


def wants(project: Project, observed: Observed, images: Plan, plan: Plan) -> Wants:
    """Return what the two stages of a plan take of the engine's machine, and of ours."""
    published = publications(project, observed, plan)
    return Wants(
        ports=frozenset((number, one.protocol) for one in published for number in one.numbers),
        files=frozenset(path for path, _, _ in _files(project, observed, plan)),
        contexts=frozenset(path for path, _, _ in _contexts(images)),
        images=frozenset(_pulled(images)),
        names=frozenset(name for name, _ in own_names(project, observed, plan)),
        networks=networks_anew(plan) | {one.network for one in claims(project, observed, plan)},
    )


def obstacles(
    project: Project, observed: Observed, images: Plan, plan: Plan, around: Vicinity
) -> Iterator[Problem]:
    """Yield a problem for everything that would make the plan fail half way."""
    yield from overlaps(project, observed, plan)
    yield from conflicts(project, observed, plan, around)
    yield from unobtainable(project, observed, plan, around)
    yield from in_others_hands(project, observed, plan, around)
    for ref in _pulled(images):
        if ref in around.refused:
            yield _unobtainable(project, ref, around.refused[ref])
    yield from _unread(project, observed, plan, around)
    needed = dict.fromkeys((*_files(project, observed, plan), *_contexts(images)))
    for path, what, place in needed:
        why = around.unusable.get(path)
        if why and posixpath.dirname(path) not in around.unusable:
            yield Problem(f"{what} {path!r}, which {why}", project.mark(*place), help=_HELP[why])


def _pulled(images: Plan) -> Iterator[str]:
    """Yield the images that the first stage pulls."""
    for step in images.steps:
        if isinstance(step.operation, PullImage):
            yield step.operation.ref


def _unobtainable(project: Project, ref: str, error: EngineError) -> Problem:
    name = next(
        service.name
        for service in project.services.values()
        for one in (service, *further_images(project, service))
        if image_ref(project, one) == ref
    )
    own = image_ref(project, project.services[name]) == ref
    which = "its image" if own else f"image {ref!r}"
    return Problem(
        f"service {name!r} cannot have {which}: {error.message}",
        written(project, ref) or project.mark("services", name),
        help=error.help,
    )


def doubts(project: Project, observed: Observed, plan: Plan, around: Vicinity) -> Iterator[Problem]:
    """Yield a warning for what is mounted from this machine into an engine elsewhere.

    Only a warning: the other machine may have the same files, such as a shared disk.
    """
    if not around.remote:
        return
    for service in _concerned(project, observed, plan):
        for index, mount in enumerate(service.volumes):
            if mount.type == "bind" and _is_inside(mount.source, project.directory):
                yield Problem(
                    f"service {service.name!r} mounts {mount.source!r} as the engine's machine "
                    "has it, not as this one has it",
                    project.mark("services", service.name, "volumes", index, "source"),
                    help=f"the engine is at {around.remote}: copy the files there, or into the "
                    "image",
                    severity="warning",
                )


def _is_inside(path: str | None, directory: str) -> bool:
    return f"{path}/".startswith(f"{directory.rstrip('/')}/")


def _concerned(project: Project, observed: Observed, plan: Plan) -> Iterator[Service]:
    """Yield the services of which the plan makes or starts a container."""
    concerned = [*created(project, plan), *started(project, observed, plan)]
    names = {service.name for _, service in concerned}
    return (service for name, service in project.services.items() if name in names)


def _files(project: Project, observed: Observed, plan: Plan) -> Iterator[Need]:
    for service in _concerned(project, observed, plan):
        for section, references, entries in (
            ("configs", service.configs, project.configs),
            ("secrets", service.secrets, project.secrets),
        ):
            for reference in references:
                entry = entries.get(reference.source)
                if entry is not None and entry.file:
                    what = f"{section[:-1]} {reference.source!r} is the file"
                    yield entry.file, what, (section, reference.source, "file")
        for index, mount in enumerate(service.volumes):
            if mount.source and _must_exist(mount):
                what = f"service {service.name!r} mounts"
                yield mount.source, what, ("services", service.name, "volumes", index, "source")


def _unread(
    project: Project, observed: Observed, plan: Plan, around: Vicinity
) -> Iterator[Problem]:
    """Yield a problem for each file that is to have an owner or a mode, and was not read."""
    for service in _concerned(project, observed, plan):
        for use in uses(project, service):
            path = use.entry.file
            if not path or path in around.unusable or content_of(project, use) is not None:
                continue
            if is_owned(use.reference):
                what = f"{use.section[:-1]} {use.reference.source!r}"
                yield Problem(
                    f"the file of {what} cannot be read, so it cannot be given an owner or a mode",
                    project.mark("services", service.name, use.section, use.index),
                    help=f"is {path!r} a file, and readable for you? Without uid, gid and mode "
                    "it is mounted as it is",
                )


def _must_exist(mount: Mount) -> bool:
    """Say whether the engine refuses a bind without a source; it makes the others'."""
    bind = mount.bind or BindOptions()
    return mount.type == "bind" and bind.create_host_path is False and not bind.selinux


def _contexts(images: Plan) -> Iterator[Need]:
    """Yield the directories and files that builds begin with."""
    for step in images.steps:
        if not isinstance(step.operation, BuildImage):
            continue
        service, build = step.operation.spec.service, step.operation.spec.build
        if not build.context.startswith("/"):
            continue
        place = ("services", service, "build")
        yield build.context, f"service {service!r} is built from", (*place, "context")
        if build.dockerfile_inline is None:
            file = posixpath.join(build.context, build.dockerfile or "Dockerfile")
            yield file, f"service {service!r} is built by", (*place, "dockerfile")
