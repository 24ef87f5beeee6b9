"""Containers of the fake engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from functools import partial
from typing import Any

from composer.engine.docker.request import container_request
from composer.engine.port import Report
from composer.errors import Conflict, EngineError, NameTaken, NotFound, Vanished
from composer.model.names import Label
from composer.model.observed import (
    ContainerState,
    MountPoint,
    ObservedContainer,
    ObservedVolume,
    ProbeRun,
    PublishedPort,
)
from composer.model.resources import ContainerConfig, ContainerSpec, Delivery, Limits, NetworkSpec
from composer.model.service import Logging, Mount, NetworkReference
from composer.model.settled import settled
from composer.model.units import Bytes
from composer.record import fields, replace
from support.world import EPOCH, Behaviour, FakeContainer, World, hexadecimal

API = (1, 41)
LIMITS = tuple(field.name for field in fields(Limits))
_LEAST_MEMORY = 6 * 1024 * 1024
_SIGNALS = {"1": "SIGHUP", "2": "SIGINT", "9": "SIGKILL", "15": "SIGTERM"}


class FakeContainers(World):
    def inspect(self, containers: Iterable[str]) -> Mapping[str, ObservedContainer]:
        with self.changed:
            found = [self.find(name) for name in containers if self.known(name)]
            return {live.id: self._inspected(live) for live in found}

    def state(self, container: str) -> ContainerState:
        with self.changed:
            return self.find(container).state

    def check(self, spec: ContainerSpec | NetworkSpec) -> None:
        if isinstance(spec, ContainerSpec):
            container_request(spec, API)

    def create_container(self, spec: ContainerSpec, report: Report | None = None) -> str:
        with self.changed:
            if (twin := self.containers.get(spec.name)) is not None:
                if _alike(twin.spec, spec):
                    return twin.id
                raise NameTaken(f"the container name {spec.name!r} is already in use")
            container_request(spec, API)  # refuses what this API does not know
            image = self._image_of(spec)
            live = FakeContainer(
                id=hexadecimal(f"container {spec.name} {self.tick()}"),
                name=spec.name,
                spec=spec,
                image_id=image,
                created=EPOCH + self.tick(),
                owners=self._owners_of(spec.config),
                networks=self._networks_of(spec.config),
                mounts=tuple(self._mount_points(spec)),
                files={
                    **self.built_files.get(spec.labels.get(Label.SERVICE, ""), {}),
                    **{file.path: file.content for file in spec.files},
                    **self._kept_files(spec),
                },
            )
            self._show_volumes(live)
            self.containers[spec.name] = live
            self.post(live, "create")
            if spec.files and spec.config.read_only:
                self.remove(live.id, volumes=True)
                raise EngineError("container rootfs is marked read-only")
            return live.id

    def update_container(self, container: str, limits: Limits) -> None:
        with self.changed:
            live = self.find(container)
            if refused := _why_no_update(live.spec.config, limits):
                raise EngineError(refused)
            kept = {name: value for name in LIMITS if (value := getattr(limits, name))}
            changes: dict[str, Any] = {**kept, "pids_limit": limits.pids_limit}
            if limits.mem_limit:
                changes["memswap_limit"] = limits.memswap_limit
            live.spec = replace(live.spec, config=replace(live.spec.config, **changes))

    def deliver(self, container: str, delivery: Delivery) -> None:
        with self.changed:
            live = self.find(container)
            if live.spec.config.read_only:
                raise EngineError("container rootfs is marked read-only")
            live.files.update({file.path: file.content for file in delivery.files})
            for signal in delivery.signals if live.running else ():
                self._signal(live, signal_name(signal))
            live.delivered = delivery.digest

    def delivered(self, containers: Iterable[str]) -> Mapping[str, str]:
        with self.changed:
            notes = {one: self.find(one).delivered for one in containers if self.known(one)}
            return {container: note for container, note in notes.items() if note is not None}

    def start(self, container: str) -> None:
        with self.changed:
            live = self.find(container)
            if live.running:
                return
            behaviour = self.behaviours.get(live.name, Behaviour())
            try:
                self._prepare(live, behaviour)
            except EngineError as error:
                live.state = replace(live.state, error=error.message)
                if live.spec.one_off is not None and live.spec.one_off.removed:
                    self.remove(live.id, volumes=True)
                raise
            self._carry_out(live, behaviour)

    def stop(self, container: str, timeout: float | None = None) -> None:
        with self.changed:
            live = self.find(container)
            if live.running:
                self._signal(live, live.spec.config.stop_signal or "SIGTERM")
                if live.running:
                    self._signal(live, "SIGKILL")
                self.post(live, "stop")

    @contextmanager
    def hearing_the_ends(
        self, containers: Iterable[str], ended: Callable[[str], None]
    ) -> Iterator[Set[str]]:
        with self.changed:
            known = {self.find(name).id: name for name in containers if self.known(name)}
            self.ends |= {id: partial(ended, name) for id, name in known.items()}
        try:
            yield frozenset(known.values())
        finally:
            with self.changed:
                self.ends = {id: one for id, one in self.ends.items() if id not in known}

    def restart(self, container: str, timeout: float | None = None) -> None:
        with self.changed:
            self.stop(container, timeout)
            self.start(container)
            self.post(self.find(container), "restart")

    def pause(self, container: str) -> None:
        with self.changed:
            live = self.find(container)
            if not live.running:
                raise Conflict(f"container {live.name} is not running")
            if live.state.status != "paused":
                live.state = replace(live.state, status="paused")
                self.post(live, "pause")

    def unpause(self, container: str) -> None:
        with self.changed:
            live = self.find(container)
            if live.state.status == "paused":
                live.state = replace(live.state, status="running")
                self.post(live, "unpause")

    def kill(self, container: str, signal: str = "SIGKILL") -> None:
        with self.changed:
            live = self.find(container)
            if live.running:
                self._signal(live, signal_name(signal))
            elif signal_name(signal) != "SIGKILL":
                raise Conflict(f"container {live.name} is not running")

    def remove(self, container: str, *, volumes: bool = False, force: bool = False) -> None:
        with self.changed:
            if not self.known(container):
                return
            live = self.find(container)
            if live.running and not force:
                raise Conflict(f"container {live.name} is running: stop it before removing it")
            if live.running:
                self._signal(live, "SIGKILL")
            del self.containers[live.name]
            for mount in live.mounts if volumes else ():
                used = any(mount.name == m.name for c in self.containers.values() for m in c.mounts)
                if mount.name and len(mount.name) == 64 and not used:
                    self.volumes.pop(mount.name, None)
            self.post(live, "destroy")

    def rename(self, container: str, name: str) -> None:
        with self.changed:
            live = self.find(container)
            if name == live.name:
                return
            if name in self.containers:
                raise NameTaken(f"the container name {name!r} is already in use")
            del self.containers[live.name]
            live.name = name
            self.containers[name] = live
            self.post(live, "rename")

    def _looked_at(self, live: FakeContainer, *, detailed: bool) -> ObservedContainer:
        """Return the container as a snapshot has it: composer's own with details, if wanted."""
        ours = Label.SETTLED in live.labels
        return self._inspected(live) if detailed and ours else self.observed(live)

    def observed(self, live: FakeContainer) -> ObservedContainer:
        """Return the container as a list call shows it."""
        return ObservedContainer(
            id=live.id,
            name=live.name,
            image=live.spec.config.image,
            image_id=live.image_id,
            state=ContainerState(
                status=live.state.status,
                exit_code=live.state.exit_code if live.state.status == "exited" else 0,
                health=live.state.health,
            ),
            labels=live.labels,
            command=" ".join(live.command),
            created=live.created,
            status_text=_status_text(live.state),
            ports=live.published,
            networks=dict(live.networks),
            addresses={name: (address,) for name, address in self._addresses_of(live)},
            mounts=live.mounts,
        )

    # Inside; the lock is held

    def _inspected(self, live: FakeContainer) -> ObservedContainer:
        defaults = ContainerConfig(
            image="",
            cgroup="private",
            command=("sh",),
            environment={"PATH": "/bin"},
            hostname=live.id[:12],
            ipc="private",
            logging=Logging(driver="json-file"),
            mounts=tuple(
                Mount(type="volume", target=one) for one in self._volumes_of(live.image_id)
            ),
            platform="linux/amd64",
            runtime="runc",
            shm_size=Bytes(64 * 1024 * 1024),
            stop_signal="SIGTERM",
        )
        names = {live.name, live.id[:12], live.spec.service}
        return replace(
            self.observed(live),
            state=live.state,
            config=settled(self._as_bound(live), defaults, names),
            defaults=defaults,
            joined=frozenset(live.spec.config.networks),
        )

    def _owners_of(self, config: ContainerConfig) -> dict[str, str]:
        """Return in whose namespaces a container lives, by id: a name may change hands."""
        modes = {name: getattr(config, name) or "" for name in ("network_mode", "ipc", "pid")}
        return {
            name: self.find(mode.removeprefix("container:")).id
            for name, mode in modes.items()
            if mode.startswith("container:")
        }

    def _as_bound(self, live: FakeContainer) -> ContainerConfig:
        """Return the config with the owners by the names they have now, by id if gone."""
        names = {other.id: other.name for other in self.containers.values()}
        changes: dict[str, Any] = {
            name: f"container:{names.get(id, id)}" for name, id in live.owners.items()
        }
        return replace(live.spec.config, **changes)

    def _image_of(self, spec: ContainerSpec) -> str:
        image = self.image_named(spec.config.image)
        if image is None:
            raise NotFound(f"no such image: {spec.config.image}")
        return image.id

    def _networks_of(self, config: ContainerConfig) -> dict[str, str]:
        """Return the networks by name.  That one is missing is found out at the start."""
        kind, _, other = (config.network_mode or "").partition(":")
        if kind == "container":
            self.find(other)
            return {}
        names = list(config.networks) or [config.network_mode or "none"]
        return {name: self.networks[name].id if name in self.networks else "" for name in names}

    def _prepare(self, live: FakeContainer, behaviour: Behaviour) -> None:
        for owner in live.owners.values():
            if not self.known(owner):
                raise Vanished(f"no such container: {owner}")
        if behaviour.fails is not None:
            raise EngineError(behaviour.fails)
        for name in live.networks:
            if name not in self.networks:
                raise Vanished(f"network {name} not found")
            live.networks[name] = self.networks[name].id
        for name, reference in live.spec.config.networks.items():
            self._take_address(name, reference)
        published = () if set(live.networks) <= {"none", "host"} else self._free_ports(live)
        if live.command[:1] and live.command[0].startswith("/no/such"):
            live.state = replace(live.state, exit_code=127)
            raise EngineError(f"{live.command[0]}: no such file or directory")
        live.published = tuple(published)

    def _take_address(self, network: str, reference: NetworkReference | None) -> None:
        """Refuse an address that somebody who runs has."""
        taken = (one for live in self.containers.values() for one in self._addresses_of(live))
        if reference is not None and (network, reference.ipv4_address) in taken:
            raise Conflict("address already in use")

    def _addresses_of(self, live: FakeContainer) -> Iterator[tuple[str, str]]:
        """Yield the static addresses that a container has while it runs, with the networks."""
        for name, reference in live.spec.config.networks.items():
            if live.running and reference is not None and reference.ipv4_address:
                yield name, reference.ipv4_address

    def _free_ports(self, live: FakeContainer) -> list[PublishedPort]:
        taken = {
            (port.published, port.protocol)
            for other in self.containers.values()
            for port in other.published
        }
        published = []
        for port in live.spec.config.ports:
            protocol = port.protocol or "tcp"
            first, _, last = (port.published or "").partition("-")
            numbers = range(int(first), int(last or first) + 1) if first else range(49153, 65536)
            free = next((number for number in numbers if (number, protocol) not in taken), None)
            if free is None:
                raise Conflict(f"bind for {port.published} failed: port is already allocated")
            taken.add((free, protocol))
            host_ip = port.host_ip or "0.0.0.0"
            published.append(
                PublishedPort(
                    target=port.target, protocol=protocol, host_ip=host_ip, published=free
                )
            )
        return published

    def _volumes_of(self, image_id: str) -> tuple[str, ...]:
        image = self.image_named(image_id)
        return image.volumes if image else ()

    def _mount_points(self, spec: ContainerSpec) -> Iterator[MountPoint]:
        """Yield what is mounted: its own, else what others give, else what the image asks for."""
        own = tuple(self._own_mount_points(spec.config.mounts))
        given = {
            point.target: point
            for source in spec.config.volumes_from
            for point in self.find(source.partition(":")[0]).mounts
        }
        points = {**given, **{point.target: point for point in own}}
        asked = (one for one in self._volumes_of(self._image_of(spec)) if one not in points)
        yield from points.values()
        yield from self._own_mount_points(Mount(type="volume", target=one) for one in asked)

    def _own_mount_points(self, mounts: Iterable[Mount]) -> Iterator[MountPoint]:
        for mount in mounts:
            name = None
            if mount.type == "volume":
                name = mount.source or hexadecimal(f"volume {mount.target} {self.tick()}")
                self.volumes.setdefault(name, ObservedVolume(name=name))
            yield MountPoint(
                type=mount.type,
                target=mount.target,
                name=name,
                source=mount.source if mount.type == "bind" else None,
                read_only=mount.read_only,
                driver="local" if mount.type == "volume" else "",
            )

    def _carry_out(self, live: FakeContainer, behaviour: Behaviour) -> None:
        probed = live.probed or behaviour.health_after_start is not None
        config = live.spec.config
        live.state = ContainerState(
            status="running",
            started_at=self.stamp(),
            health="starting" if probed else None,
            check=config.healthcheck,
            memory=config.mem_limit,
        )
        self.post(live, "start")
        said = live.run(live.command)
        live.trap = said.trap
        for stream, data in said.output:
            self.print(live, stream, data)
        for text in behaviour.output:
            self.say(live.name, text)
        live.reads = said.reads_input
        code = said.exit_code if behaviour.exits is None else behaviour.exits
        if live.reads and not config.stdin_open:
            code = 0
        if code is not None:
            self.end(live, code)
        elif probed and behaviour.health_after_start is None:
            self._probe(live)
        elif probed and behaviour.health_after_start != "starting":
            self.become(live.name, health=behaviour.health_after_start)

    def _probe(self, live: FakeContainer) -> None:
        """Run the probe as often as it takes; one that the shell does not know succeeds."""
        check = live.spec.config.healthcheck
        assert check is not None
        kind, *words = check.test
        said = live.run(("sh", "-c", *words) if kind == "CMD-SHELL" else words)
        output = b"".join(data for _, data in said.output).decode().strip()
        ran = ProbeRun(exit_code=said.exit_code or 0, output=output, start=EPOCH, end=EPOCH + 0.1)
        if ran.exit_code == 0:
            self.become(live.name, health="healthy", probes=(ran,))
        else:
            streak = check.retries or 3
            self.become(live.name, health="unhealthy", probes=(ran,) * streak, streak=streak)

    def _kept_files(self, spec: ContainerSpec) -> dict[str, bytes]:
        """Return what a container sees of the files in a volume, by path."""
        found = {}
        for mount in spec.config.mounts if spec.kept else ():
            if spec.kept and mount.source == spec.kept.name and mount.volume:
                kept = self.files_in.get(spec.kept.name, {})
                if mount.volume.subpath not in kept:
                    raise EngineError("invalid mount config: bind source path does not exist")
                found[mount.target] = kept[mount.volume.subpath]
        return found

    def _show_volumes(self, live: FakeContainer) -> None:
        """Have a container see what is in its volumes by now."""
        for mount in live.mounts:
            if mount.name and mount.target not in live.files:
                live.directories.add(mount.target)
                inside = self.inside.get(mount.name, {})
                live.files.update({f"{mount.target}/{path}": inside[path] for path in inside})

    def _signal(self, live: FakeContainer, signal: str) -> None:
        live.told.append(signal)
        self.post(live, "kill")
        if signal == "SIGKILL":
            self.end(live, 137)
        elif signal == "SIGTERM" and live.trap is not None:
            self.end(live, live.trap)
        if not live.running and live.id in self.ends:
            self.ends.pop(live.id)()


def _alike(live: ContainerSpec, wanted: ContainerSpec) -> bool:
    return (
        bool(wanted.labels)
        and all(
            live.labels.get(name) == value
            for name, value in wanted.labels.items()
            if name not in (Label.REPLACE, Label.REPLACED_BECAUSE)
        )
        and (wanted.config.image, wanted.config.mounts) == (live.config.image, live.config.mounts)
    )


def _why_no_update(live: ContainerConfig, limits: Limits) -> str | None:
    """Return why the engine refuses limits, None if it does not."""
    if 0 < limits.mem_limit < _LEAST_MEMORY:
        return "Minimum memory limit allowed is 6MB"
    if 0 < limits.memswap_limit < limits.mem_limit:
        return "Minimum memoryswap limit should be larger than memory limit, see usage"
    if limits.cpu_quota and live.cpus:
        return "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set"
    return None


def signal_name(signal: str) -> str:
    name = _SIGNALS.get(signal, signal.upper())
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
