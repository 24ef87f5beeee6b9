"""By what a plan is known again: what there was when it was made, and what its steps are.

A saved plan holds no operation, since those hold passwords and the content of secrets.
It holds a seal of each, and is planned again when it is carried out: the seals tell
whether the same came out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

from composer.checksum import sha256_hex, slow_digest
from composer.model.names import Label
from composer.model.observed import Observed
from composer.model.operations import Await, CreateContainer
from composer.model.plan import Step
from composer.model.resources import ContainerSpec
from composer.record import dataclass, field, fields, is_dataclass, replace

Names = Mapping[str, str]

_OF_TOLD = (Label.PROVIDED, Label.CONFIG_HASH, Label.SETTLED)
_UNSEALED = frozenset({("BuildSpec", "quiet"), ("ContainerFile", "content")})
"""What a step may have otherwise: it changes what is printed, and not what is done.

What configs and secrets hold is sealed by the digests beside it, which are slow to guess.
"""

_LATER = frozenset((Label.IMAGE, Label.IMAGE_MOUNTS))


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What there was, by name: ids, of volumes when they were made; `statuses` of containers."""

    containers: Names = field(default_factory=dict)
    statuses: Names = field(default_factory=dict)
    networks: Names = field(default_factory=dict)
    volumes: Names = field(default_factory=dict)
    images: Names = field(default_factory=dict)


def world(observed: Observed) -> World:
    return World(
        containers={c.name: c.id for c in observed.containers},
        statuses={c.name: c.state.status for c in observed.containers},
        networks={name: network.id for name, network in observed.networks.items()},
        volumes={name: volume.created for name, volume in observed.volumes.items()},
        images={ref: image.id for ref, image in observed.images.items()},
    )


def moved(before: World, now: World) -> Iterator[str]:
    """Yield what is not as it was."""
    yield from _containers(before.containers, now.containers)
    yield from _things("network", before.networks, now.networks)
    yield from _things("volume", before.volumes, now.volumes)
    for ref in sorted({*before.images, *now.images}):
        match before.images.get(ref), now.images.get(ref):
            case old, None:
                yield f"image {ref} is gone"
            case None, new:
                yield f"image {ref} is there now"
            case old, new if old != new:
                yield f"image {ref} is another one"


def changed_states(before: World, now: World) -> Iterator[str]:
    """Yield the containers that do something else; of themselves they may do so at any time."""
    for name, status in sorted(now.statuses.items()):
        old = before.statuses.get(name, status)
        if old != status:
            yield f"container {name} is {status}, and was {old} when the plan was made"


def seals(steps: Iterable[Step]) -> dict[str, str]:
    """Return by its id what each step is; waits change nothing, and are left out."""
    return {step.id: _seal(step) for step in steps if not isinstance(step.operation, Await)}


def strayed(wanted: Names, planned: Names) -> Iterator[str]:
    """Yield how steps differ from those that were wanted."""
    for step in planned:
        if step not in wanted:
            yield f"it would {step} as well"
        elif wanted[step] != planned[step]:
            yield f"it would {step} with other settings"
    yield from (f"it would not {step}" for step in wanted if step not in planned)


def _containers(before: Names, now: Names) -> Iterator[str]:
    new_names = {id: name for name, id in now.items()}
    for name, id in sorted(before.items()):
        other = new_names.get(id)
        if other is not None and other != name:
            yield f"container {name} is called {other}"
        elif name not in now:
            yield f"container {name} was removed"
        elif other is None:
            yield f"container {name} was replaced"
    known = set(before.values())
    yield from (
        f"container {name} was created"
        for name, id in sorted(now.items())
        if id not in known and name not in before
    )


def _things(what: str, before: Names, now: Names) -> Iterator[str]:
    for name in sorted({*before, *now}):
        if name not in now:
            yield f"{what} {name} was removed"
        elif name not in before:
            yield f"{what} {name} was created"
        elif before[name] != now[name]:
            yield f"{what} {name} was made anew"


def _seal(step: Step) -> str:
    """Return a digest of what a step does, from which no password can be guessed quickly."""
    operation = step.operation
    if isinstance(operation, CreateContainer) and Label.PROVIDED in operation.spec.labels:
        operation = replace(operation, spec=_untold(operation.spec))
    return slow_digest(json.dumps(_plain(operation), sort_keys=True).encode(), step.id)


def _untold(spec: ContainerSpec) -> ContainerSpec:
    """Return `spec` without what providers tell: nobody knows it when a plan is made."""
    told = spec.labels[Label.PROVIDED].split(",")
    given = spec.config.environment.items()
    config = replace(spec.config, environment={k: v for k, v in given if k not in told})
    labels = {key: value for key, value in spec.labels.items() if key not in _OF_TOLD}
    return replace(spec, config=config, labels=labels, digest="", shared=None)


def _plain(value: Any) -> Any:
    """Return `value` in a form that is the same in every process."""
    if isinstance(value, Enum):
        return value.name
    if is_dataclass(value):
        kind = type(value).__name__
        given = {f.name: getattr(value, f.name) for f in fields(value)}
        return [kind, {k: _plain(v) for k, v in given.items() if (kind, k) not in _UNSEALED}]
    if isinstance(value, Mapping):
        # which image a container has is known of the images, and only then when they are there
        return {str(k): _plain(v) for k, v in value.items() if k not in _LATER}
    if isinstance(value, set | frozenset):
        return sorted(_plain(item) for item in value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return sha256_hex(value)
    return value if isinstance(value, str | int | float | None) else repr(value)
