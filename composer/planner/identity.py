"""The hashes under which a live container is what its service says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import islice, product

from composer.checksum import sha256_hex
from composer.model.names import Label, plain_reference
from composer.model.observed import Observed, ObservedContainer, ObservedImage
from composer.model.resources import SharedHash
from composer.model.service import Service
from composer.planner.digest import hashed_text, service_digests, settled_digest
from composer.planner.image_names import with_images
from composer.planner.mounts import image_mounts, noted_images
from composer.record import replace

_MOST = 64
"""So many ways to name the images of one service are tried."""

_SHARING = ("network_mode", "ipc", "pid")


def accepted_digests(service: Service, observed: Observed) -> tuple[str, ...]:
    """Return the hashes that mean `service` is unchanged.

    Docker Compose hashes a service that shares what another's container has with the
    id of that container in place of the service's name.  Nobody knows the id of one that
    is still to be made, and what has it may be gone: the form with names is accepted too.
    """
    by_name = service_digests(service)
    live = {name: observed.of(name) for name in _shared_services(service)}
    by_id = _with_ids(service, lambda name: live[name][0].id if live.get(name) else None)
    return by_name if by_id is None else by_name + service_digests(by_id)


def shared_hash(service: Service, container_of: Callable[[str], str | None]) -> SharedHash | None:
    """Return what the hash is made of once the ids are known of the containers that it names.

    None for a service that shares nothing.  `container_of` returns the container that
    stands for a service.
    """
    containers = {name: container_of(name) for name in _shared_services(service)}
    marks = {name: sha256_hex(one.encode()) for name, one in containers.items() if one}
    by_id = _with_ids(service, marks.get)
    if by_id is None:
        return None
    known = {marks[name]: one for name, one in containers.items() if one}
    return SharedHash(text=hashed_text(by_id), containers=known)


def fits(service: Service, live: ObservedContainer, observed: Observed) -> bool:
    """Say whether `live` is what its service says, but for what is changed while it lives.

    Its config hash cannot be changed with it; ours says what has stayed.  A tag and a digest
    of one image make two hashes, and one container.
    """
    return _fits(service, live, observed) or any(
        _fits(one, live, observed) for one in _otherwise_named(service, live, observed)
    )


def has_image(live: ObservedContainer, image: ObservedImage) -> bool:
    """Say whether `live` was made of this very image."""
    known = live.labels.get(Label.IMAGE) or live.image_id
    return known == image.id or known in image.digests


def _fits(service: Service, live: ObservedContainer, observed: Observed) -> bool:
    return live.digest in accepted_digests(service, observed) or (
        Label.SETTLED in live.labels and live.labels[Label.SETTLED] == settled_digest(service)
    )


def _otherwise_named(
    service: Service, live: ObservedContainer, observed: Observed
) -> Iterator[Service]:
    """Yield `service` with other names of the very images that it has.

    So they are named with `up --locked`, or without it, or in full.  Nothing unless `live` has the
    image of `service`.  A digest that is left out has to be compared elsewhere: one of an image
    that is mounted stays unless `live` notes which image it has there.
    """
    image = observed.images.get(service.image or "")
    if service.image is None or service.build is not None or image is None:
        return
    if not has_image(live, image):
        return
    noted, names = noted_images(live), {service.image: _names(service.image, live, observed.images)}
    for _, mount in image_mounts(service):
        ref = mount.source or ""
        known = mount.target in noted or "@" not in ref
        names.setdefault(ref, _by_digests(ref, observed.images) if known else [ref])
    for hook in service.pre_start:
        names.setdefault(hook.image or "", _by_digests(hook.image or "", observed.images))
    for chosen in islice(product(*names.values()), _MOST):
        yield with_images(service, partial(_chosen, dict(zip(names, chosen, strict=True))))


def _chosen(names: Mapping[str, str], ref: str) -> str:
    return names.get(ref, ref)


def _names(ref: str, live: ObservedContainer, images: Mapping[str, ObservedImage]) -> list[str]:
    """Return other names of the image `ref`, of which `live` is made: first what that was told."""
    given = live.config.image if live.config is not None else live.image
    same = plain_reference(given) == plain_reference(ref)
    return list(dict.fromkeys([*([given] if same else []), *_by_digests(ref, images)]))


def _by_digests(ref: str, images: Mapping[str, ObservedImage]) -> list[str]:
    """Return `ref` without its digest, or with each that it has here, in whichever repository."""
    name, named, _ = ref.partition("@")
    image = images.get(ref)
    if named or image is None or not image.digests:
        return [name]
    return [f"{ref}@{one}" for one in dict.fromkeys(d.partition("@")[2] for d in image.digests)]


def _shared_services(service: Service) -> Iterator[str]:
    """Yield the services whose containers stand in the hash by their ids."""
    for attribute in _SHARING:
        kind, _, name = (getattr(service, attribute) or "").partition(":")
        if kind == "service":
            yield name
    for text in service.volumes_from:
        name = text.partition(":")[0]
        if name != "container":
            yield name


def _with_ids(service: Service, id_of: Callable[[str], str | None]) -> Service | None:
    """Return `service` with ids in place of services; None when there are none."""
    changes: dict[str, object] = {}
    for attribute in _SHARING:
        kind, _, name = (getattr(service, attribute) or "").partition(":")
        if kind == "service" and (id := id_of(name)):
            changes[attribute] = f"container:{id}"
    sources = tuple(_source(text, id_of) for text in service.volumes_from)
    if sources != service.volumes_from:
        changes["volumes_from"] = sources
    return replace(service, **changes) if changes else None  # type: ignore[arg-type]


def _source(text: str, id_of: Callable[[str], str | None]) -> str:
    name, _, mode = text.partition(":")
    id = id_of(name) if name != "container" else None
    if id is None:
        return text
    return id if mode in ("", "rw") else f"{id}:{mode}"
