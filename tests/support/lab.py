"""What a test of the port works with: an engine, and a project that nobody else has."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar
from uuid import uuid4

from composer.engine.port import Closing, Engine
from composer.errors import EngineError
from composer.model.names import Label
from composer.model.observed import ContainerState, Interest, ObservedContainer
from composer.model.resources import ContainerConfig, ContainerSpec, NetworkSpec, VolumeSpec

IMAGE = "busybox:latest"
SECONDS = 20
STAYS = ("sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done")
"""A command that runs until it is told to stop, and then stops at once."""

T = TypeVar("T")


class Bench:
    """Makes specs under names of its own, and takes away what came of them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.project = f"ct{uuid4().hex[:10]}"
        self._images: list[str] = []

    def name(self, service: str, number: int = 1) -> str:
        return f"{self.project}-{service}-{number}"

    def spec(self, service: str = "web", number: int = 1, **fields: Any) -> ContainerSpec:
        """Return a container's spec; `fields` go into its config, but for a few beside it."""
        files, kept = fields.pop("files", ()), fields.pop("kept", None)
        one_off = fields.pop("one_off", None)
        name = fields.pop("name", self.name(service, number))
        config: dict[str, Any] = {"image": IMAGE, "command": STAYS, **fields}
        if not config.get("networks"):
            config.setdefault("network_mode", "bridge")
        return ContainerSpec(
            service=service,
            number=number,
            name=name,
            digest="",
            config=ContainerConfig(**config),
            labels={
                Label.PROJECT: self.project,
                Label.SERVICE: service,
                Label.NUMBER: str(number),
                Label.CONFIG_HASH: "0" * 64,
                Label.ONEOFF: "False",
            },
            files=files,
            kept=kept,
            one_off=one_off,
        )

    def create(self, service: str = "web", **fields: Any) -> str:
        """Create a container and return its name."""
        spec = self.spec(service, **fields)
        self.engine.create_container(spec)
        return spec.name

    def start(self, service: str = "web", **fields: Any) -> str:
        """Create and start a container and return its name."""
        name = self.create(service, **fields)
        self.engine.start(name)
        return name

    def finish(self, service: str = "web", **fields: Any) -> str:
        """Create and start a container, wait for its end, and return its name."""
        name = self.start(service, **fields)
        self.await_state(name, lambda state: state.status == "exited")
        return name

    def network(self, key: str = "front", **fields: Any) -> NetworkSpec:
        labels = {Label.PROJECT: self.project, Label.NETWORK: key, **fields.pop("labels", {})}
        return NetworkSpec(key=key, name=f"{self.project}_{key}", labels=labels, **fields)

    def volume(self, key: str = "data", **fields: Any) -> VolumeSpec:
        labels = {Label.PROJECT: self.project, Label.VOLUME: key, **fields.pop("labels", {})}
        return VolumeSpec(key=key, name=f"{self.project}_{key}", labels=labels, **fields)

    def make_network(self, key: str = "front", **fields: Any) -> str:
        spec = self.network(key, **fields)
        self.engine.create_network(spec)
        return spec.name

    def make_volume(self, key: str = "data", **fields: Any) -> str:
        spec = self.volume(key, **fields)
        self.engine.create_volume(spec)
        return spec.name

    def observe(self, container: str) -> ObservedContainer:
        found = self.engine.observe(Interest(project=self.project)).containers
        return next(one for one in found if one.name == container)

    def names(self) -> list[str]:
        found = self.engine.observe(Interest(project=self.project)).containers
        return sorted(one.name for one in found)

    def await_state(self, name: str, met: Callable[[ContainerState], bool]) -> ContainerState:
        return eventually(lambda: self.engine.state(name), met)

    def volumes(self, *names: str) -> set[str]:
        """Return which of the volumes exist."""
        interest = Interest(project=self.project, volumes=frozenset(names))
        return set(self.engine.observe(interest).volumes) & set(names)

    def image_name(self) -> str:
        """Return a name for an image, which is removed in the end."""
        self._images.append(f"{self.project}-image{len(self._images)}:latest")
        return self._images[-1]

    def clear(self) -> None:
        found = self.engine.observe(Interest(project=self.project))
        for container in found.containers:
            self.engine.remove(container.id, volumes=True, force=True)
        for network in found.networks:
            self.engine.remove_network(network)
        for volume in found.volumes:
            self.engine.remove_volume(volume)
        for image in self._images:
            with suppress(EngineError):
                self.engine.remove_image(image)


class Collected:
    """What a stream yields, taken in by a thread of its own."""

    def __init__(self, stream: Iterable[Any]) -> None:
        self.items: list[Any] = []
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: Iterable[Any]) -> None:
        try:
            for item in stream:
                self.items.append(item)
        except BaseException as error:
            self.error = error

    def until(self, met: Callable[[list[Any]], bool]) -> list[Any]:
        return eventually(lambda: list(self.items), met)

    def ended(self) -> list[Any]:
        """Return everything, once the stream has ended."""
        self._thread.join(SECONDS)
        assert not self._thread.is_alive(), f"the stream goes on: {self.items}"
        return self.items


@contextmanager
def collected(stream: Any) -> Iterator[Collected]:
    """Collect `stream`; in the end it is closed, and must end."""
    closing: Closing = stream
    collection = Collected(stream)
    yield collection
    closing.close()
    collection.ended()


def eventually(look: Callable[[], T], met: Callable[[T], bool]) -> T:
    """Return what `look` sees as soon as it is as it should be."""
    deadline = time.monotonic() + SECONDS
    while not met(seen := look()):
        assert time.monotonic() < deadline, f"after {SECONDS} s still {seen}"
        time.sleep(0.02)
    return seen


def free_port() -> int:
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        return int(plug.getsockname()[1])
