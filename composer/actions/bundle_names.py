"""Images that a project names by their digests, on their way to an engine that cannot know these.

An engine forgets digests when it loads images, and no tag of somebody's may be taken from him.
So they travel under a name that only bundles use, and get a tag in their own repository where
they arrive; a compose file on top of the project's has the services use that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final
from uuid import uuid4

from composer.engine.port import Engine
from composer.errors import EngineError
from composer.model.bundle import CARRIER, RenamedImage
from composer.model.names import full_reference
from composer.model.project import Project
from composer.model.service import Service
from composer.planner.mounts import image_mounts

_HEAD: Final = (
    "# written by composer bundle: images by the names that they have where they arrive\n"
)
_DIGITS: Final = 12


def renamed(refs: Iterable[str]) -> tuple[RenamedImage, ...]:
    """Return those of `refs` that are digests, with the names under which they go and arrive."""
    return tuple(_renamed(ref) for ref in refs if "@" in ref)


def override_name(files: Iterable[str]) -> str:
    """Return how the compose file on top is called, beside `files` of the project."""
    taken = set(files)
    names = ("compose.bundle.yaml", *(f"compose.bundle-{n}.yaml" for n in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def override(
    project: Project, written: Mapping[str, Any], images: Sequence[RenamedImage]
) -> Iterator[str]:
    """Yield the lines of the compose file on top.

    `written` is the project without the values of variables: those stay here.
    """
    names = {one.ref: one.name for one in images}
    yield f"{_HEAD}services:\n"
    for name, service in project.services.items():
        said = dict(_changes(service, (written.get("services") or {}).get(name) or {}, names))
        if said:
            yield f"  {json.dumps(name)}:\n"
            yield from (f"    {key}: {text}\n" for key, text in said.items())


@contextmanager
def under_way(engine: Engine, images: Sequence[RenamedImage]) -> Iterator[None]:
    """Have images under the names by which they are carried for as long as that takes."""
    try:
        for one in images:
            engine.tag_image(one.ref, one.carried)
        yield
    finally:
        _let_go(engine, images)


def arrive(engine: Engine, images: Sequence[RenamedImage]) -> None:
    """Give images that were loaded the names that they have from now on."""
    try:
        for one in images:
            engine.tag_image(one.carried, one.name)
    finally:
        _let_go(engine, images)


def _let_go(engine: Engine, images: Sequence[RenamedImage]) -> None:
    for one in images:
        with suppress(EngineError):
            engine.remove_image(one.carried)


def _renamed(ref: str) -> RenamedImage:
    name, _, digest = ref.partition("@")
    repository = full_reference(name).rpartition(":")[0]
    algorithm, _, digits = digest.partition(":")
    return RenamedImage(
        ref=ref,
        name=f"{repository}:{algorithm}-{digits[:_DIGITS]}",
        carried=f"{CARRIER}{uuid4().hex[:12]}",
    )


def _changes(
    service: Service, written: Mapping[str, Any], names: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield what is written of a service over what it says, as keys and JSON."""
    if service.build is None and service.image in names:
        yield "image", json.dumps(names[service.image or ""])
        yield "pull_policy", "never"  # no registry has it under this name
    mounts = [mount for _, mount in image_mounts(service) if mount.source in names]
    if mounts:
        entries = [
            {
                "type": "image",
                "source": names[mount.source or ""],
                "target": mount.target,
                **({"image": {"subpath": mount.image.subpath}} if mount.image else {}),
            }
            for mount in mounts
        ]
        yield "volumes", json.dumps(entries).replace("$", "$$")
    if any(hook.image in names for hook in service.pre_start):
        hooks = [
            {**said, "image": names[hook.image or ""]} if hook.image in names else dict(said)
            for hook, said in zip(service.pre_start, written["pre_start"], strict=True)
        ]
        yield "pre_start", f"!override {json.dumps(hooks)}"
