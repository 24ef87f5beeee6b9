"""What exists: a snapshot of the engine, taken before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from composer.model.names import Label, is_replacement_name
from composer.model.project import Ipam
from composer.model.resources import ContainerConfig
from composer.model.service import Healthcheck
from composer.record import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """What a snapshot should hold besides everything that carries the project's label.

    Networks, volumes and images are named as the engine names them: the file may
    use some that somebody else made.  With `details`, the containers that composer made
    are inspected: their labels do not tell what was changed of them while they live.  With
    `limits` it is found out as well which limits the engine keeps.
    """

    project: str
    networks: frozenset[str] = frozenset()
    volumes: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()
    details: bool = False
    limits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeRun:
    """One run of a container's probe; `start` and `end` are in seconds since the epoch.

    An `exit_code` of -1 is the engine's: it could not start the probe, or ended it.
    """

    exit_code: int
    output: str = ""
    start: float = 0
    end: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerState:
    """What a container does right now.

    `status` is created, running, paused, restarting, removing, exited or dead.
    `health` is starting, healthy or unhealthy, None without a probe.
    `unstartable` is one of which the engine has lost track: it can only be replaced.
    `unprobed` is one whose probe is long overdue: an engine that was restarted under it
    may never run it again.  `probes` are the last runs of the probe, oldest first, and
    `streak` says how many failed in a row and count; `check` is the probe, be it the
    image's.  `memory` is the limit in bytes, 0 for none, and `restarts` how often the
    engine started it again.
    """

    status: str
    exit_code: int = 0
    health: str | None = None
    oom_killed: bool = False
    error: str = ""
    unstartable: bool = False
    unprobed: bool = False
    started_at: str = ""
    probes: tuple[ProbeRun, ...] = ()
    streak: int = 0
    check: Healthcheck | None = None
    memory: int = 0
    restarts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPort:
    """A port as the engine reports it.  `published` is None when it is only exposed."""

    target: int
    protocol: str
    host_ip: str = ""
    published: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MountPoint:
    """A mount of a live container.  `name` is the volume's; anonymous ones have 64 hex digits.

    `driver` is the volume's too, and tells nothing of what is mounted.
    """

    type: str
    target: str
    name: str | None = None
    source: str | None = None
    read_only: bool = False
    driver: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedContainer:
    """A live container.  `config` is known only when it was inspected, and `settled` then.

    `defaults` is what its image and its engine fill in where nothing is said.
    `status_text` is the engine's own wording ("Up 3 minutes (healthy)"), `created`
    seconds since the epoch, `networks` maps names to network ids, `addresses` names of
    networks to what the container is reached at there.

    Known when it was inspected: `joined`, the networks in which it bears the name of its
    service, so that a Compose put it there; and `unkept`, the limits of which its engine
    keeps no account.  `delivered` is the digest of what was last written into it while it
    lived, None if nothing was or nobody looked.
    """

    id: str
    name: str
    image: str
    image_id: str
    state: ContainerState
    labels: Mapping[str, str] = field(default_factory=dict)
    command: str = ""
    created: int = 0
    status_text: str = ""
    ports: tuple[PublishedPort, ...] = ()
    networks: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mounts: tuple[MountPoint, ...] = ()
    config: ContainerConfig | None = None
    defaults: ContainerConfig | None = None
    joined: frozenset[str] = frozenset()
    unkept: frozenset[str] = frozenset()
    delivered: str | None = None

    @property
    def service(self) -> str:
        return self.labels.get(Label.SERVICE, "")

    @property
    def number(self) -> int:
        """The replica, counted from 1; 0 for one-off containers and nonsense."""
        text = self.labels.get(Label.NUMBER, "")
        return int(text) if text.isdecimal() else 0

    @property
    def digest(self) -> str | None:
        return self.labels.get(Label.CONFIG_HASH)

    @property
    def oneoff(self) -> bool:
        return self.labels.get(Label.ONEOFF, "").lower() == "true"

    @property
    def hook(self) -> str:
        """The hook that it runs for its service, pre_start; "" for all others."""
        return self.labels.get(Label.HOOK, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedNetwork:
    """A live network.  `digest` is its config-hash label, None if it has none.

    `ipam` has the pools, those too that the engine chose by itself.
    """

    id: str
    name: str
    driver: str = "bridge"
    labels: Mapping[str, str] = field(default_factory=dict)
    internal: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    ipam: Ipam = field(default_factory=Ipam)
    attachable: bool = False
    enable_ipv6: bool = False

    @property
    def digest(self) -> str | None:
        return self.labels.get(Label.CONFIG_HASH)

    @property
    def project(self) -> str | None:
        return self.labels.get(Label.PROJECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Addresses that a live network, of whatever project, has taken."""

    network: str
    project: str | None
    subnet: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedVolume:
    """A live volume.  `digest` is its config-hash label, None if it has none.

    `created` is when, in the engine's words; a volume made anew has another time.
    `mountpoint` is where the engine's host has it.
    """

    name: str
    driver: str = "local"
    labels: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    scope: str = "local"
    mountpoint: str = ""

    @property
    def digest(self) -> str | None:
        return self.labels.get(Label.CONFIG_HASH)

    @property
    def project(self) -> str | None:
        return self.labels.get(Label.PROJECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeUsage:
    """How large a volume is, in bytes, None if nobody knows, and who mounts it."""

    size: int | None = None
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedImage:
    """A local image.  `tagged_at` is when it got its tag here, in seconds since the epoch.

    Known when it was inspected: that moment, or else when it was made, as `dated_at` and,
    in the engine's words, as `dated`, `platform`
    as in "linux/amd64", `size` in bytes, the ports that are `exposed`, as in "80/tcp",
    the hashes of what is in its `layers`, and where it asks for `volumes`.
    `created`, in seconds since the epoch, and `parent` are known when it was listed.
    """

    id: str
    refs: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    tagged_at: float = 0
    dated_at: float = 0
    dated: str = ""
    platform: str = ""
    size: int = 0
    exposed: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    created: int = 0
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Begun:
    """What this very run has done before the snapshot.

    `fresh` are the containers that it made or started: who has ended since has done its
    work, and is not started again.  `awaited` are those that it still waits for.
    """

    fresh: frozenset[str] = frozenset()
    awaited: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Observed:
    """One project's share of an engine.

    `networks` and `volumes` are keyed by their engine name, `images` by the
    reference that was asked for; what does not exist is absent.  `pools` are those of
    every network there is; `begun` is what this run did before.  `lenient_networks`
    says that a container needs its network only while it runs: it may come first, and go last.
    """

    containers: tuple[ObservedContainer, ...] = ()
    networks: Mapping[str, ObservedNetwork] = field(default_factory=dict)
    volumes: Mapping[str, ObservedVolume] = field(default_factory=dict)
    images: Mapping[str, ObservedImage] = field(default_factory=dict)
    pools: tuple[Pool, ...] = ()
    begun: Begun = Begun()
    lenient_networks: bool = False

    def of(self, service: str) -> tuple[ObservedContainer, ...]:
        """Return the replicas of `service` by number; one-off containers are none.

        Nor are the init containers of later Composes, which carry no config hash.
        """
        return self._replicas.get(service, ())

    @cached_property
    def _replicas(self) -> Mapping[str, tuple[ObservedContainer, ...]]:
        """The containers of each service, found out once: every service is asked for often."""
        found: dict[str, list[ObservedContainer]] = {}
        for one in self.containers:
            if not one.oneoff and one.digest is not None:
                found.setdefault(one.service, []).append(one)
        for replicas in found.values():
            replicas.sort(key=lambda c: (c.number, is_replacement_name(c.name), c.name))
        return {service: tuple(replicas) for service, replicas in found.items()}

    def standing(self, service: str) -> tuple[ObservedContainer, ...]:
        """Return one container for each replica of `service`, by number.

        Of two that an interrupted replacement left it is the one that runs, else the
        one with the proper name.
        """
        by_number: dict[int, ObservedContainer] = {}
        for container in self.of(service):
            known = by_number.setdefault(container.number, container)
            if known.state.status != "running" and container.state.status == "running":
                by_number[container.number] = container
        return tuple(by_number.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineVersion:
    """Who answers: `address` as tried, `version` of the engine, `api` as negotiated."""

    address: str
    version: str
    api: str
    os: str = ""
    arch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineEvent:
    """Something happened to a container.  `time` is in nanoseconds since the epoch."""

    action: str
    container: str
    name: str
    time: int
    labels: Mapping[str, str] = field(default_factory=dict)
    exit_code: int | None = None
