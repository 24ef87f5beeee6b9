"""The hashes under which a live container is what its service says."""

from __future__ import annotations

from composer.model.names import Label
from composer.model.observed import Observed, ObservedContainer
from composer.model.service import Service
from composer.planner.digest import service_digests, settled_digest
from composer.record import replace

_SHARING = ("network_mode", "ipc", "pid")


def accepted_digests(service: Service, observed: Observed) -> tuple[str, ...]:
    """Return the hashes that mean `service` is unchanged; the first is the one to write.

    Docker Compose hashes a service that shares what another's container has with the
    id of that container in place of the service's name.  The id is not known before
    the container is created, so the form with names is written and both are accepted.
    """
    by_name = service_digests(service)
    by_id = _with_ids(service, observed)
    return by_name if by_id is None else by_name + service_digests(by_id)


def fits(service: Service, live: ObservedContainer, observed: Observed) -> bool:
    """Say whether `live` is what its service says, but for what is changed while it lives.

    Its config hash cannot be changed with it; ours says what has stayed.
    """
    return live.digest in accepted_digests(service, observed) or (
        Label.SETTLED in live.labels and live.labels[Label.SETTLED] == settled_digest(service)
    )


def _with_ids(service: Service, observed: Observed) -> Service | None:
    """Return `service` with ids in place of services; None when it names none that lives."""
    changes: dict[str, object] = {}
    for attribute in _SHARING:
        kind, _, name = (getattr(service, attribute) or "").partition(":")
        live = observed.of(name) if kind == "service" else ()
        if live:
            changes[attribute] = f"container:{live[0].id}"
    sources = tuple(_source(text, observed) for text in service.volumes_from)
    if sources != service.volumes_from:
        changes["volumes_from"] = sources
    return replace(service, **changes) if changes else None  # type: ignore[arg-type]


def _source(text: str, observed: Observed) -> str:
    name, _, mode = text.partition(":")
    live = observed.of(name) if name != "container" else ()
    if not live:
        return text
    return live[0].id if mode in ("", "rw") else f"{live[0].id}:{mode}"
