"""What there is on the fake engine, and what a test may say about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from threading import Condition, RLock

from composer.errors import Vanished
from composer.model.events import LogLine
from composer.model.layers import Layer
from composer.model.names import Label, full_reference
from composer.model.observed import (
    ContainerState,
    EngineEvent,
    MountPoint,
    ObservedImage,
    ObservedNetwork,
    ObservedVolume,
    Pool,
    ProbeRun,
    PublishedPort,
)
from composer.model.provision import ModelSpec, Setting
from composer.model.reference import KnownRegistries
from composer.model.resources import ContainerSpec
from composer.model.usage import Sample
from composer.model.vicinity import Machine
from support.shell import Run, run
from support.streams import FakeEvents

EPOCH = 1_767_225_600
BUILT_IN_NETWORKS = {"bridge": "bridge", "host": "host", "none": "null"}


@dataclass(frozen=True)
class Behaviour:
    """What a container does when it is started, instead of what its command says."""

    health_after_start: str | None = None
    exits: int | None = None
    fails: str | None = None
    output: tuple[str, ...] = ()


@dataclass(eq=False)
class FakeContainer:
    """`trap` is the exit code on SIGTERM, None if the command ignores it.

    `owners` maps network_mode, ipc and pid to the id of the container it lives in.
    `lacks` are programs that its image does not have, `busy` is why nothing can be removed.
    `told` are the signals that it was sent, `delivered` what it was noted to have got.
    `said` is its output in pieces, `reads` whether its command waits for input, `ends`
    how often it has ended, and `size` the rows and columns of its terminal.
    """

    id: str
    name: str
    spec: ContainerSpec
    image_id: str
    created: int
    state: ContainerState = field(default_factory=lambda: ContainerState(status="created"))
    owners: dict[str, str] = field(default_factory=dict)
    networks: dict[str, str] = field(default_factory=dict)
    mounts: tuple[MountPoint, ...] = ()
    published: tuple[PublishedPort, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()
    busy: str = ""
    directories: set[str] = field(default_factory=lambda: {"/", "/tmp", "/etc"})
    told: list[str] = field(default_factory=list)
    delivered: str | None = None
    output: list[LogLine] = field(default_factory=list)
    trap: int | None = None
    said: list[tuple[str, bytes]] = field(default_factory=list)
    reads: bool = False
    ends: int = 0
    size: tuple[int, int] | None = None

    @property
    def running(self) -> bool:
        return self.state.status in ("running", "paused", "restarting")

    @property
    def labels(self) -> dict[str, str]:
        return {**self.spec.config.labels, **self.spec.labels}

    @property
    def command(self) -> tuple[str, ...]:
        return (*(self.spec.config.entrypoint or ()), *(self.spec.config.command or ()))

    @property
    def probed(self) -> bool:
        probe = self.spec.config.healthcheck
        return bool(probe and not probe.disable and probe.test and probe.test[0] != "NONE")

    def forget(self, path: str) -> None:
        """Remove what is at `path`, with all below."""
        for one in [one for one in self.files if one == path or one.startswith(f"{path}/")]:
            del self.files[one]
        self.directories -= {
            one for one in self.directories if one == path or one.startswith(f"{path}/")
        }

    def run(
        self,
        command: tuple[str, ...],
        environment: Iterable[str] = (),
        user: str | None = None,
        workdir: str | None = None,
    ) -> Run:
        """Return what `command` does in this container; nothing at all runs on."""
        config = self.spec.config
        if command[:1] and command[0] in self.lacks:
            said = f'exec: "{command[0]}": executable file not found in $PATH'
            return Run(output=[("stdout", said.encode())], exit_code=126)
        if command[:1] == ("rm",) and self.busy:
            return Run(output=[("stderr", self.busy.encode())], exit_code=1)
        if command[:3] == ("rm", "-rf", "--"):
            for path in command[3:]:
                self.forget(path)
            return Run(exit_code=0)
        added = {name: value for name, _, value in (text.partition("=") for text in environment)}
        return run(
            command,
            {**config.environment, **added},
            self.files,
            user=user or config.user or "0",
            workdir=workdir or config.working_dir or "/",
        )


@dataclass(frozen=True)
class FakeProvider:
    """What a provider tells when it is asked; `fails` is why it cannot."""

    tells: tuple[Setting, ...] = ()
    stops: bool = False
    fails: str | None = None


class World:
    """`containers`, `networks`, `volumes` and `images` are there to be looked at, by name.

    `failing_builds` maps a service to the error of its build, and `sources` a
    service to any text: another text, another image; `sizes` a volume to its
    bytes; `used` a container to the samples of what it uses.  `where` says where the
    engine runs, `files_in` what composer keeps in a volume, `inside` what else is in one,
    `devices` what lies where a volume is told to keep its data, and `built_files` what is
    in the image of a service.
    """

    def __init__(self, images: Iterable[str] = (), pullable: Iterable[str] = ()) -> None:
        self.containers: dict[str, FakeContainer] = {}
        self.networks = {
            name: ObservedNetwork(id=hexadecimal(f"network {name}"), name=name, driver=driver)
            for name, driver in BUILT_IN_NETWORKS.items()
        }
        self.pools: dict[str, tuple[Pool, ...]] = {}
        self.where = Machine()
        self.known_registries = KnownRegistries()
        self.volumes: dict[str, ObservedVolume] = {}
        self.sizes: dict[str, int] = {}
        self.files_in: dict[str, dict[str, bytes]] = {}
        self.built_files: dict[str, dict[str, bytes]] = {}
        self.inside: dict[str, dict[str, bytes]] = {}
        self.devices: dict[str, dict[str, bytes]] = {}
        self.images: dict[str, ObservedImage] = {}
        self.nameless: dict[str, set[str]] = {}
        self.pullable = {full_reference(ref): "1" for ref in pullable}
        self.failing_builds: dict[str, str] = {}
        self.endless_builds: set[str] = set()
        self.builds_let_go = 0
        self.baking = True
        self.said_by_builds: tuple[str, ...] = ("Step 1/1 : FROM scratch",)
        self.histories: dict[str, tuple[Layer, ...]] = {}
        self.baked: list[tuple[str, ...]] = []
        self.sources: dict[str, str] = {}
        self.behaviours: dict[str, Behaviour] = {}
        self.providers: dict[str, FakeProvider] = {}
        self.provided: dict[str, str] = {}
        self.models: dict[str, ModelSpec | None] = {}
        self.model_endpoint: str | None = None
        self.used: dict[str, list[Sample]] = {}
        self.streams: list[FakeEvents] = []
        self.ends: dict[str, Callable[[], None]] = {}
        self.history: list[EngineEvent] = []
        self.changed = Condition(RLock())
        self._ticks = 0
        for ref in images:
            self.tag(full_reference(ref), f"image {full_reference(ref)} 1")

    # What a test says

    def behave(
        self,
        container: str,
        *,
        health_after_start: str | None = None,
        exits: int | None = None,
        fails: str | None = None,
        output: Iterable[str] = (),
    ) -> None:
        """Decide what `container` does whenever it is started.

        A container with a probe is healthy at once unless told otherwise;
        `fails` is the error of the start itself.
        """
        self.behaviours[container] = Behaviour(health_after_start, exits, fails, tuple(output))

    def become(
        self,
        container: str,
        *,
        health: str | None = None,
        exits: int | None = None,
        status: str | None = None,
        oom_killed: bool = False,
        probes: tuple[ProbeRun, ...] = (),
        streak: int = 0,
    ) -> None:
        """Change a container as if it had changed by itself, events included."""
        with self.changed:
            live = self.find(container)
            if probes:
                live.state = replace(live.state, probes=probes, streak=streak)
                if code := probes[-1].exit_code:
                    self.post(live, "exec_die", code)
            if health is not None:
                live.state = replace(live.state, health=health)
                self.post(live, f"health_status: {health}")
            if status is not None:
                live.state = replace(live.state, status=status)
            if exits is not None:
                self.end(live, exits, oom_killed=oom_killed)

    def say(self, container: str, text: str, stream: str = "stdout") -> None:
        """Let a container print lines."""
        with self.changed:
            data = text.encode()
            self.print(self.find(container), stream, data if data.endswith(b"\n") else data + b"\n")

    def publish(self, ref: str, content: str = "1") -> None:
        """Let the registry have `ref`; another content is another image."""
        self.pullable[full_reference(ref)] = content

    def break_streams(self) -> None:
        """Cut every event stream, as a dying engine does."""
        with self.changed:
            for stream in self.streams:
                stream.break_off()

    # What the rest of the fake stands on; the lock is held

    def print(self, live: FakeContainer, stream: str, data: bytes) -> None:
        if live.spec.config.tty:
            stream, data = "stdout", data.replace(b"\n", b"\r\n")
        for line in data.splitlines():
            live.output.append(LogLine(live.name, line, stream, self.stamp()))
        live.said.append((stream, data))
        self.changed.notify_all()

    def known(self, container: str) -> bool:
        return any(
            container == name or (container and live.id.startswith(container))
            for name, live in self.containers.items()
        )

    def find(self, container: str) -> FakeContainer:
        if container in self.containers:
            return self.containers[container]
        for live in self.containers.values():
            if container and live.id.startswith(container):
                return live
        raise Vanished(f"no such container: {container}")

    def image_named(self, ref: str) -> ObservedImage | None:
        """Return the image for `ref`: by tag, as Docker reads it, or by id."""
        name, at, digest = ref.partition("@")
        if at:
            own = f"{full_reference(name).rpartition(':')[0]}@{digest}"
            return next((image for image in self.images.values() if own in image.digests), None)
        familiar = ref.removeprefix("docker.io/").removeprefix("library/")
        if found := self.images.get(full_reference(familiar)):
            return found
        if not re.fullmatch("(sha256:)?[0-9a-f]{12,64}", ref):
            return None
        wanted = f"sha256:{ref.removeprefix('sha256:')}"
        return next((image for image in self.images.values() if image.id.startswith(wanted)), None)

    def tag(
        self,
        ref: str,
        seed: str,
        labels: Mapping[str, str] | None = None,
        digests: tuple[str, ...] = (),
    ) -> None:
        """Give the name `ref` to the image that grows from `seed`."""
        id = f"sha256:{hexadecimal(seed)}"
        before = self.images.get(ref)
        if before is not None and before.id != id and before.refs == (ref,):
            owner = before.labels.get(Label.PROJECT, "")
            self.nameless.setdefault(owner, set()).add(before.id)
        moment = float(EPOCH + self.tick())
        self.images[ref] = ObservedImage(
            id=id,
            labels=dict(labels or {}),
            tagged_at=moment,
            dated_at=moment,
            dated=datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.000000001Z"),
            platform="linux/amd64",
            size=2_203_846,
            digests=digests,
            layers=(f"layer of {id}",),
        )
        for name, image in self.images.items():
            refs = sorted(other for other, its in self.images.items() if its.id == image.id)
            self.images[name] = replace(image, refs=tuple(refs))

    def end(self, live: FakeContainer, code: int, *, oom_killed: bool = False) -> None:
        live.state = replace(
            live.state, status="exited", exit_code=code, oom_killed=oom_killed, health=None
        )
        live.published = ()
        live.ends += 1
        if oom_killed:
            self.post(live, "oom")
        self.post(live, "die", code)
        if live.spec.one_off is not None and live.spec.one_off.removed:
            self.containers.pop(live.name, None)
            self.post(live, "destroy")

    def post(self, live: FakeContainer, action: str, code: int | None = None) -> None:
        event = EngineEvent(
            action=action,
            container=live.id,
            name=live.name,
            time=(EPOCH + self.tick()) * 1_000_000_000,
            labels=live.labels,
            exit_code=code,
        )
        self.history.append(event)
        for stream in self.streams:
            if stream.project == live.labels.get(Label.PROJECT):
                stream.post(event)
        self.changed.notify_all()

    def tick(self) -> int:
        self._ticks += 1
        return self._ticks

    def stamp(self) -> str:
        moment = datetime.fromtimestamp(EPOCH + self.tick(), UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000000000Z")


def hexadecimal(seed: str) -> str:
    """Return 64 digits that stay the same for the same `seed`."""
    return sha256(seed.encode()).hexdigest()
