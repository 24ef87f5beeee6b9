"""Have transformation images turn a project into something else.

A transformation is an image whose containers read /in/compose.yaml and write to /out; who
runs it is our user.  Folders go in and come out as archives, so that an engine on another
machine does as well.  Source: docker/compose, pkg/bridge.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from composer.actions.landing import Landing
from composer.actions.pack import Packed
from composer.actions.unpack import unpack
from composer.engine.port import Engine, Images, Reader
from composer.errors import ComposerError, EngineError, NotFound
from composer.executor.run import Emit, execute
from composer.model.command import Attachment
from composer.model.observed import ObservedImage
from composer.model.operations import PullImage
from composer.model.plan import Plan, Step
from composer.model.project import FileObject, Project
from composer.model.resources import ContainerConfig, ContainerSpec
from composer.model.service import Service
from composer.model.tree import project_tree
from composer.planner.desire import image_ref
from composer.record import replace

DEFAULT: Final = "docker/compose-bridge-kubernetes"
LABEL: Final = "com.docker.compose.bridge=transformation"
_OUT, _TEMPLATES = "out", "templates"
_LICENSE: Final = {"LICENSE_AGREEMENT": "true"}
_DOCKERFILE: Final = f"""\
FROM docker/compose-bridge-transformer
LABEL {LABEL}
COPY templates /templates
"""


def wanted(project: Project, transformations: Iterable[str]) -> tuple[str, ...]:
    """Return the images that must be there: those of services tell which ports they expose."""
    services = project.services.values()
    own = (one.image for one in services if one.image and one.provider is None)
    return tuple(dict.fromkeys((*own, *transformations)))


def fetch(engine: Engine, refs: Iterable[str], emit: Emit) -> None:
    """Pull what is not there.  Raises PlanFailed."""
    here = engine.inspect_images(refs)
    steps = [Step(PullImage(ref), "not on this engine") for ref in refs if ref not in here]
    execute(Plan(tuple(steps)), engine, emit)


def images_of(project: Project, engine: Reader) -> Mapping[str, ObservedImage]:
    """Return the images of services that are here, by their names."""
    return engine.inspect_images(
        image_ref(project, one) for one in project.services.values() if one.provider is None
    )


def unknown(project: Project, images: Mapping[str, ObservedImage]) -> tuple[str, ...]:
    """Return the services whose image is still to be built: nobody knows its ports."""
    return tuple(
        name
        for name, one in project.services.items()
        if one.provider is None and image_ref(project, one) not in images
    )


def model(project: Project, images: Mapping[str, ObservedImage]) -> dict[str, Any]:
    """Return what a transformation reads: images named, ports exposed, contents read.

    Raises ComposerError for a config or secret that cannot be read, or is no text.
    """
    services = {
        name: _exposing(project, one, images.get(image_ref(project, one)))
        for name, one in project.services.items()
    }
    tree = project_tree(replace(project, services=services))
    for section, objects in (("configs", project.configs), ("secrets", project.secrets)):
        for key, one in objects.items():
            if not one.external and (content := _content(section, key, one)) is not None:
                tree[section][key] = {**tree[section][key], "content": content}
    return tree


def convert(
    engine: Engine, transformation: str, text: str, output: str, templates: str | None
) -> Iterator[tuple[str, bytes]]:
    """Run a transformation on the model `text`, with what is in `output` by now.

    Yields what it says, as (stream, bytes).  Raises ComposerError if it fails; then nothing
    comes out.
    """
    container = _create(engine, transformation)
    try:
        with tempfile.TemporaryDirectory(prefix="composer-bridge-") as folder:
            Path(folder, "compose.yaml").write_text(text, encoding="utf-8")
            engine.write_archive(container, "/", Packed(folder, "in"))
        engine.write_archive(container, "/", Packed(output, _OUT))
        if templates is not None:
            engine.write_archive(container, "/", Packed(templates, _TEMPLATES))
        with closing(engine.attach(container, Attachment())) as session:
            engine.start(container)
            yield from session
            if code := session.exit_code():
                raise ComposerError(f"transformation {transformation} ended with code {code}")
        _take_out(engine, container, _OUT, output)
    finally:
        with suppress(EngineError):
            engine.remove(container, volumes=True, force=True)


def create(engine: Engine, source: str, directory: str) -> None:
    """Begin a transformation in a new directory, with the templates of another one.

    Raises ComposerError, and NotFound if there is no such image or it has no templates.
    """
    container = _create(engine, source)
    try:
        if engine.look_at(container, f"/{_TEMPLATES}") is None:
            raise NotFound(f"image {source} has no /templates: it is no transformation")
        try:
            os.makedirs(os.path.join(directory, _TEMPLATES))
            Path(directory, "Dockerfile").write_text(_DOCKERFILE)
        except OSError as error:
            raise ComposerError(f"{directory}: {(error.strerror or '').lower()}") from None
        _take_out(engine, container, _TEMPLATES, os.path.join(directory, _TEMPLATES))
    finally:
        with suppress(EngineError):
            engine.remove(container, volumes=True, force=True)


def transformations(engine: Images) -> tuple[ObservedImage, ...]:
    """Return the transformation images that are here."""
    return engine.labelled_images(LABEL)


def _create(engine: Engine, image: str) -> str:
    name = f"composer-bridge-{uuid4().hex[:12]}"
    config = ContainerConfig(image=image, environment=_LICENSE, user=str(os.getuid()))
    spec = ContainerSpec(service="bridge", number=0, name=name, digest="", config=config)
    engine.create_container(spec)
    return name


def _take_out(engine: Engine, container: str, name: str, directory: str) -> None:
    where = Landing(*os.path.split(os.path.abspath(directory)))
    with closing(engine.read_archive(container, f"/{name}")) as archive:
        left_out = unpack(archive, where, rooted=True, owners=False)
    if left_out:
        raise ComposerError(f"not all of /{name} could be written: {'; '.join(left_out)}")


def _exposing(project: Project, service: Service, image: ObservedImage | None) -> Service:
    """Return `service` with its image, and the ports that it and its image say."""
    exposed = image.exposed if image is not None else ()
    ports = [*service.expose, *(port.partition("/")[0] for port in exposed)]
    ports += [str(port.target) for port in service.ports]
    ref = service.image if service.provider is not None else image_ref(project, service)
    return replace(service, image=ref, expose=tuple(dict.fromkeys(ports)))


def _content(section: str, key: str, one: FileObject) -> str | None:
    if one.file is None:
        return one.content
    try:
        return Path(one.file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise ComposerError(f"{section[:-1]} {key!r}: {one.file}: {str(why).lower()}") from None
