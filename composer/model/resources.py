"""What should exist: images, networks, volumes, containers, as the engine will be asked.

Names in here are the engine's names.  `ContainerConfig` is also what an
inspected container is read back into, so that a difference between the file
and the world is a difference between two values of one type.
"""

from __future__ import annotations

from collections.abc import Mapping

from composer.checksum import sha256_hex
from composer.model.build import Build
from composer.model.names import Label
from composer.model.project import Ipam
from composer.model.service import (
    BlkioConfig,
    Device,
    DeviceRequest,
    Healthcheck,
    Logging,
    Mount,
    NetworkReference,
    Port,
    Ulimit,
)
from composer.model.units import Bytes, Duration
from composer.record import dataclass, field
from composer.source import SourceMark

Strings = tuple[str, ...]
StringMap = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """`name` is no, always, on-failure or unless-stopped; `retries` 0 is without end.

    Without a name the engine does what it does for "no".
    """

    name: str = "no"
    retries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What of a container an engine changes while it runs; the names are ContainerConfig's.

    0 and None leave a limit as it is: engines cannot take most of them back.  Two are
    otherwise: `pids_limit` 0 is without limit, and `memswap_limit` 0 twice the memory.
    """

    cpu_period: int = 0
    cpu_quota: int = 0
    cpu_shares: int = 0
    cpus: float = 0
    cpuset: str | None = None
    mem_limit: Bytes = Bytes(0)
    mem_reservation: Bytes = Bytes(0)
    memswap_limit: Bytes = Bytes(0)
    pids_limit: int = 0
    restart: RestartPolicy = field(default_factory=RestartPolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerConfig:
    """What a container runs and how, without its name and composer's own labels.

    None and empty leave it to the image or the engine.  `labels` are the user's.
    """

    image: str
    annotations: StringMap = field(default_factory=dict)
    blkio_config: BlkioConfig | None = None
    cap_add: Strings = ()
    cap_drop: Strings = ()
    cgroup: str | None = None
    cgroup_parent: str | None = None
    command: Strings | None = None
    cpu_count: int = 0
    cpu_percent: float = 0
    cpu_period: int = 0
    cpu_quota: int = 0
    cpu_rt_period: int = 0
    cpu_rt_runtime: int = 0
    cpu_shares: int = 0
    cpus: float = 0
    cpuset: str | None = None
    device_cgroup_rules: Strings = ()
    device_requests: tuple[DeviceRequest, ...] = ()
    devices: tuple[Device, ...] = ()
    dns: Strings = ()
    dns_opt: Strings = ()
    dns_search: Strings = ()
    domainname: str | None = None
    entrypoint: Strings | None = None
    environment: Mapping[str, str | None] = field(default_factory=dict)
    expose: Strings = ()
    extra_hosts: Strings = ()
    group_add: Strings = ()
    healthcheck: Healthcheck | None = None
    hostname: str | None = None
    init: bool | None = None
    ipc: str | None = None
    isolation: str | None = None
    labels: StringMap = field(default_factory=dict)
    links: Strings = ()
    logging: Logging | None = None
    mac_address: str | None = None
    mem_limit: Bytes = Bytes(0)
    mem_reservation: Bytes = Bytes(0)
    mem_swappiness: int | None = None
    memswap_limit: Bytes = Bytes(0)
    mounts: tuple[Mount, ...] = ()
    network_mode: str | None = None
    networks: Mapping[str, NetworkReference] = field(default_factory=dict)
    oom_kill_disable: bool = False
    oom_score_adj: int = 0
    pid: str | None = None
    pids_limit: int = 0
    platform: str | None = None
    ports: tuple[Port, ...] = ()
    privileged: bool = False
    read_only: bool = False
    restart: RestartPolicy = field(default_factory=RestartPolicy)
    runtime: str | None = None
    security_opt: Strings = ()
    shm_size: Bytes = Bytes(0)
    stdin_open: bool = False
    stop_signal: str | None = None
    stop_timeout: Duration | None = None
    storage_opt: StringMap = field(default_factory=dict)
    sysctls: StringMap = field(default_factory=dict)
    tmpfs: Strings = ()
    tty: bool = False
    ulimits: Mapping[str, Ulimit] = field(default_factory=dict)
    user: str | None = None
    userns_mode: str | None = None
    uts: str | None = None
    volumes_from: Strings = ()
    working_dir: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerFile:
    """A file written into a container before its first start.  `mode` is a number, 0o444."""

    path: str
    content: bytes = field(repr=False)
    uid: int = 0
    gid: int = 0
    mode: int = 0o444


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Files that are written anew into a container, and the signals that tell it.

    `digest` is what the container is noted to have been told of, once it has been.
    """

    files: tuple[ContainerFile, ...]
    signals: Strings = ()
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOff:
    """What sets a one-off container apart from a replica.

    `attached`: its input ends with that of who joins it first.  `removed`: the engine
    removes it when it has ended.  `aliased`: it answers to the names of its service.
    `window` are the rows and columns of its terminal, for an engine that begins with them.
    """

    attached: bool = False
    removed: bool = False
    aliased: bool = False
    window: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedHash:
    """What a config hash is made of, for a container that shares what others have.

    Docker Compose hashes their ids.  In `text` marks stand for them; `containers` says
    whose id each mark is.
    """

    text: str
    containers: StringMap

    def digest(self, ids: StringMap) -> str:
        """Return the hash; `ids` are those of the containers, by name."""
        text = self.text
        for mark, container in self.containers.items():
            text = text.replace(mark, ids[container])
        return sha256_hex(text.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSpec:
    """A container that should exist.

    `labels` are Docker Compose's and ours, complete with `digest`, the config
    hash; with `shared` both become another when the container is created.
    `number` counts the replicas of `service` from 1; a one-off container has 0.
    `kept` is the volume of the files that cannot be written into it.
    """

    service: str
    number: int
    name: str
    digest: str
    config: ContainerConfig
    labels: StringMap = field(default_factory=dict)
    files: tuple[ContainerFile, ...] = ()
    kept: VolumeSpec | None = None
    one_off: OneOff | None = None
    shared: SharedHash | None = None

    @property
    def hook(self) -> str:
        """The hook that it runs for its service, pre_start; "" for all others."""
        return self.labels.get(Label.HOOK, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec:
    """A network that should exist.  `labels` are complete; `key` is its name in the file."""

    key: str
    name: str
    digest: str = ""
    external: bool = False
    driver: str | None = None
    driver_opts: StringMap = field(default_factory=dict)
    ipam: Ipam = field(default_factory=Ipam)
    internal: bool = False
    attachable: bool = False
    enable_ipv4: bool | None = None
    enable_ipv6: bool | None = None
    labels: StringMap = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeSpec:
    """A volume that should exist.  `labels` are complete; `key` is its name in the file.

    One that composer keeps `files` in is filled by way of a container of `image`.
    """

    key: str
    name: str
    digest: str = ""
    external: bool = False
    driver: str | None = None
    driver_opts: StringMap = field(default_factory=dict)
    labels: StringMap = field(default_factory=dict)
    files: tuple[ContainerFile, ...] = ()
    image: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSocket:
    """How a container may talk to the engine: a socket, and a config.json with credentials."""

    path: str
    config: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSpec:
    """An image to build.  `tags` begins with the name that the service will use.

    `labels` are complete.  `secrets` maps an id to a file path or, as
    "env:NAME", to a variable, of which `variables` may say what it holds.  With `check`
    nothing is built: the Dockerfile is looked at.  `upon` says which contexts are the images
    of which services; `push` has the builder itself push what no engine can hold.  `attested`
    are the modes of provenance and sbom that are asked for whatever the file says.  It is built
    for `every_platform` of the file if the engine can hold that, else for one.
    """

    service: str
    tags: Strings
    build: Build
    platform: str | None = None
    labels: StringMap = field(default_factory=dict)
    secrets: StringMap = field(default_factory=dict)
    no_cache: bool = False
    pull: bool = False
    quiet: bool = False
    builder: str | None = None
    memory: int = 0
    check: bool = False
    upon: StringMap = field(default_factory=dict)
    push: bool = False
    every_platform: bool = False
    attested: StringMap = field(default_factory=dict)
    variables: StringMap = field(default_factory=dict, repr=False)
    marks: Mapping[str, SourceMark] = field(default_factory=dict, repr=False, compare=False)
