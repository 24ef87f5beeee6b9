"""The one form in which an engine keeps what a file says in several.

Forgotten by the engine, and so left out: the order of what has none, the
priority of networks, a port's name and mode, the text of a seccomp profile, the
consistency of a mount.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping
from typing import TypeVar

from composer.model.resources import ContainerConfig, RestartPolicy
from composer.model.service import (
    BindOptions,
    BlkioConfig,
    Device,
    DeviceRequest,
    Healthcheck,
    Mount,
    NetworkReference,
    Port,
    TmpfsOptions,
    Ulimit,
    VolumeOptions,
)
from composer.model.units import SECOND, Bytes, Duration
from composer.record import replace

Strings = tuple[str, ...]
T = TypeVar("T")

OWN_LABELS = ("com.docker.compose.", "io.composer.")

_INTERFACE = "com.docker.network.endpoint.ifname"


def in_one_form(config: ContainerConfig, names: Collection[str] = ()) -> ContainerConfig:
    """Return `config` as an engine keeps it.  `names` are the container's own.

    So is its hostname: older engines show it among the aliases.
    """
    ports = tuple(sorted({_port(port) for port in config.ports}, key=repr))
    return replace(
        config,
        blkio_config=_blkio(config.blkio_config),
        cap_add=capabilities(config.cap_add),
        cap_drop=capabilities(config.cap_drop),
        cpus=round(config.cpus, 9),
        device_requests=tuple(_request(request) for request in config.device_requests),
        devices=tuple(sorted((_device(device) for device in config.devices), key=repr)),
        expose=_expose(config.expose, ports),
        extra_hosts=tuple(sorted(_extra_host(text) for text in config.extra_hosts)),
        healthcheck=healthcheck(config.healthcheck),
        isolation=None if config.isolation == "default" else config.isolation,
        labels={
            key: value for key, value in config.labels.items() if not key.startswith(OWN_LABELS)
        },
        links=tuple(sorted(_link(text) for text in config.links)),
        mac_address=None if config.networks else config.mac_address,
        memswap_limit=_memswap(config),
        mounts=tuple(sorted((_mount(mount) for mount in config.mounts), key=_target)),
        network_mode=_network_mode(config),
        networks=_networks(config, {*names, config.hostname}),
        pids_limit=max(config.pids_limit, 0),
        ports=ports,
        restart=_restart(config.restart),
        security_opt=_security(config),
        stop_timeout=_stop_timeout(config.stop_timeout),
        tmpfs=tuple(sorted(text.removesuffix(":") for text in config.tmpfs)),
        ulimits={name: _ulimit(limit) for name, limit in sorted(config.ulimits.items())},
        volumes_from=tuple(text.removesuffix(":rw") for text in config.volumes_from),
    )


def exposed_ports(text: str) -> Strings:
    """Return the ports that an `expose` means: "8000-8001" is 8000/tcp and 8001/tcp."""
    numbers, _, protocol = text.partition("/")
    first, _, last = numbers.partition("-")
    if not first.isdecimal() or (last and not last.isdecimal()):
        return (text,)
    return tuple(
        f"{number}/{protocol or 'tcp'}" for number in range(int(first), int(last or first) + 1)
    )


def is_cdi(device: Device) -> bool:
    """Say whether a device is named as the Container Device Interface does: vendor/class=name."""
    return re.fullmatch(r"[A-Za-z][\w.-]*/[A-Za-z][\w.-]*=.+", device.source) is not None


def capabilities(names: Strings) -> Strings:
    """Return the names as the kernel has them, in order; all of them are called ALL."""
    upper = {name.upper() for name in names}
    if "ALL" in upper:
        return ("ALL",)
    return tuple(sorted(n if n.startswith("CAP_") else f"CAP_{n}" for n in upper))


def joining_order(networks: Mapping[str, NetworkReference]) -> Strings:
    """Return the names in the order of joining: highest priority first, then as they stand."""
    return tuple(sorted(networks, key=lambda name: -networks[name].priority))


def security_option(text: str) -> tuple[str, str]:
    """Return key and value; the colon of old is taken for `=`."""
    key = re.split("[=:]", text, maxsplit=1)[0]
    return key, text[len(key) + 1 :]


def whole_seconds(duration: Duration) -> int:
    """Return `duration` in seconds, rounded up: half a second to stop is not none at all."""
    return -(-duration // SECOND)


def _blkio(blkio: BlkioConfig | None) -> BlkioConfig | None:
    if blkio is None or blkio == BlkioConfig():
        return None
    return BlkioConfig(
        weight=blkio.weight,
        weight_device=_by_repr(blkio.weight_device),
        device_read_bps=_by_repr(blkio.device_read_bps),
        device_read_iops=_by_repr(blkio.device_read_iops),
        device_write_bps=_by_repr(blkio.device_write_bps),
        device_write_iops=_by_repr(blkio.device_write_iops),
    )


def _by_repr(values: tuple[T, ...]) -> tuple[T, ...]:
    return tuple(sorted(values, key=repr))


def _request(request: DeviceRequest) -> DeviceRequest:
    everything = request.count is None and not request.device_ids
    return replace(
        request,
        count=-1 if everything else request.count or None,
        driver=request.driver or None,
        capabilities=tuple(sorted(request.capabilities)),
    )


def _device(device: Device) -> Device:
    if is_cdi(device):
        return Device(source=device.source)
    return Device(
        source=device.source,
        target=device.target or device.source,
        permissions=device.permissions or "rwm",
    )


def _port(port: Port) -> Port:
    return Port(
        target=port.target,
        published=port.published or None,
        host_ip=port.host_ip or None,
        protocol=port.protocol or "tcp",
    )


def _expose(expose: Strings, ports: tuple[Port, ...]) -> Strings:
    published = {f"{port.target}/{port.protocol}" for port in ports}
    return tuple(sorted({port for text in expose for port in exposed_ports(text)} - published))


def _extra_host(text: str) -> str:
    name, separator, address = text.partition("=")
    if not separator:
        name, _, address = text.partition(":")
    return f"{name}={address.strip('[]')}"


def healthcheck(probe: Healthcheck | None) -> Healthcheck | None:
    if probe is None:
        return None
    if probe.disable or probe.test[:1] == ("NONE",):
        return Healthcheck(test=("NONE",))
    tidy = Healthcheck(
        test=probe.test,
        interval=probe.interval or None,
        timeout=probe.timeout or None,
        start_period=probe.start_period or None,
        start_interval=probe.start_interval or None,
        retries=probe.retries or None,
    )
    return None if tidy == Healthcheck() else tidy


def _link(text: str) -> str:
    container, _, alias = text.partition(":")
    return f"{container}:{alias or container}"


def _memswap(config: ContainerConfig) -> Bytes:
    """Return the limit, 0 for twice the memory: that is what the engine takes for nothing."""
    usual = config.mem_limit and config.memswap_limit == 2 * config.mem_limit
    return Bytes(0) if usual else config.memswap_limit


def _mount(mount: Mount) -> Mount:
    anonymous = mount.type == "volume" and re.fullmatch("[0-9a-f]{64}", mount.source or "")
    return Mount(
        type=mount.type,
        source=None if anonymous or mount.type == "tmpfs" else mount.source or None,
        target=posixpath.normpath(mount.target),
        read_only=mount.read_only,
        bind=_bind(mount) if mount.type == "bind" else None,
        volume=None if mount.volume == VolumeOptions() else mount.volume,
        tmpfs=None if mount.tmpfs == TmpfsOptions() else mount.tmpfs,
        image=mount.image if mount.image and mount.image.subpath else None,
    )


def _bind(mount: Mount) -> BindOptions:
    """Return the options.  Older engines do not say whether they were to make the path."""
    bind = mount.bind or BindOptions()
    untold = bind.selinux or bind.recursive or ":" in f"{mount.source}{mount.target}"
    return BindOptions(
        selinux=bind.selinux or None,
        propagation=bind.propagation or None,
        create_host_path=None if untold or bind.create_host_path else bind.create_host_path,
        recursive=None if bind.recursive in ("", "enabled") else bind.recursive,
    )


def _target(mount: Mount) -> str:
    return mount.target


def _network_mode(config: ContainerConfig) -> str | None:
    if config.networks:
        return None
    return "bridge" if config.network_mode == "default" else config.network_mode or "none"


def _networks(
    config: ContainerConfig, names: Collection[str | None]
) -> Mapping[str, NetworkReference]:
    networks = {}
    for name in sorted(config.networks):
        reference = config.networks[name]
        options = dict(reference.driver_opts)
        interface = options.pop(_INTERFACE, None)
        networks[name] = NetworkReference(
            aliases=tuple(sorted(set(reference.aliases) - set(names))),
            driver_opts=options,
            gw_priority=reference.gw_priority,
            interface_name=reference.interface_name or interface,
            ipv4_address=reference.ipv4_address or None,
            ipv6_address=reference.ipv6_address or None,
            link_local_ips=tuple(sorted(reference.link_local_ips)),
            mac_address=reference.mac_address or None,
        )
    if networks and config.mac_address:
        first = joining_order(config.networks)[0]
        mac = networks[first].mac_address or config.mac_address
        networks[first] = replace(networks[first], mac_address=mac)
    return networks


def _restart(policy: RestartPolicy) -> RestartPolicy:
    name = policy.name or "no"
    return RestartPolicy(name=name, retries=policy.retries if name == "on-failure" else 0)


def _security(config: ContainerConfig) -> Strings:
    unlabelled = config.privileged or "host" in (config.ipc, config.pid)
    options = set()
    for text in config.security_opt:
        key, value = security_option(text)
        if key == "seccomp" and value not in ("unconfined", "builtin"):
            value = "profile"
        if not (unlabelled and (key, value) == ("label", "disable")):
            options.add(f"{key}={value}" if value else key)
    return tuple(sorted(options))


def _stop_timeout(timeout: Duration | None) -> Duration | None:
    return None if timeout is None else Duration(whole_seconds(timeout) * SECOND)


def _ulimit(limit: Ulimit) -> Ulimit:
    if limit.single is None and limit.soft == limit.hard:
        return Ulimit(single=limit.soft)
    return limit
