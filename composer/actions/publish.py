"""Publish a project: its images, then its files as an artifact in a registry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from composer.errors import InvalidProject, Problem
from composer.loader import published as files
from composer.loader.leaks import leaks
from composer.loader.pipeline import Loaded
from composer.loader.published import PublishedFile
from composer.model.project import Project
from composer.model.reference import ArtifactReference
from composer.record import dataclass, field
from composer.remote.images import ImageRegistries
from composer.remote.publish import Layer, Manifest, publish_images
from composer.remote.publish import publish as publish_files
from composer.remote.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishOptions:
    """`oci_version` is 1.0, 1.1, or "" for what the registry takes; `digests` fix the images,
    `app` copies them, `variables` take env files along.
    """

    reference: ArtifactReference
    oci_version: str = ""
    app: bool = False
    digests: bool = False
    variables: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What is going to be published, and what should be known before.

    `mounts` are bind mounts, in words; `leaks` look like secrets; `warnings` are of what
    will be missing.
    """

    files: tuple[PublishedFile, ...]
    mounts: tuple[str, ...] = ()
    leaks: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = field(default=())


def prepare(loaded: Loaded, options: PublishOptions) -> Ready:
    """Return what to publish.  Raises InvalidProject for what would not work elsewhere."""
    project = loaded.project
    problems = [*_without_image(project)]
    if not options.variables:
        problems += _env_files(project)
    if problems:
        raise InvalidProject(problems)
    found = files.published(loaded, _files_of_variables(project), variables=options.variables)
    return Ready(
        files=found,
        mounts=tuple(_mounts(project)),
        leaks=tuple(leak for file in found for leak in leaks(file.source)),
        warnings=tuple(_left_behind(project)),
    )


def publish(
    ready: Ready,
    options: PublishOptions,
    registry: Registry,
    digests: str,
    created: datetime,
) -> Manifest:
    """Publish the files, and `digests` as the last one if there are any.  Raises FetchFailed."""
    layers = [
        Layer(
            name=file.name,
            content=file.text.encode(),
            named=file.kind == files.NAMED,
            variables=file.kind == files.VARIABLES,
        )
        for file in sorted(ready.files, key=lambda file: _ORDER.index(file.kind))
    ]
    if digests:
        layers.append(Layer(name="image-digests.yaml", content=digests.encode()))
    moment = created.isoformat(timespec="seconds").replace("+00:00", "Z")
    return publish_files(options.reference, registry, layers, moment, options.oci_version)


def publish_app(
    project: Project, manifest: Manifest, registry: Registry, images: ImageRegistries
) -> Manifest:
    """Copy the images of all services into the repository of the project.  Raises FetchFailed."""
    refs = dict.fromkeys(service.image for service in project.services.values() if service.image)
    return publish_images(registry, manifest, [images.found(ref) for ref in refs])


_ORDER: Sequence[str] = (files.COMPOSE, files.NAMED, files.VARIABLES)


def _without_image(project: Project) -> Iterator[Problem]:
    for name, service in project.services.items():
        if service.build is not None and not service.image:
            yield Problem(
                f"service {name!r} cannot be published: it is built here, and has no 'image'",
                project.mark("services", name, "build"),
                help="give it an image: the name under which it is pushed",
            )


def _env_files(project: Project) -> Iterator[Problem]:
    for name, service in project.services.items():
        for index, _ in enumerate(service.env_file):
            mark = project.mark("services", name, "env_file", index)
            yield files.env_file_left_out(f"service {name!r}", mark)


def _files_of_variables(project: Project) -> Iterator[str]:
    for service in project.services.values():
        yield from (entry.path for entry in service.env_file)
        yield from service.label_file


def _mounts(project: Project) -> Iterator[str]:
    for name, service in project.services.items():
        for mount in service.volumes:
            if mount.type == "bind":
                yield f"{name}: {mount.source} on {mount.target}"


def _left_behind(project: Project) -> Iterator[Problem]:
    """Yield a warning for each file that the project names and that does not go along."""
    for section, objects in (("configs", project.configs), ("secrets", project.secrets)):
        for key, one in objects.items():
            if one.file is not None:
                yield Problem(
                    f"the file of {section[:-1]} {key!r} is not published",
                    project.mark(section, key, "file"),
                    help="who runs the project must have it at the same place",
                    severity="warning",
                )
    for name, service in project.services.items():
        if service.build is not None:
            yield Problem(
                f"what service {name!r} is built of is not published",
                project.mark("services", name, "build"),
                help="its image is pushed, and pulled where the project runs",
                severity="warning",
            )
