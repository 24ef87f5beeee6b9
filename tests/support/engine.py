"""An engine in memory that refuses what Docker refuses.

`tests/contract` runs one suite against this and a real engine; that is what
entitles the other tests to trust it.  Nothing happens by itself: a container
stops when its command ends (see `shell`), when it is told to, or when a test
says so with `behave` and `become`.  Restart policies are not carried out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from threading import Condition, RLock

from composer.engine.port import Report
from composer.errors import Conflict, EngineError, NotFound
from composer.model.events import LogLine, Progress
from composer.model.names import Label, full_reference
from composer.model.observed import (
    ContainerState,
    EngineEvent,
    EngineVersion,
    Interest,
    MountPoint,
    Observed,
    ObservedContainer,
    ObservedImage,
    ObservedNetwork,
    ObservedVolume,
    PublishedPort,
)
from composer.model.resources import BuildSpec, ContainerSpec, NetworkSpec, VolumeSpec
from composer.model.service import NetworkReference
from support.shell import Run, run
from support.streams import FakeEvents, FakeExec, FakeLogs

EPOCH = 1_767_225_600
BUILT_IN_NETWORKS = ("bridge", "host", "none")


@dataclass(frozen=True)
class Behaviour:
    """What a container does when it is started, instead of what its command says."""

    health_after_start: str | None = None
    exits: int | None = None
    fails: str | None = None
    output: tuple[str, ...] = ()


@dataclass(eq=False)
class FakeContainer:
    id: str
    name: str
    spec: ContainerSpec
    image_id: str
    created: int
    state: ContainerState = field(default_factory=lambda: ContainerState(status="created"))
    networks: dict[str, str] = field(default_factory=dict)
    mounts: tuple[MountPoint, ...] = ()
    published: tuple[PublishedPort, ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)
    output: list[LogLine] = field(default_factory=list)
    trap: int | None = None

    @property
    def running(self) -> bool:
        return self.state.status in ("running", "paused", "restarting")

    @property
    def labels(self) -> dict[str, str]:
        return {**self.spec.config.labels, **self.spec.labels}

    @property
    def probed(self) -> bool:
        probe = self.spec.config.healthcheck
        return bool(probe and not probe.disable and probe.test and probe.test[0] != "NONE")


class FakeEngine:
    """The whole port.  `images` are present, `pullable` can be pulled.

    `containers`, `networks`, `volumes` and `images` are there to be looked at,
    by name.  `failing_builds` maps a service to the error of its build, and
    `sources` a service to any text: another text, another image.
    """

    def __init__(self, images: Iterable[str] = (), pullable: Iterable[str] = ()) -> None:
        self.containers: dict[str, FakeContainer] = {}
        self.networks: dict[str, ObservedNetwork] = {
            name: ObservedNetwork(id=_hex(f"network {name}"), name=name, driver=driver)
            for name, driver in zip(BUILT_IN_NETWORKS, ("bridge", "host", "null"), strict=True)
        }
        self.volumes: dict[str, ObservedVolume] = {}
        self.images: dict[str, ObservedImage] = {}
        self.pullable = {full_reference(ref): "1" for ref in pullable}
        self.failing_builds: dict[str, str] = {}
        self.sources: dict[str, str] = {}
        self._behaviours: dict[str, Behaviour] = {}
        self._streams: list[FakeEvents] = []
        self._changed = Condition(RLock())
        self._ticks = 0
        for ref in images:
            self._tag(full_reference(ref), f"image {full_reference(ref)} 1")

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
        self._behaviours[container] = Behaviour(health_after_start, exits, fails, tuple(output))

    def become(
        self,
        container: str,
        *,
        health: str | None = None,
        exits: int | None = None,
        status: str | None = None,
        oom_killed: bool = False,
        probes: tuple[str, ...] = (),
    ) -> None:
        """Change a container as if it had changed by itself, events included."""
        with self._changed:
            live = self._find(container)
            if probes:
                live.state = replace(live.state, probes=probes)
            if health is not None:
                live.state = replace(live.state, health=health)
                self._post(live, f"health_status: {health}")
            if status is not None:
                live.state = replace(live.state, status=status)
            if exits is not None:
                self._end(live, exits, oom_killed=oom_killed)

    def say(self, container: str, text: str, stream: str = "stdout") -> None:
        """Let a container print lines."""
        with self._changed:
            live = self._find(container)
            for line in text.encode().splitlines():
                live.output.append(LogLine(live.name, line, stream, self._stamp()))
            self._changed.notify_all()

    def publish(self, ref: str, content: str = "1") -> None:
        """Let the registry have `ref`; another content is another image."""
        self.pullable[full_reference(ref)] = content

    def break_streams(self) -> None:
        """Cut every event stream, as a dying engine does."""
        with self._changed:
            for stream in self._streams:
                stream.break_off()

    # Reader

    def version(self) -> EngineVersion:
        return EngineVersion(
            address="fake://", version="20.10.24", api="1.41", os="linux", arch="amd64"
        )

    def observe(self, interest: Interest) -> Observed:
        with self._changed:
            return Observed(
                containers=tuple(
                    self._observed(live)
                    for live in self.containers.values()
                    if live.labels.get(Label.PROJECT) == interest.project
                ),
                networks={
                    name: network
                    for name, network in self.networks.items()
                    if network.project == interest.project or name in interest.networks
                },
                volumes={
                    name: volume
                    for name, volume in self.volumes.items()
                    if volume.project == interest.project or name in interest.volumes
                },
                images={
                    ref: replace(image, tagged_at=0)
                    for ref in sorted(interest.images)
                    if (image := self._image(ref)) is not None
                },
            )

    def inspect(self, containers: Iterable[str]) -> Mapping[str, ObservedContainer]:
        with self._changed:
            found = [self._find(name) for name in containers if self._known(name)]
            return {
                live.id: replace(self._observed(live), config=live.spec.config, state=live.state)
                for live in found
            }

    def state(self, container: str) -> ContainerState:
        with self._changed:
            return self._find(container).state

    def image(self, ref: str) -> ObservedImage | None:
        with self._changed:
            return self._image(ref)

    # Writer

    def create_network(self, spec: NetworkSpec) -> None:
        with self._changed:
            if spec.name in self.networks:
                raise Conflict(f"network with name {spec.name} already exists")
            self.networks[spec.name] = ObservedNetwork(
                id=_hex(f"network {spec.name} {self._tick()}"),
                name=spec.name,
                driver=spec.driver or "bridge",
                labels=dict(spec.labels),
            )

    def remove_network(self, name: str) -> None:
        with self._changed:
            if name in BUILT_IN_NETWORKS:
                raise Conflict(f"{name} is a pre-defined network and cannot be removed")
            if users := [
                c.name for c in self.containers.values() if c.running and name in c.networks
            ]:
                raise Conflict(f"network {name} has active endpoints: {', '.join(users)}")
            if self.networks.pop(name, None):
                for live in self.containers.values():
                    live.networks.pop(name, None)

    def connect(self, container: str, network: str, endpoint: NetworkReference) -> None:
        with self._changed:
            live = self._find(container)
            if network not in self.networks:
                raise NotFound(f"network {network} not found")
            if network in live.networks:
                raise Conflict(
                    f"endpoint with name {live.name} already exists in network {network}"
                )
            live.networks[network] = self.networks[network].id
            live.spec = _joined(live.spec, network, endpoint)

    def disconnect(self, container: str, network: str) -> None:
        with self._changed:
            live = self._find(container)
            if network not in self.networks:
                raise NotFound(f"network {network} not found")
            live.networks.pop(network, None)
            live.spec = _left(live.spec, network)

    def create_volume(self, spec: VolumeSpec) -> None:
        with self._changed:
            driver = spec.driver or "local"
            live = self.volumes.get(spec.name)
            if live is not None and live.driver != driver:
                raise Conflict(f"a volume named {spec.name} already exists with another driver")
            if live is None:
                self.volumes[spec.name] = ObservedVolume(
                    name=spec.name, driver=driver, labels=dict(spec.labels)
                )

    def remove_volume(self, name: str) -> None:
        with self._changed:
            users = [c.name for c in self.containers.values() if _mounts(c, name)]
            if users:
                raise Conflict(f"volume {name} is in use by {', '.join(users)}")
            self.volumes.pop(name, None)

    def create_container(self, spec: ContainerSpec, report: Report | None = None) -> str:
        with self._changed:
            if spec.name in self.containers:
                raise Conflict(f"the container name {spec.name!r} is already in use")
            image = self._image(spec.config.image)
            if image is None:
                raise NotFound(f"no such image: {spec.config.image}")
            networks = self._networks_of(spec)
            live = FakeContainer(
                id=_hex(f"container {spec.name} {self._tick()}"),
                name=spec.name,
                spec=spec,
                image_id=image.id,
                created=EPOCH + self._ticks,
                networks=networks,
                mounts=tuple(self._mount_points(spec)),
                files={file.path: file.content for file in spec.files},
            )
            self.containers[spec.name] = live
            self._post(live, "create")
            return live.id

    def start(self, container: str) -> None:
        with self._changed:
            live = self._find(container)
            if live.running:
                return
            behaviour = self._behaviours.get(live.name, Behaviour())
            if behaviour.fails is not None:
                live.state = replace(live.state, error=behaviour.fails)
                raise EngineError(behaviour.fails)
            self._claim_networks(live)
            self._claim_ports(live)
            live.state = ContainerState(
                status="running",
                started_at=self._stamp(),
                health="starting" if live.probed or behaviour.health_after_start else None,
            )
            self._post(live, "start")
            self._carry_out(live, behaviour)

    def stop(self, container: str, timeout: float | None = None) -> None:
        with self._changed:
            live = self._find(container)
            if live.running:
                name = live.spec.config.stop_signal or "SIGTERM"
                if not self._signal(live, name):
                    self._signal(live, "SIGKILL")
                self._post(live, "stop")

    def kill(self, container: str, signal: str = "SIGKILL") -> None:
        with self._changed:
            live = self._find(container)
            if live.running:
                self._signal(live, _signal_name(signal))
            elif _signal_name(signal) != "SIGKILL":
                raise Conflict(f"container {live.name} is not running")

    def remove(self, container: str, *, volumes: bool = False, force: bool = False) -> None:
        with self._changed:
            if not self._known(container):
                return
            live = self._find(container)
            if live.running and not force:
                raise Conflict(f"container {live.name} is running: stop it before removing it")
            if live.running:
                self._signal(live, "SIGKILL")
            del self.containers[live.name]
            for mount in live.mounts if volumes else ():
                if mount.name and len(mount.name) == 64:
                    self.volumes.pop(mount.name, None)
            self._post(live, "destroy")

    def rename(self, container: str, name: str) -> None:
        with self._changed:
            live = self._find(container)
            if name == live.name:
                return
            if name in self.containers:
                raise Conflict(f"the container name {name!r} is already in use")
            del self.containers[live.name]
            live.name = name
            self.containers[name] = live
            self._post(live, "rename")

    # Images

    def pull(self, ref: str, platform: str | None, report: Report) -> None:
        with self._changed:
            content = self.pullable.get(full_reference(ref))
            if content is None:
                raise NotFound(f"image {ref} is not in the registry, or not without a login")
            layer = _hex(f"layer {ref} {content}")[:12]
            for text, current in (("Downloading", 50), ("Pull complete", 100)):
                report(Progress(text, part=layer, current=current, total=100))
            self._tag(full_reference(ref), f"image {full_reference(ref)} {content}")

    def build(self, spec: BuildSpec, report: Report) -> None:
        with self._changed:
            report(Progress("Step 1/1 : FROM scratch"))
            if spec.service in self.failing_builds:
                raise EngineError(self.failing_builds[spec.service])
            seed = f"build {spec.service} {spec.build!r} {self.sources.get(spec.service, '')}"
            for tag in spec.tags:
                self._tag(full_reference(tag), seed, spec.labels)

    def push(self, ref: str, report: Report) -> None:
        with self._changed:
            if self._image(ref) is None:
                raise NotFound(f"no such image: {ref}")
            self.pullable[full_reference(ref)] = "pushed"
            report(Progress("Pushed", part=_hex(ref)[:12]))

    def remove_image(self, ref: str) -> None:
        with self._changed:
            image = self._image(ref)
            if image is None:
                return
            users = [c.name for c in self.containers.values() if c.image_id == image.id]
            if users and len(image.refs) == 1:
                raise Conflict(f"image {ref} is used by {', '.join(users)}")
            del self.images[full_reference(ref)]

    # Streams

    def changes(self, project: str) -> FakeEvents:
        with self._changed:
            stream = FakeEvents(project, self._forget)
            self._streams.append(stream)
            return stream

    def logs(
        self,
        container: str,
        *,
        follow: bool = False,
        tail: int | None = None,
        since: str | None = None,
        until: str | None = None,
        timestamps: bool = False,
    ) -> FakeLogs:
        with self._changed:
            live = self._find(container)
            first = 0 if tail is None else max(0, len(live.output) - tail)

            def read(position: int) -> list[LogLine] | None:
                with self._changed:
                    while follow and live.running and not logs.closed:
                        if len(live.output) > first + position:
                            break
                        self._changed.wait()
                    lines = live.output[first + position :]
                    if not timestamps:
                        lines = [replace(line, time="") for line in lines]
                    return lines or None

            logs = FakeLogs(read, self._wake)
            return logs

    def exec(
        self,
        container: str,
        command: tuple[str, ...],
        *,
        environment: tuple[str, ...] = (),
        interactive: bool = False,
        privileged: bool = False,
        tty: bool = False,
        user: str | None = None,
        workdir: str | None = None,
    ) -> FakeExec:
        with self._changed:
            live = self._find(container)
            if not live.running:
                raise Conflict(f"container {live.name} is not running")
            said = _shell(live, command, environment, user, workdir)
            reads = said.reads_input and interactive
            return FakeExec(said.output, said.exit_code or 0, reads=reads, tty=tty)

    def exec_detached(
        self,
        container: str,
        command: tuple[str, ...],
        *,
        environment: tuple[str, ...] = (),
        privileged: bool = False,
        tty: bool = False,
        user: str | None = None,
        workdir: str | None = None,
    ) -> None:
        self.exec(container, command, environment=environment, user=user, workdir=workdir)

    def close(self) -> None:
        with self._changed:
            for stream in list(self._streams):
                stream.close()

    # Inside; the lock is held

    def _known(self, container: str) -> bool:
        return container in self.containers or any(
            live.id.startswith(container) for live in self.containers.values() if container
        )

    def _find(self, container: str) -> FakeContainer:
        if container in self.containers:
            return self.containers[container]
        for live in self.containers.values():
            if container and live.id.startswith(container):
                return live
        raise NotFound(f"no such container: {container}")

    def _image(self, ref: str) -> ObservedImage | None:
        found = self.images.get(full_reference(ref.removeprefix("docker.io/library/")))
        if found is not None:
            return found
        return next((image for image in self.images.values() if image.id == ref), None)

    def _tag(self, ref: str, seed: str, labels: Mapping[str, str] | None = None) -> None:
        id = f"sha256:{_hex(seed)}"
        self.images[ref] = ObservedImage(id=id, labels=dict(labels or {}))
        self.images[ref] = replace(self.images[ref], tagged_at=EPOCH + self._tick())
        for other in list(self.images):
            refs = tuple(sorted(r for r, i in self.images.items() if i.id == self.images[other].id))
            self.images[other] = replace(self.images[other], refs=refs)

    def _networks_of(self, spec: ContainerSpec) -> dict[str, str]:
        config = spec.config
        if config.network_mode and config.network_mode.startswith("container:"):
            self._find(config.network_mode.removeprefix("container:"))
            return {}
        names = list(config.networks) or [config.network_mode or "none"]
        return {name: self.networks[name].id if name in self.networks else "" for name in names}

    def _claim_networks(self, live: FakeContainer) -> None:
        for name in live.networks:
            if name not in self.networks and name != "default":
                live.state = replace(live.state, error=f"network {name} not found")
                raise NotFound(f"network {name} not found")
            live.networks[name] = self.networks[name].id if name in self.networks else ""

    def _claim_ports(self, live: FakeContainer) -> None:
        taken = {
            (port.published, port.protocol)
            for other in self.containers.values()
            if other.running
            for port in other.published
        }
        published = []
        for port in live.spec.config.ports:
            protocol = port.protocol or "tcp"
            first, _, last = (port.published or "").partition("-")
            numbers = range(int(first), int(last or first) + 1) if first else range(49153, 65536)
            free = next((n for n in numbers if (n, protocol) not in taken), None)
            if free is None:
                error = f"port {port.published} is already allocated"
                live.state = replace(live.state, error=error)
                raise Conflict(error)
            taken.add((free, protocol))
            published.append(
                PublishedPort(
                    target=port.target,
                    protocol=protocol,
                    host_ip=port.host_ip or "0.0.0.0",
                    published=free,
                )
            )
        live.published = tuple(published)

    def _mount_points(self, spec: ContainerSpec) -> Iterable[MountPoint]:
        for mount in spec.config.mounts:
            name = None
            if mount.type == "volume":
                name = mount.source or _hex(f"volume {spec.name} {mount.target} {self._tick()}")
                self.volumes.setdefault(name, ObservedVolume(name=name))
            yield MountPoint(
                type=mount.type,
                target=mount.target,
                name=name,
                source=mount.source if mount.type == "bind" else None,
                read_only=mount.read_only,
            )

    def _carry_out(self, live: FakeContainer, behaviour: Behaviour) -> None:
        said = _shell(live, _command(live.spec))
        live.trap = said.trap
        for stream, data in said.output:
            self.say(live.name, data.decode(), stream)
        for text in behaviour.output:
            self.say(live.name, text)
        code = said.exit_code if behaviour.exits is None else behaviour.exits
        if code is not None:
            self._end(live, code)
        elif live.state.health and behaviour.health_after_start != "starting":
            self.become(live.name, health=behaviour.health_after_start or "healthy")

    def _signal(self, live: FakeContainer, signal: str) -> bool:
        """Send a signal; say whether the container died of it."""
        self._post(live, "kill")
        if signal == "SIGKILL":
            self._end(live, 137)
        elif signal == "SIGTERM" and live.trap is not None:
            self._end(live, live.trap)
        return not live.running

    def _end(self, live: FakeContainer, code: int, *, oom_killed: bool = False) -> None:
        live.state = replace(
            live.state,
            status="exited",
            exit_code=code,
            oom_killed=oom_killed,
            health=live.state.health and "unhealthy",
        )
        live.published = ()
        if oom_killed:
            self._post(live, "oom")
        self._post(live, "die", code)

    def _observed(self, live: FakeContainer) -> ObservedContainer:
        brief = ContainerState(
            status=live.state.status,
            exit_code=live.state.exit_code,
            health=live.state.health if live.running else None,
        )
        return ObservedContainer(
            id=live.id,
            name=live.name,
            image=live.spec.config.image,
            image_id=live.image_id,
            state=brief,
            labels=live.labels,
            command=" ".join(_command(live.spec)),
            created=live.created,
            status_text=_status_text(live.state),
            ports=live.published,
            networks=dict(live.networks),
            mounts=live.mounts,
        )

    def _post(self, live: FakeContainer, action: str, code: int | None = None) -> None:
        event = EngineEvent(
            action=action,
            container=live.id,
            name=live.name,
            time=(EPOCH + self._tick()) * 1_000_000_000,
            labels=live.labels,
            exit_code=code,
        )
        for stream in self._streams:
            if stream.project == live.labels.get(Label.PROJECT):
                stream.post(event)
        self._changed.notify_all()

    def _forget(self, stream: FakeEvents) -> None:
        with self._changed:
            if stream in self._streams:
                self._streams.remove(stream)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _tick(self) -> int:
        self._ticks += 1
        return self._ticks

    def _stamp(self) -> str:
        moment = datetime.fromtimestamp(EPOCH + self._tick(), UTC)
        return moment.strftime("%Y-%m-%dT%H:%M:%S.000000000Z")


def _hex(seed: str) -> str:
    return sha256(seed.encode()).hexdigest()


def _command(spec: ContainerSpec) -> tuple[str, ...]:
    return (*(spec.config.entrypoint or ()), *(spec.config.command or ()))


def _shell(
    live: FakeContainer,
    command: tuple[str, ...],
    environment: tuple[str, ...] = (),
    user: str | None = None,
    workdir: str | None = None,
) -> Run:
    config = live.spec.config
    if not command:
        return Run()
    added = {name: value for name, _, value in (text.partition("=") for text in environment)}
    return run(
        command,
        {**config.environment, **added},
        live.files,
        user=user or config.user or "0",
        workdir=workdir or config.working_dir or "/",
    )


def _mounts(live: FakeContainer, volume: str) -> bool:
    return any(mount.name == volume for mount in live.mounts)


def _joined(spec: ContainerSpec, network: str, endpoint: NetworkReference) -> ContainerSpec:
    networks = {**spec.config.networks, network: endpoint}
    return replace(spec, config=replace(spec.config, networks=networks))


def _left(spec: ContainerSpec, network: str) -> ContainerSpec:
    networks = {name: ref for name, ref in spec.config.networks.items() if name != network}
    return replace(spec, config=replace(spec.config, networks=networks))


def _signal_name(signal: str) -> str:
    numbers = {"1": "SIGHUP", "2": "SIGINT", "9": "SIGKILL", "15": "SIGTERM"}
    name = numbers.get(signal, signal.upper())
    return name if name.startswith("SIG") else f"SIG{name}"


def _status_text(state: ContainerState) -> str:
    match state.status:
        case "running" if state.health:
            health = "health: starting" if state.health == "starting" else state.health
            return f"Up 1 second ({health})"
        case "running":
            return "Up 1 second"
        case "exited":
            return f"Exited ({state.exit_code}) 1 second ago"
        case status:
            return status.capitalize()
