"""The JSON of list calls → Observed…, and of one inspect → ContainerState.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from composer.engine.docker.refusal import lost_track
from composer.model.names import Label
from composer.model.observed import (
    ContainerState,
    EngineEvent,
    MountPoint,
    ObservedContainer,
    ObservedImage,
    ObservedNetwork,
    ObservedVolume,
    Pool,
    ProbeRun,
    PublishedPort,
)
from composer.model.project import Ipam, IpamPool
from composer.model.service import Healthcheck
from composer.model.units import Duration
from composer.pattern import pattern

Json = Mapping[str, Any]

_NEVER = "0001-01-01"
_DEFAULT_REGISTRY = pattern(r"^(index\.)?docker\.io/(library/)?|^library/")


def listed_container(json: Json) -> ObservedContainer:
    """Return a container as a list call shows it: without its config."""
    networks = (json.get("NetworkSettings") or {}).get("Networks") or {}
    return ObservedContainer(
        id=json["Id"],
        name=_own_name(json.get("Names") or ()),
        image=json.get("Image", ""),
        image_id=json.get("ImageID", ""),
        state=listed_state(json.get("State", ""), json.get("Status", "")),
        labels=json.get("Labels") or {},
        command=json.get("Command", ""),
        created=int(json.get("Created") or 0),
        status_text=json.get("Status", ""),
        ports=tuple(_port(port) for port in json.get("Ports") or ()),
        networks={name: (net or {}).get("NetworkID", "") for name, net in networks.items()},
        addresses=addresses_in(networks),
        mounts=tuple(mount_point(mount) for mount in json.get("Mounts") or ()),
    )


def addresses_in(networks: Json) -> dict[str, tuple[str, ...]]:
    """Return the addresses that a container has right now, by network."""
    return {
        name: tuple(net[key] for key in ("IPAddress", "GlobalIPv6Address") if net.get(key))
        for name, net in networks.items()
        if net
    }


def listed_state(status: str, text: str) -> ContainerState:
    """Return the state that a list call tells in words: "Up 3 minutes (healthy)"."""
    code = re.match(r"(?:Exited|Restarting) \((\d+)\)", text)
    health = re.search(r"\((?:health: )?(starting|healthy|unhealthy)\)", text)
    return ContainerState(
        status=status.lower(),
        exit_code=int(code[1]) if code else 0,
        health=health[1] if health else None,
    )


def inspected_state(json: Json) -> ContainerState:
    """Return the state as an inspect call shows it.  Health is that of a running container."""
    state = json["State"]
    status = str(state.get("Status", "")).lower()
    probe = state.get("Health") or {}
    health = probe.get("Status") if status in ("running", "paused") else None
    started = state.get("StartedAt") or ""
    return ContainerState(
        status=status,
        exit_code=int(state.get("ExitCode") or 0),
        health=None if health in (None, "", "none") else str(health),
        oom_killed=bool(state.get("OOMKilled")),
        error=state.get("Error") or "",
        unstartable=status != "running" and lost_track(state.get("Error") or ""),
        started_at="" if started.startswith(_NEVER) else started,
        probes=tuple(_probe_run(run) for run in probe.get("Log") or ()),
        streak=int(probe.get("FailingStreak") or 0),
        check=healthcheck((json.get("Config") or {}).get("Healthcheck")),
        memory=int((json.get("HostConfig") or {}).get("Memory") or 0),
        restarts=int(json.get("RestartCount") or 0),
    )


def _probe_run(json: Json) -> ProbeRun:
    return ProbeRun(
        exit_code=int(json.get("ExitCode") or 0),
        output=str(json.get("Output") or "").strip(),
        start=seconds_since_epoch(json.get("Start") or ""),
        end=seconds_since_epoch(json.get("End") or ""),
    )


def healthcheck(json: Json | None) -> Healthcheck | None:
    if not json:
        return None
    return Healthcheck(
        test=tuple(json.get("Test") or ()),
        interval=_duration(json.get("Interval")),
        timeout=_duration(json.get("Timeout")),
        start_period=_duration(json.get("StartPeriod")),
        start_interval=_duration(json.get("StartInterval")),
        retries=json.get("Retries") or None,
    )


def _duration(nanoseconds: int | None) -> Duration | None:
    return Duration(nanoseconds) if nanoseconds else None


def mount_point(json: Json) -> MountPoint:
    type = json.get("Type") or "volume"
    return MountPoint(
        type=type,
        target=json.get("Destination", ""),
        name=json.get("Name") or None,
        source=(json.get("Source") or None) if type == "bind" else None,
        read_only=not json.get("RW", True),
        driver=json.get("Driver") or "",
    )


def listed_network(json: Json) -> ObservedNetwork:
    return ObservedNetwork(
        id=json["Id"],
        name=json["Name"],
        driver=json.get("Driver", ""),
        labels=json.get("Labels") or {},
        internal=bool(json.get("Internal")),
        options=json.get("Options") or {},
        ipam=_ipam(json.get("IPAM") or {}),
        attachable=bool(json.get("Attachable")),
        enable_ipv6=bool(json.get("EnableIPv6")),
    )


def _ipam(json: Json) -> Ipam:
    return Ipam(
        driver=json.get("Driver") or None,
        options=json.get("Options") or {},
        config=tuple(
            IpamPool(
                subnet=pool.get("Subnet") or None,
                gateway=pool.get("Gateway") or None,
                ip_range=pool.get("IPRange") or None,
                aux_addresses=pool.get("AuxiliaryAddresses") or pool.get("AuxAddress") or {},
            )
            for pool in json.get("Config") or ()
        ),
    )


def pools(json: Json) -> Iterator[Pool]:
    """Yield the address pools of a network that no other local network may overlap."""
    ipam = json.get("IPAM") or {}
    if json.get("Scope", "local") == "local" and ipam.get("Driver", "default") == "default":
        project = (json.get("Labels") or {}).get(Label.PROJECT)
        for config in ipam.get("Config") or ():
            if subnet := config.get("Subnet"):
                yield Pool(network=json["Name"], project=project, subnet=subnet)


def listed_volume(json: Json) -> ObservedVolume:
    return ObservedVolume(
        name=json["Name"],
        driver=json.get("Driver", ""),
        labels=json.get("Labels") or {},
        options=json.get("Options") or {},
        scope=json.get("Scope") or "local",
        mountpoint=json.get("Mountpoint") or "",
        created=json.get("CreatedAt") or "",
    )


def listed_image(json: Json) -> ObservedImage:
    return ObservedImage(
        id=json["Id"],
        refs=_named(json.get("RepoTags")),
        digests=_named(json.get("RepoDigests")),
        labels=json.get("Labels") or {},
    )


def inspected_image(json: Json) -> ObservedImage:
    tagged = (json.get("Metadata") or {}).get("LastTagTime") or _NEVER
    dated = json.get("Created") or _NEVER if tagged.startswith(_NEVER) else tagged
    return ObservedImage(
        id=json["Id"],
        refs=_named(json.get("RepoTags")),
        digests=_named(json.get("RepoDigests")),
        labels=(json.get("Config") or {}).get("Labels") or {},
        tagged_at=0 if tagged.startswith(_NEVER) else seconds_since_epoch(tagged),
        dated_at=0 if dated.startswith(_NEVER) else seconds_since_epoch(dated),
        dated="" if dated.startswith(_NEVER) else dated,
        platform=_platform(json),
        size=int(json.get("Size") or 0),
        layers=tuple((json.get("RootFS") or {}).get("Layers") or ()),
        exposed=tuple(sorted((json.get("Config") or {}).get("ExposedPorts") or ())),
        volumes=tuple(sorted((json.get("Config") or {}).get("Volumes") or ())),
    )


def _platform(json: Json) -> str:
    system, version = json.get("Os") or "", json.get("OsVersion") or ""
    parts = (f"{system}({version})" if version else system, json.get("Architecture"))
    return "/".join(part for part in (*parts, json.get("Variant")) if part)


def familiar(ref: str) -> str:
    """Return `ref` as the engine lists it: docker.io/library/nginx:1 is nginx:1."""
    return _DEFAULT_REGISTRY.sub("", ref)


def event(json: Json) -> EngineEvent:
    actor = json.get("Actor") or {}
    attributes = dict(actor.get("Attributes") or {})
    code = attributes.get("exitCode", "")
    return EngineEvent(
        action=json.get("Action") or json.get("status") or "",
        container=actor.get("ID", ""),
        name=attributes.get("name", ""),
        time=int(json.get("timeNano") or 0),
        labels=attributes,
        exit_code=int(code) if code.lstrip("-").isdecimal() else None,
    )


def seconds_since_epoch(text: str) -> float:
    """Return the engine's time stamp in seconds; 0 for none.  Nanoseconds are cut."""
    match = re.fullmatch(r"(.*?)(\.\d{1,6})?\d*(Z|[+-]\d\d:\d\d)", text)
    if match is None:
        return 0
    day, fraction, zone = match.groups()
    moment = datetime.fromisoformat(day + ("+00:00" if zone == "Z" else zone))
    return moment.timestamp() + float(fraction or 0)


def _own_name(names: Iterable[str]) -> str:
    """Return the name without its slash; "/web/db" is a link's name for it."""
    own = [name for name in names if name.count("/") == 1]
    return own[0].lstrip("/") if own else ""


def _port(json: Json) -> PublishedPort:
    return PublishedPort(
        target=int(json["PrivatePort"]),
        protocol=json.get("Type", "tcp"),
        host_ip=json.get("IP") or "",
        published=json.get("PublicPort") or None,
    )


def _named(refs: Iterable[str] | None) -> tuple[str, ...]:
    return tuple(sorted(ref for ref in refs or () if not ref.startswith("<none>")))
