"""A service as the file means it, in long form.

The order of the fields is the order of `config` output and of Docker Compose's
config hash; `model/tree.py` and `loader/bind.py` read names, order and types
from here.  None and empty mean "not set".
"""

from __future__ import annotations

from collections.abc import Mapping

from composer.model.build import Build, Develop
from composer.model.deploy import Deploy
from composer.model.units import Bytes, Duration
from composer.record import dataclass, field

Strings = tuple[str, ...]
StringMap = Mapping[str, str]
NullableStringMap = Mapping[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A command run in, or beside, a container at a moment of its life."""

    command: Strings | None = None
    image: str | None = None
    user: str | None = None
    privileged: bool = False
    working_dir: str | None = None
    environment: NullableStringMap = field(default_factory=dict)
    per_replica: bool = False
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightDevice:
    path: str
    weight: int = 0
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottleDevice:
    path: str
    rate: Bytes = Bytes(0)
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlkioConfig:
    weight: int = 0
    weight_device: tuple[WeightDevice, ...] = ()
    device_read_bps: tuple[ThrottleDevice, ...] = ()
    device_read_iops: tuple[ThrottleDevice, ...] = ()
    device_write_bps: tuple[ThrottleDevice, ...] = ()
    device_write_iops: tuple[ThrottleDevice, ...] = ()
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReference:
    """A config or secret that a service uses.  `mode` is octal text such as "0440"."""

    source: str
    target: str | None = None
    uid: str | None = None
    gid: str | None = None
    mode: str | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialSpec:
    config: str | None = None
    file: str | None = None
    registry: str | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """Why and how a service waits for another."""

    condition: str = "service_started"
    restart: bool = False
    required: bool = True
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    source: str
    target: str | None = None
    permissions: str | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    type: str
    options: Mapping[str, Strings] = field(default_factory=dict)
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvFile:
    path: str
    required: bool = True
    format: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRequest:
    """A request for GPUs and the like.  `count` is -1 for all."""

    capabilities: Strings = ()
    driver: str | None = None
    count: int | None = None
    device_ids: Strings = ()
    options: StringMap = field(default_factory=dict)
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Healthcheck:
    """A probe.  `test` starts with CMD, CMD-SHELL or NONE; None keeps what the image says."""

    test: Strings = ()
    timeout: Duration | None = None
    interval: Duration | None = None
    retries: int | None = None
    start_period: Duration | None = None
    start_interval: Duration | None = None
    disable: bool = False
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    driver: str | None = None
    options: StringMap = field(default_factory=dict)
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReference:
    endpoint_var: str | None = None
    model_var: str | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkReference:
    """How a service joins a network.  Higher `priority` is joined first."""

    aliases: Strings = ()
    driver_opts: StringMap = field(default_factory=dict)
    gw_priority: int = 0
    interface_name: str | None = None
    ipv4_address: str | None = None
    ipv6_address: str | None = None
    link_local_ips: Strings = ()
    mac_address: str | None = None
    priority: int = 0
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """A port of the container.  `published` is None or text: "8080", or a range "8080-8090"."""

    name: str | None = None
    mode: str | None = None
    host_ip: str | None = None
    target: int
    published: str | None = None
    protocol: str | None = None
    app_protocol: str | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BindOptions:
    """`create_host_path` None is not written, which means what True means."""

    selinux: str | None = None
    propagation: str | None = None
    create_host_path: bool | None = None
    recursive: str | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolumeOptions:
    labels: StringMap = field(default_factory=dict)
    nocopy: bool = False
    subpath: str | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TmpfsOptions:
    size: Bytes | None = None
    mode: int | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageOptions:
    subpath: str | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """What stands at `target`: a volume (by its key in the file), a bind, a tmpfs, an image."""

    type: str
    source: str | None = None
    target: str
    read_only: bool = False
    consistency: str | None = None
    bind: BindOptions | None = None
    volume: VolumeOptions | None = None
    tmpfs: TmpfsOptions | None = None
    image: ImageOptions | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ulimit:
    """`single` for both limits at once, or `soft` and `hard`; -1 is unlimited."""

    single: int | None = None
    soft: int | None = None
    hard: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One entry under `services`.  `command` and `entrypoint`: None keeps the image's."""

    name: str
    profiles: Strings = ()
    annotations: StringMap = field(default_factory=dict)
    attach: bool | None = None
    build: Build | None = None
    develop: Develop | None = None
    blkio_config: BlkioConfig | None = None
    cap_add: Strings = ()
    cap_drop: Strings = ()
    cgroup_parent: str | None = None
    cgroup: str | None = None
    cpu_count: int = 0
    cpu_percent: float = 0
    cpu_period: int = 0
    cpu_quota: int = 0
    cpu_rt_period: int = 0
    cpu_rt_runtime: int = 0
    cpus: float = 0
    cpuset: str | None = None
    cpu_shares: int = 0
    command: Strings | None = None
    configs: tuple[FileReference, ...] = ()
    container_name: str | None = None
    credential_spec: CredentialSpec | None = None
    depends_on: Mapping[str, Dependency] = field(default_factory=dict)
    deploy: Deploy | None = None
    device_cgroup_rules: Strings = ()
    devices: tuple[Device, ...] = ()
    dns: Strings = ()
    dns_opt: Strings = ()
    dns_search: Strings = ()
    domainname: str | None = None
    entrypoint: Strings | None = None
    provider: Provider | None = None
    environment: NullableStringMap = field(default_factory=dict)
    env_file: tuple[EnvFile, ...] = ()
    expose: Strings = ()
    external_links: Strings = ()
    extra_hosts: Strings = ()
    group_add: Strings = ()
    gpus: tuple[DeviceRequest, ...] = ()
    hostname: str | None = None
    healthcheck: Healthcheck | None = None
    image: str | None = None
    init: bool | None = None
    ipc: str | None = None
    isolation: str | None = None
    labels: StringMap = field(default_factory=dict)
    label_file: Strings = ()
    links: Strings = ()
    logging: Logging | None = None
    mem_limit: Bytes = Bytes(0)
    mem_reservation: Bytes = Bytes(0)
    memswap_limit: Bytes = Bytes(0)
    mem_swappiness: Bytes = Bytes(0)
    mac_address: str | None = None
    models: Mapping[str, ModelReference | None] = field(default_factory=dict)
    network_mode: str | None = None
    networks: Mapping[str, NetworkReference | None] = field(default_factory=dict)
    oom_kill_disable: bool = False
    oom_score_adj: int = 0
    pid: str | None = None
    pids_limit: int = 0
    platform: str | None = None
    ports: tuple[Port, ...] = ()
    privileged: bool = False
    pull_policy: str | None = None
    pull_refresh_after: str | None = None
    read_only: bool = False
    restart: str | None = None
    runtime: str | None = None
    scale: int | None = None
    secrets: tuple[FileReference, ...] = ()
    security_opt: Strings = ()
    shm_size: Bytes = Bytes(0)
    stdin_open: bool = False
    stop_grace_period: Duration | None = None
    stop_signal: str | None = None
    storage_opt: StringMap = field(default_factory=dict)
    sysctls: StringMap = field(default_factory=dict)
    tmpfs: Strings = ()
    tty: bool = False
    ulimits: Mapping[str, Ulimit] = field(default_factory=dict)
    use_api_socket: bool = False
    user: str | None = None
    userns_mode: str | None = None
    uts: str | None = None
    volumes: tuple[Mount, ...] = ()
    volumes_from: Strings = ()
    working_dir: str | None = None
    pre_start: tuple[Hook, ...] = ()
    post_start: tuple[Hook, ...] = ()
    pre_stop: tuple[Hook, ...] = ()
    extensions: Mapping[str, object] = field(default_factory=dict)

    @property
    def replicas(self) -> int:
        """How many containers the file asks for."""
        if self.scale is not None:
            return self.scale
        if self.deploy is not None and self.deploy.replicas is not None:
            return self.deploy.replicas
        return 1
