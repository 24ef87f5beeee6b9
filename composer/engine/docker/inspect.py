"""The JSON of an inspect → ObservedContainer with its config.  Pure.

What comes out is `settled`: for a container made from a spec it equals the
spec's config, settled with the same defaults.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from composer.engine.docker.listing import (
    addresses_in,
    healthcheck,
    inspected_state,
    mount_point,
    seconds_since_epoch,
)
from composer.engine.docker.mounts import read_mounts
from composer.model.names import Label
from composer.model.observed import ObservedContainer, PublishedPort
from composer.model.one_form import in_one_form
from composer.model.resources import ContainerConfig, RestartPolicy
from composer.model.service import (
    BlkioConfig,
    Device,
    DeviceRequest,
    Logging,
    Mount,
    NetworkReference,
    Port,
    ThrottleDevice,
    Ulimit,
    WeightDevice,
)
from composer.model.settled import settled
from composer.model.units import SECOND, Bytes, Duration

Json = Mapping[str, Any]

_BUILT_IN = ("bridge", "default", "host", "none")
_SHM = 64 * 1024 * 1024
_KEPT_BY = {
    "CPUSet": ("cpuset",),
    "CPUShares": ("cpu_shares",),
    "CpuCfsPeriod": ("cpu_period", "cpus"),
    "CpuCfsQuota": ("cpu_quota", "cpus"),
    "MemoryLimit": ("mem_limit", "mem_reservation", "memswap_limit"),
    "PidsLimit": ("pids_limit",),
    "SwapLimit": ("memswap_limit",),
}
"""The limits that an engine keeps if it says so of its kernel."""

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm/v7", "i686": "386"}


def inspected_container(
    json: Json,
    image: Json | None,
    engine: Json,
    names: Mapping[str, str],
    proxies: Mapping[str, str],
) -> ObservedContainer:
    """Return a container with its config.

    `image` is its image's JSON, None when that is gone; `engine` what the engine
    says of itself: of one that makes all as usual, the version of its control groups will do.
    `names` maps ids of containers, whose namespaces this one may share, to names.
    """
    name = json["Name"].lstrip("/")
    labels = json["Config"].get("Labels") or {}
    defaults = in_one_form(_defaults(json, image or {}, engine, proxies))
    own = {name, json["Id"][:12], labels.get(Label.SERVICE, "")}
    networks = (json.get("NetworkSettings") or {}).get("Networks") or {}
    return ObservedContainer(
        id=json["Id"],
        name=name,
        image=json["Config"].get("Image", ""),
        image_id=json.get("Image", ""),
        state=inspected_state(json),
        labels=labels,
        command=" ".join((json.get("Path") or "", *(json.get("Args") or ()))),
        created=int(seconds_since_epoch(json.get("Created") or "")),
        ports=tuple(_published(json)),
        networks={key: (net or {}).get("NetworkID", "") for key, net in networks.items()},
        addresses=addresses_in(networks),
        mounts=tuple(mount_point(mount) for mount in json.get("Mounts") or ()),
        config=settled(_config(json, image or {}, names), defaults, own),
        defaults=defaults,
        joined=_joined(networks, labels.get(Label.SERVICE)),
        unkept=frozenset(
            name for key, names in _KEPT_BY.items() if engine.get(key) is False for name in names
        ),
    )


def shared_containers(json: Json) -> Iterable[str]:
    """Yield the ids of the containers whose namespaces a container shares."""
    for field in ("NetworkMode", "IpcMode", "PidMode"):
        kind, _, id = (json["HostConfig"].get(field) or "").partition(":")
        if kind == "container":
            yield id


def _joined(networks: Json, service: str | None) -> frozenset[str]:
    return frozenset(
        name for name, one in networks.items() if service in ((one or {}).get("Aliases") or ())
    )


def is_usual(json: Json, cgroup: str) -> bool:
    """Say whether a container has what most engines fill in; `cgroup` is the version of theirs.

    Then it makes no difference whether the file says so, or the engine does.
    """
    host = json["HostConfig"]
    private = cgroup == "2" and not host.get("Privileged")
    return (
        host.get("CgroupnsMode") == ("private" if private else "host")
        and (host.get("LogConfig") or {}).get("Type") == "json-file"
        and host.get("Runtime") == "runc"
        and host.get("NetworkMode") != "host"
    )


def _defaults(json: Json, image: Json, engine: Json, proxies: Mapping[str, str]) -> ContainerConfig:
    """Return what the image and the engine would fill in for this container."""
    config, host = image.get("Config") or {}, json["HostConfig"]
    platform = _platform(image)
    if machine := engine.get("Architecture"):
        platform = f"{engine.get('OSType', 'linux')}/{_MACHINES.get(machine, machine)}"
    private = str(engine.get("CgroupVersion")) == "2" and not host.get("Privileged")
    return ContainerConfig(
        image="",
        cgroup="private" if private else "host",
        command=_strings(config.get("Cmd")) or None,
        entrypoint=_strings(config.get("Entrypoint")) or None,
        environment=_environment(config),
        expose=tuple(config.get("ExposedPorts") or ()),
        healthcheck=healthcheck(config.get("Healthcheck")),
        hostname=engine.get("Name") if host.get("NetworkMode") == "host" else json["Id"][:12],
        ipc="private",
        labels=config.get("Labels") or {},
        logging=Logging(driver=engine.get("LoggingDriver") or "json-file"),
        mounts=tuple(
            Mount(type="volume", target=target) for target in sorted(config.get("Volumes") or ())
        ),
        platform=platform,
        runtime=engine.get("DefaultRuntime") or "runc",
        shm_size=Bytes(_SHM),
        stop_signal=config.get("StopSignal") or "SIGTERM",
        user=config.get("User") or None,
        working_dir=config.get("WorkingDir") or None,
    )


def _config(json: Json, image: Json, names: Mapping[str, str]) -> ContainerConfig:
    config, host = json["Config"], json["HostConfig"]
    shared = str(host.get("NetworkMode")).startswith("container:")
    stop_timeout = config.get("StopTimeout")
    return ContainerConfig(
        image=config.get("Image", ""),
        command=_strings(config.get("Cmd")),
        domainname=config.get("Domainname") or None,
        entrypoint=_strings(config.get("Entrypoint")),
        environment=_environment(config),
        expose=tuple(config.get("ExposedPorts") or ()),
        healthcheck=healthcheck(config.get("Healthcheck")),
        hostname=None if shared else config.get("Hostname") or None,
        labels=config.get("Labels") or {},
        links=tuple(sorted(links(json))),
        mounts=tuple(read_mounts(host)),
        networks=_networks(json),
        platform=_platform(image),
        stdin_open=bool(config.get("OpenStdin")),
        stop_signal=config.get("StopSignal") or None,
        stop_timeout=None if stop_timeout is None else Duration(stop_timeout * SECOND),
        tty=bool(config.get("Tty")),
        user=config.get("User") or None,
        working_dir=config.get("WorkingDir") or None,
        **_namespaces(host, names),
        **_host(host),
        **_limits(host),
    )


def _namespaces(host: Json, names: Mapping[str, str]) -> dict[str, Any]:
    def named(mode: str | None) -> str | None:
        kind, _, id = (mode or "").partition(":")
        return f"container:{names.get(id, id)}" if kind == "container" else mode or None

    return {
        "cgroup": host.get("CgroupnsMode") or None,
        "ipc": named(host.get("IpcMode")),
        "network_mode": named(host.get("NetworkMode")),
        "pid": named(host.get("PidMode")),
        "userns_mode": host.get("UsernsMode") or None,
        "uts": host.get("UTSMode") or None,
    }


def _host(host: Json) -> dict[str, Any]:
    log = host.get("LogConfig") or {}
    restart = host.get("RestartPolicy") or {}
    return {
        "annotations": host.get("Annotations") or {},
        "cap_add": _strings(host.get("CapAdd")) or (),
        "cap_drop": _strings(host.get("CapDrop")) or (),
        "cgroup_parent": host.get("CgroupParent") or None,
        "device_requests": tuple(_requests(host)),
        "devices": tuple(_devices(host)),
        "dns": _strings(host.get("Dns")) or (),
        "dns_opt": _strings(host.get("DnsOptions")) or (),
        "dns_search": _strings(host.get("DnsSearch")) or (),
        "extra_hosts": tuple(text.replace(":", "=", 1) for text in host.get("ExtraHosts") or ()),
        "group_add": _strings(host.get("GroupAdd")) or (),
        "init": host.get("Init"),
        "isolation": host.get("Isolation") or None,
        "logging": Logging(driver=log.get("Type") or None, options=log.get("Config") or {}),
        "ports": tuple(_ports(host)),
        "privileged": bool(host.get("Privileged")),
        "read_only": bool(host.get("ReadonlyRootfs")),
        "restart": RestartPolicy(
            name=restart.get("Name") or "no", retries=restart.get("MaximumRetryCount") or 0
        ),
        "runtime": host.get("Runtime") or None,
        "security_opt": _security(host),
        "storage_opt": host.get("StorageOpt") or {},
        "sysctls": host.get("Sysctls") or {},
        "tmpfs": tuple(f"{path}:{rest}" for path, rest in (host.get("Tmpfs") or {}).items()),
        "volumes_from": _strings(host.get("VolumesFrom")) or (),
    }


def _limits(host: Json) -> dict[str, Any]:
    return {
        "blkio_config": _blkio(host),
        "cpu_count": host.get("CpuCount") or 0,
        "cpu_percent": (host.get("CpuPercent") or 0) / 100,
        "cpu_period": host.get("CpuPeriod") or 0,
        "cpu_quota": host.get("CpuQuota") or 0,
        "cpu_rt_period": host.get("CpuRealtimePeriod") or 0,
        "cpu_rt_runtime": host.get("CpuRealtimeRuntime") or 0,
        "cpu_shares": host.get("CpuShares") or 0,
        "cpus": (host.get("NanoCpus") or 0) / 1e9,
        "cpuset": host.get("CpusetCpus") or None,
        "device_cgroup_rules": _strings(host.get("DeviceCgroupRules")) or (),
        "mem_limit": Bytes(host.get("Memory") or 0),
        "mem_reservation": Bytes(host.get("MemoryReservation") or 0),
        "mem_swappiness": host.get("MemorySwappiness"),
        "memswap_limit": Bytes(host.get("MemorySwap") or 0),
        "oom_kill_disable": bool(host.get("OomKillDisable")),
        "oom_score_adj": host.get("OomScoreAdj") or 0,
        "pids_limit": host.get("PidsLimit") or 0,
        "shm_size": Bytes(host.get("ShmSize") or 0),
        "ulimits": {
            limit["Name"]: Ulimit(soft=limit["Soft"], hard=limit["Hard"])
            for limit in host.get("Ulimits") or ()
        },
    }


def _strings(value: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)


def _environment(config: Json) -> dict[str, str | None]:
    pairs = (text.partition("=") for text in config.get("Env") or ())
    return {name: value if separator else None for name, separator, value in pairs}


def _networks(json: Json) -> dict[str, NetworkReference]:
    """Return the networks; a MAC address of the container is that of the first."""
    mode = json["HostConfig"].get("NetworkMode")
    mac = json["Config"].get("MacAddress") or None
    found = {}
    for name, network in ((json.get("NetworkSettings") or {}).get("Networks") or {}).items():
        if name in _BUILT_IN:
            continue
        addresses = (network or {}).get("IPAMConfig") or {}
        found[name] = NetworkReference(
            aliases=_strings(network.get("Aliases")) or (),
            driver_opts=network.get("DriverOpts") or {},
            gw_priority=network.get("GwPriority") or 0,
            ipv4_address=addresses.get("IPv4Address") or None,
            ipv6_address=addresses.get("IPv6Address") or None,
            link_local_ips=_strings(addresses.get("LinkLocalIPs")) or (),
            mac_address=mac if name == mode else None,
        )
    return found


def _platform(image: Json) -> str | None:
    parts = [image.get(name) for name in ("Os", "Architecture", "Variant")]
    if parts[1] == "arm64" and parts[2] == "v8":
        parts.pop()
    return "/".join(part for part in parts if part) or None


def _ports(host: Json) -> Iterable[Port]:
    for key, bindings in (host.get("PortBindings") or {}).items():
        target, _, protocol = key.partition("/")
        for binding in bindings or ():
            yield Port(
                target=int(target),
                protocol=protocol or "tcp",
                published=binding.get("HostPort") or None,
                host_ip=binding.get("HostIp") or None,
            )


def _published(json: Json) -> Iterable[PublishedPort]:
    for key, bindings in ((json.get("NetworkSettings") or {}).get("Ports") or {}).items():
        target, _, protocol = key.partition("/")
        if not bindings:
            yield PublishedPort(target=int(target), protocol=protocol)
        for binding in bindings or ():
            yield PublishedPort(
                target=int(target),
                protocol=protocol,
                host_ip=binding.get("HostIp") or "",
                published=int(binding["HostPort"]),
            )


def links(json: Json) -> set[str]:
    """Return the links: a network's endpoint has them, or the host's part for the bridge."""
    networks = ((json.get("NetworkSettings") or {}).get("Networks") or {}).values()
    found = {link for network in networks for link in (network or {}).get("Links") or ()}
    return found | {_link(text) for text in json["HostConfig"].get("Links") or ()}


def _link(text: str) -> str:
    """Return "db:alias" for "/db:/web/alias"."""
    container, _, alias = text.partition(":")
    return f"{container.lstrip('/')}:{alias.rpartition('/')[2]}"


def _security(host: Json) -> tuple[str, ...]:
    options = _strings(host.get("SecurityOpt")) or ()
    unmasked = host.get("MaskedPaths") == [] and host.get("ReadonlyPaths") == []
    return (*options, "systempaths=unconfined") if unmasked else options


def _devices(host: Json) -> Iterable[Device]:
    for device in host.get("Devices") or ():
        yield Device(
            source=device["PathOnHost"],
            target=device["PathInContainer"],
            permissions=device["CgroupPermissions"],
        )
    for request in host.get("DeviceRequests") or ():
        if request.get("Driver") == "cdi":
            yield from (Device(source=name) for name in request.get("DeviceIDs") or ())


def _requests(host: Json) -> Iterable[DeviceRequest]:
    for request in host.get("DeviceRequests") or ():
        if request.get("Driver") == "cdi":
            continue
        yield DeviceRequest(
            capabilities=tuple(
                name for names in request.get("Capabilities") or () for name in names
            ),
            driver=request.get("Driver") or None,
            count=request.get("Count") or None,
            device_ids=_strings(request.get("DeviceIDs")) or (),
            options=request.get("Options") or {},
        )


def _blkio(host: Json) -> BlkioConfig:
    def rates(field: str) -> tuple[ThrottleDevice, ...]:
        return tuple(
            ThrottleDevice(path=device["Path"], rate=Bytes(device["Rate"]))
            for device in host.get(field) or ()
        )

    return BlkioConfig(
        weight=host.get("BlkioWeight") or 0,
        weight_device=tuple(
            WeightDevice(path=device["Path"], weight=device["Weight"])
            for device in host.get("BlkioWeightDevice") or ()
        ),
        device_read_bps=rates("BlkioDeviceReadBps"),
        device_read_iops=rates("BlkioDeviceReadIOps"),
        device_write_bps=rates("BlkioDeviceWriteBps"),
        device_write_iops=rates("BlkioDeviceWriteIOps"),
    )
