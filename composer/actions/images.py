"""Which images the containers of a project have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from composer.engine.port import Reader
from composer.model.layers import Layer
from composer.model.observed import ObservedContainer, ObservedImage
from composer.record import dataclass, replace


@dataclass(frozen=True, slots=True)
class Used:
    """A container and its image; None if the engine has it no more."""

    container: ObservedContainer
    image: ObservedImage | None


@dataclass(frozen=True, slots=True)
class Layered:
    """An image and its layers, the latest first; `shared` says how many of all have each."""

    ref: str
    id: str
    layers: tuple[Layer, ...]
    shared: tuple[int, ...]


def layered(used: Iterable[Used], engine: Reader) -> tuple[Layered, ...]:
    """Return the layers of the images that containers have, each image once."""
    refs: dict[str, str] = {}
    for one in used:
        refs.setdefault(one.container.image_id, one.container.image)
    found = {id: engine.layers(id) for id in refs}
    counts = Counter(chain for layers in found.values() for chain in _chains(layers))
    return tuple(
        Layered(refs[id], id, layers, tuple(counts[chain] for chain in _chains(layers)))
        for id, layers in found.items()
        if layers
    )


def _chains(layers: tuple[Layer, ...]) -> Iterator[tuple[Layer, ...]]:
    """Yield each layer with all below it, without names: what two images have in common."""
    bare = tuple(replace(layer, tags=()) for layer in layers)
    yield from (bare[number:] for number in range(len(bare)))


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
