"""Put a project with its images, and its volumes if asked for, into one file."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import Any
from uuid import uuid4

from composer.actions.bundle_file import BundleWriter, writing
from composer.actions.bundle_names import override, override_name, renamed, under_way
from composer.engine.port import Engine
from composer.errors import (
    ComposerError,
    Conflict,
    EngineError,
    InvalidProject,
    NotFound,
    UsageError,
)
from composer.executor.run import Emit, execute
from composer.loader.carried import Carried
from composer.model.bundle import (
    IMAGES,
    PROJECT,
    TEMPLATE,
    Bundle,
    BundledVolume,
    RenamedImage,
)
from composer.model.observed import Interest
from composer.model.options import ImageOptions
from composer.model.project import Project
from composer.model.resources import ContainerConfig, ContainerSpec
from composer.model.service import Mount, VolumeOptions
from composer.planner.desire import image_ref, volume_spec
from composer.planner.image_mounts import further_images
from composer.planner.images import plan_images
from composer.record import dataclass

_CHUNK = 1024 * 1024
_INSIDE = "/volume"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleOptions:
    """With `pause`, who uses a volume stands still while it is copied."""

    path: str
    images: bool = True
    volumes: bool = False
    pause: bool = True


def fetch(project: Project, engine: Engine, emit: Emit) -> None:
    """Pull and build the images that are not here.  Raises InvalidProject, PlanFailed."""
    refs = image_refs(project)
    here = engine.observe(Interest(project=project.name, images=frozenset(refs))).images
    services = tuple(project.services.values())
    plan = plan_images(project, services, here, ImageOptions(now=time.time()))
    if plan.errors:
        raise InvalidProject(plan.errors)
    execute(plan, engine, emit)


def image_refs(project: Project) -> tuple[str, ...]:
    """Return the images of all services, and those that they need beside."""
    found: dict[str, None] = {}
    for service in project.services.values():
        for one in (service, *further_images(project, service)):
            if one.provider is None:
                found[image_ref(project, one)] = None
    return tuple(found)


def refuse_unreadable(project: Project, options: BundleOptions) -> None:
    """Raise UsageError if no image goes along by which volumes could be read, and filled."""
    if options.volumes and not (options.images and image_refs(project)):
        raise UsageError(
            "what is in volumes needs an image to come out again, and none goes along",
            help="leave out --no-images" if not options.images else "leave out --volumes",
        )


def bundle(
    project: Project,
    carried: Carried,
    template: Iterable[str],
    written: Mapping[str, Any],
    engine: Engine,
    options: BundleOptions,
) -> Bundle:
    """Write the bundle, and return what is in it; `written` is the project as it is written.

    Raises ComposerError; the file appears only when it is whole.
    """
    refuse_unreadable(project, options)
    with writing(options.path) as writer:
        for path in carried.files:
            _add_file(writer, project.directory, path)
        if TEMPLATE not in carried.files:  # the project has made its own
            writer.add(TEMPLATE, [text.encode() for text in template])
        refs = image_refs(project) if options.images else ()
        named = renamed(refs)
        if named:
            name = override_name(carried.files)
            writer.add(PROJECT + name, (s.encode() for s in override(project, written, named)))
        if refs:
            _add_images(writer, engine, refs, named)
        volumes = tuple(_volumes(project, engine, writer, options)) if options.volumes else ()
        return writer.finish(
            Bundle(
                project=project.name,
                compose_files=tuple(
                    os.path.relpath(path, project.directory) for path in project.files
                ),
                images=_called(refs, {one.ref: one.name for one in named}),
                renamed=named,
                override=name if named else "",
                volumes=volumes,
                missing=carried.missing,
            )
        )


@contextmanager
def holding(engine: Engine, image: str, volume: str) -> Iterator[tuple[str, str]]:
    """Yield a container, never started, in which a volume can be read and written, and where."""
    name = f"composer-bundle-{uuid4().hex[:12]}"
    mount = Mount(type="volume", source=volume, target=_INSIDE, volume=VolumeOptions(nocopy=True))
    config = ContainerConfig(image=image, mounts=(mount,), network_mode="none", command=("true",))
    spec = ContainerSpec(service="bundle", number=0, name=name, digest="", config=config)
    try:
        engine.create_container(spec)
        yield name, _INSIDE
    finally:
        with suppress(EngineError):
            insist(lambda: engine.remove(name, volumes=False, force=True))


def insist(action: Callable[[], object]) -> None:
    """Carry out what must be done; Ctrl-C meanwhile has it tried once more, and counts then."""
    try:
        action()
    except KeyboardInterrupt:
        action()
        raise


def _add_images(
    writer: BundleWriter, engine: Engine, refs: Sequence[str], named: Sequence[RenamedImage]
) -> None:
    names = _called(refs, {one.ref: one.carried for one in named})
    with under_way(engine, named), closing(engine.save_images(names)) as images:
        saved = writer.add(IMAGES, images)
    if lacking := writer.lacking(saved):
        origins = {one.carried: one.ref for one in named}
        raise EngineError(
            f"the engine does not give away all of {', '.join(origins.get(n, n) for n in lacking)}",
            help="remove the image here, and pull it anew",
        )


def _called(refs: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names.get(ref, ref) for ref in refs))


def _add_file(writer: BundleWriter, directory: str, path: str) -> None:
    whole = os.path.join(directory, path)
    try:
        with open(whole, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            writer.add(PROJECT + path, iter(lambda: file.read(_CHUNK), b""), mode)
    except OSError as error:
        raise ComposerError(f"{path}: {(error.strerror or '').lower()}") from None


def _volumes(
    project: Project, engine: Engine, writer: BundleWriter, options: BundleOptions
) -> Iterator[BundledVolume]:
    """Write what is in the volumes of the project that exist."""
    specs = [volume_spec(project, key, one) for key, one in project.volumes.items()]
    names = frozenset(spec.name for spec in specs)
    observed = engine.observe(Interest(project=project.name, volumes=names))
    image = image_refs(project)[0]
    for number, spec in enumerate(one for one in specs if one.name in observed.volumes):
        name = f"volumes/{number}.tar"
        users = [
            container.name
            for container in engine.running_containers()
            if container.state.status != "paused"  # by somebody else, who wants it so
            and any(point.name == spec.name for point in container.mounts)
        ]
        with (
            _standing_still(engine, users if options.pause else []),
            holding(engine, image, spec.name) as (container, path),
            closing(engine.read_archive(container, f"{path}/.")) as content,
        ):
            writer.add(name, content)
        yield BundledVolume(spec=spec, content=name)


@contextmanager
def _standing_still(engine: Engine, containers: Iterable[str]) -> Iterator[None]:
    paused: list[str] = []
    try:
        for container in containers:
            paused.append(container)  # before it is: the answer may get lost
            try:
                engine.pause(container)
            except Conflict:
                paused.remove(container)
                raise
        yield
    finally:
        _let_go_on(engine, paused)


def _let_go_on(engine: Engine, containers: Iterable[str]) -> None:
    """Unpause all of them, whatever happens meanwhile.  Raises EngineError with who stays."""
    interrupted: KeyboardInterrupt | None = None
    stays: list[str] = []
    for container in containers:
        try:
            insist(partial(engine.unpause, container))
        except KeyboardInterrupt as error:
            interrupted = error
        except (NotFound, Conflict):  # it has ended
            pass
        except EngineError as error:
            stays.append(f"{container} ({error.message})")
    if stays:
        raise EngineError(
            f"perhaps still paused: {', '.join(stays)}", help="let them go on: composer unpause"
        )
    if interrupted is not None:
        raise interrupted
