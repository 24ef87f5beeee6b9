"""Which images the containers of a project have."""

from __future__ import annotations

from collections.abc import Collection

from composer.engine.port import Reader
from composer.model.observed import ObservedContainer, ObservedImage
from composer.record import dataclass


@dataclass(frozen=True, slots=True)
class Used:
    """A container and its image; None if the engine has it no more."""

    container: ObservedContainer
    image: ObservedImage | None


def images(name: str, engine: Reader, services: Collection[str] = ()) -> tuple[Used, ...]:
    """Return the image of each container of project `name`, stopped ones too, by name.

    It is the one that the container was made of, be there another of the same name by now.
    """
    found = sorted(
        (
            container
            for container in engine.project_containers(name)
            if not services or container.service in services
        ),
        key=lambda container: container.name,
    )
    known = engine.inspect_images(container.image_id for container in found)
    return tuple(Used(container, known.get(container.image_id)) for container in found)
