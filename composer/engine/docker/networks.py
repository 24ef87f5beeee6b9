"""Networks: make, remove, connect, disconnect."""

from __future__ import annotations

from contextlib import suppress

from composer.engine.docker.base import Base
from composer.engine.docker.inspect import links
from composer.engine.docker.request import endpoint, network_request
from composer.errors import EngineError, NotFound
from composer.model.names import Label
from composer.model.resources import NetworkSpec
from composer.model.service import NetworkReference


class Networks(Base):
    def create_network(self, spec: NetworkSpec) -> None:
        body = network_request(spec, self._wire.api)
        self._wire.post("/networks/create", body=body, asked=f"network {spec.name}")

    def remove_network(self, name: str) -> None:
        """Remove a network; one that is gone already is fine."""
        with suppress(NotFound):
            self._wire.delete(f"/networks/{name}", asked=f"network {name}")

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
        body = {"Container": json["Id"], "EndpointConfig": joined}
        self._wire.post(f"/networks/{network}/connect", body=body, asked=asked)

    def disconnect(self, container: str, network: str) -> None:
        """Disconnect a container; one that is not connected is fine."""
        path, body = f"/networks/{network}/disconnect", {"Container": container, "Force": True}
        with suppress(NotFound):
            try:
                self._wire.post(path, body=body, asked=f"container {container}")
            except EngineError as error:
                if "is not connected to" not in error.message:
                    raise
