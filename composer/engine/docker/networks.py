"""Networks: make, remove, connect, disconnect."""

from __future__ import annotations

import time
from contextlib import suppress
from itertools import islice

from composer.engine.docker.api import UNIQUE_NAMES
from composer.engine.docker.base import Base
from composer.engine.docker.inspect import links
from composer.engine.docker.patience import pauses
from composer.engine.docker.request import endpoint, network_request
from composer.errors import Conflict, EngineError, NotFound
from composer.model.names import Label
from composer.model.resources import NetworkSpec
from composer.model.service import NetworkReference


class Networks(Base):
    def create_network(self, spec: NetworkSpec) -> None:
        """Make a network; just the same one that is there already is fine."""
        body = network_request(spec, self._wire.api)

        def attempt(lost: bool) -> None:
            try:
                self._wire.post("/networks/create", body=body, asked=f"network {spec.name}")
            except Conflict:
                if not self._is_there(spec):
                    raise

        self._until_answered(attempt)
        if self._wire.api < UNIQUE_NAMES and spec.labels:
            self._keep_one(spec.name)

    def remove_network(self, name: str) -> None:
        """Remove a network; one that is gone already is fine.

        An older engine says that a container has stopped before it has taken it out of its
        networks, and may need a moment for that.
        """
        path, asked = f"/networks/{name}", f"network {name}"

        def attempt(lost: bool) -> None:
            self._wire.delete(path, asked=asked)

        with suppress(NotFound):
            for pause in islice(pauses(), 4):
                try:
                    self._until_answered(attempt)
                    return
                except Conflict:
                    if not self._only_stopped_are_in(name):
                        raise
                time.sleep(pause)
            self._until_answered(attempt)

    def _only_stopped_are_in(self, network: str) -> bool:
        """Say whether those that the engine says are in a network do not run any more."""
        inside = self._wire.get(f"/networks/{network}").get("Containers") or {}
        running = {json["Id"] for json in self._wire.get("/containers/json")}
        return running.isdisjoint(inside)

    def connect(self, container: str, network: str, reference: NetworkReference) -> None:
        """Connect a container, by its own names and with the links that it has elsewhere."""
        asked = f"container {container}"
        json = self._wire.get(f"/containers/{container}/json", asked=asked)
        labels = json["Config"].get("Labels") or {}
        names = (json["Name"].lstrip("/"), labels.get(Label.SERVICE))
        joined = endpoint(
            reference,
            self._wire.api,
            aliases=tuple(name for name in names if name),
            links=sorted(links(json)),
        )
        self._join(json["Id"], network, joined)

    def disconnect(self, container: str, network: str) -> None:
        """Disconnect a container; one that is not connected is fine."""
        path, body = f"/networks/{network}/disconnect", {"Container": container, "Force": True}
        asked = f"container {container}"

        def attempt(lost: bool) -> None:
            try:
                self._wire.post(path, body=body, asked=asked)
            except EngineError as error:
                if "is not connected to" not in error.message:
                    raise

        with suppress(NotFound):
            self._until_answered(attempt)

    def _is_there(self, spec: NetworkSpec) -> bool:
        """Say whether there is a network of that name with these labels: its hash is among them."""
        with suppress(NotFound):
            labels = self._wire.get(f"/networks/{spec.name}")["Labels"] or {}
            return bool(spec.labels) and spec.labels.items() <= labels.items()
        return False
