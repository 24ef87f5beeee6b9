"""Specs → the JSON of create calls.  Pure: what must be read or looked up is an argument.

Every field of ContainerConfig reaches the engine.  One that the negotiated API
does not know raises EngineError: an engine ignores what it does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from composer.engine.docker.api import SEVERAL_NETWORKS, UNIQUE_NAMES, WINDOWS, Api, require
from composer.engine.docker.limits import resource_fields, said
from composer.engine.docker.mounts import mount_fields, with_kept
from composer.model.one_form import (
    capabilities,
    exposed_ports,
    joining_order,
    security_option,
    whole_seconds,
)
from composer.model.resources import (
    ContainerConfig,
    ContainerSpec,
    NetworkSpec,
    VolumeSpec,
)
from composer.model.service import (
    Healthcheck,
    NetworkReference,
)
from composer.record import dataclass, replace

Json = dict[str, Any]

_UNMASKED = ("systempaths", "unconfined")


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """A create call, and the networks to connect afterwards, in order."""

    body: Json
    params: dict[str, str]
    connect: tuple[tuple[str, Json], ...] = ()


def container_request(spec: ContainerSpec, api: Api, kept_at: str = "") -> CreateRequest:
    """Return the request; `kept_at` is where the engine has the volume of kept files."""
    config = spec.config
    if spec.kept is not None:
        config = with_kept(config, spec.kept.name, kept_at, api)
    networks = joining_order(config.networks)
    mode = config.network_mode or (networks[0] if networks else "none")
    aliased = spec.one_off is None or spec.one_off.aliased
    names = (spec.name, spec.service) if aliased else (spec.name,)
    references = {
        name: config.networks[name] if aliased else replace(config.networks[name], aliases=())
        for name in networks
    }
    endpoints = {
        name: endpoint(reference, api, aliases=names, links=config.links)
        for name, reference in references.items()
    }
    for name in networks[1:]:
        if config.networks[name].mac_address:
            require(api, SEVERAL_NETWORKS, f"mac_address in the network {name}, a further one,")
    at_once = networks if api >= SEVERAL_NETWORKS else networks[:1]
    mac = config.mac_address
    if networks:
        mac = config.networks[networks[0]].mac_address or mac
        if mac and api >= SEVERAL_NETWORKS:
            endpoints[networks[0]]["MacAddress"] = mac
    body = _container_fields(spec, api)
    if mac and api < SEVERAL_NETWORKS:
        body["MacAddress"] = mac
    body["HostConfig"] = {**_host_fields(config, mode, api), **_one_off_fields(spec, api)}
    body["NetworkingConfig"] = {"EndpointsConfig": {name: endpoints[name] for name in at_once}}
    params = {"name": spec.name}
    if config.platform:
        params["platform"] = config.platform
    return CreateRequest(
        body, params, tuple((name, endpoints[name]) for name in networks if name not in at_once)
    )


def network_request(spec: NetworkSpec, api: Api) -> Json:
    if spec.enable_ipv4 is not None:
        require(api, (1, 47), f"network {spec.name}: enable_ipv4")
    ipam = said(
        Driver=spec.ipam.driver,
        Config=[
            said(
                Subnet=pool.subnet,
                Gateway=pool.gateway,
                IPRange=pool.ip_range,
                AuxiliaryAddresses=dict(pool.aux_addresses) or None,
            )
            for pool in spec.ipam.config
        ]
        or None,
        Options=dict(spec.ipam.options) or None,
    )
    return said(
        Name=spec.name,
        CheckDuplicate=True if api < UNIQUE_NAMES else None,
        Driver=spec.driver,
        Options=dict(spec.driver_opts) or None,
        IPAM=ipam or None,
        Internal=spec.internal,
        Attachable=spec.attachable,
        EnableIPv4=spec.enable_ipv4,
        EnableIPv6=spec.enable_ipv6,
        Labels=dict(spec.labels),
    )


def volume_request(spec: VolumeSpec) -> Json:
    return said(
        Name=spec.name,
        Driver=spec.driver,
        DriverOpts=dict(spec.driver_opts) or None,
        Labels=dict(spec.labels),
    )


def endpoint(
    reference: NetworkReference,
    api: Api,
    *,
    aliases: Iterable[str] = (),
    links: Iterable[str] = (),
) -> Json:
    """Return how a container joins a network, as `aliases` and what else it declares.

    Links count on the default bridge only, unless each endpoint has them.
    """
    if reference.gw_priority:
        require(api, (1, 48), "gw_priority of a network")
    options = dict(reference.driver_opts)
    if reference.interface_name:
        require(api, (1, 49), "interface_name of a network")
        options["com.docker.network.endpoint.ifname"] = reference.interface_name
    addresses = said(
        IPv4Address=reference.ipv4_address,
        IPv6Address=reference.ipv6_address,
        LinkLocalIPs=list(reference.link_local_ips) or None,
    )
    return said(
        Aliases=list(dict.fromkeys((*aliases, *reference.aliases))),
        IPAMConfig=addresses if reference != NetworkReference() else None,
        Links=list(links) or None,
        DriverOpts=options or None,
        MacAddress=reference.mac_address,
        GwPriority=reference.gw_priority or None,
    )


def security_files(options: Iterable[str]) -> tuple[str, ...]:
    """Return the seccomp profiles that `options` name and somebody has to read."""
    files = []
    for option in options:
        key, value = security_option(option)
        if key == "seccomp" and value not in ("unconfined", "builtin") and value[:1] != "{":
            files.append(value)
    return tuple(files)


def inlined(options: Iterable[str], profiles: Mapping[str, str]) -> tuple[str, ...]:
    """Return `options` with each seccomp file replaced by its text in `profiles`."""
    return tuple(
        f"seccomp={profiles[value]}" if key == "seccomp" and value in profiles else option
        for option in options
        for key, value in [security_option(option)]
    )


def _container_fields(spec: ContainerSpec, api: Api) -> Json:
    config = spec.config
    exposed = [f"{port.target}/{port.protocol or 'tcp'}" for port in config.ports]
    for text in config.expose:
        exposed += exposed_ports(text) if "-" in text else (text,)
    return said(
        Image=config.image,
        AttachStdout=True,
        AttachStderr=True,
        Hostname=config.hostname,
        Domainname=config.domainname,
        User=config.user,
        WorkingDir=config.working_dir,
        NetworkDisabled=config.network_mode == "disabled" or None,
        Tty=config.tty,
        OpenStdin=config.stdin_open,
        **_input_fields(spec),
        Env=[
            name if value is None else f"{name}={value}"
            for name, value in config.environment.items()
        ],
        Cmd=None if config.command is None else list(config.command),
        Entrypoint=None if config.entrypoint is None else list(config.entrypoint),
        ExposedPorts={port: {} for port in exposed},
        Labels={**config.labels, **spec.labels},
        Healthcheck=_probe(config.healthcheck, api) if config.healthcheck else None,
        StopSignal=config.stop_signal,
        StopTimeout=None if config.stop_timeout is None else whole_seconds(config.stop_timeout),
    )


def _input_fields(spec: ContainerSpec) -> Json:
    attached = spec.one_off is not None and spec.one_off.attached
    return {"AttachStdin": True, "StdinOnce": spec.config.stdin_open} if attached else {}


def _one_off_fields(spec: ContainerSpec, api: Api) -> Json:
    once = spec.one_off
    if once is None:
        return {}
    window = list(once.window) if once.window and api >= WINDOWS else None
    return said(AutoRemove=once.removed or None, ConsoleSize=window)


def _host_fields(config: ContainerConfig, mode: str, api: Api) -> Json:
    if config.annotations:
        require(api, (1, 43), "annotations")
    return said(
        NetworkMode=mode,
        PortBindings=_port_bindings(config),
        **mount_fields(config.mounts, api),
        **resource_fields(config),
        **_security_fields(config),
        Annotations=dict(config.annotations) or None,
        Tmpfs=dict(_tmpfs_entry(text) for text in config.tmpfs) or None,
        VolumesFrom=list(config.volumes_from) or None,
        Links=list(config.links) or None,
        Dns=list(config.dns) or None,
        DnsOptions=list(config.dns_opt) or None,
        DnsSearch=list(config.dns_search) or None,
        ExtraHosts=[_extra_host(text) for text in config.extra_hosts],
        Init=config.init,
        IpcMode=config.ipc,
        PidMode=config.pid,
        UTSMode=config.uts,
        CgroupnsMode=config.cgroup,
        Isolation=config.isolation,
        Runtime=config.runtime,
        RestartPolicy={
            "Name": config.restart.name,
            "MaximumRetryCount": config.restart.retries,
        },
        LogConfig={"Type": config.logging.driver or "", "Config": dict(config.logging.options)}
        if config.logging
        else None,
        StorageOpt=dict(config.storage_opt) or None,
        Sysctls=dict(config.sysctls) or None,
    )


def _security_fields(config: ContainerConfig) -> Json:
    options = [text for text in config.security_opt if security_option(text) != _UNMASKED]
    unmasked = len(options) < len(config.security_opt)
    return {
        "CapAdd": list(capabilities(config.cap_add)) or None,
        "CapDrop": list(capabilities(config.cap_drop)) or None,
        "GroupAdd": list(config.group_add) or None,
        "Privileged": config.privileged or None,
        "ReadonlyRootfs": config.read_only or None,
        "UsernsMode": config.userns_mode,
        "SecurityOpt": options or None,
        "MaskedPaths": [] if unmasked else None,
        "ReadonlyPaths": [] if unmasked else None,
    }


def _probe(probe: Healthcheck, api: Api) -> Json:
    if probe.disable:
        return {"Test": ["NONE"]}
    if probe.start_interval:
        require(api, (1, 44), "start_interval of a healthcheck")
    return said(
        Test=list(probe.test) or None,
        Interval=probe.interval,
        Timeout=probe.timeout,
        StartPeriod=probe.start_period,
        StartInterval=probe.start_interval,
        Retries=probe.retries,
    )


def _port_bindings(config: ContainerConfig) -> Json:
    bindings: dict[str, list[Json]] = {}
    for port in config.ports:
        bindings.setdefault(f"{port.target}/{port.protocol or 'tcp'}", []).append(
            {"HostIp": port.host_ip or "", "HostPort": port.published or ""}
        )
    return bindings


def _tmpfs_entry(text: str) -> tuple[str, str]:
    target, _, options = text.partition(":")
    return target, options


def _extra_host(text: str) -> str:
    """Return "name=address" as the engine wants it, "name:address"."""
    name, separator, address = text.partition("=")
    return f"{name}:{address.strip('[]')}" if separator else text
