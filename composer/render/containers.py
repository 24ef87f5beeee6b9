"""Containers → the columns and fields of `ps`, worded as the Docker CLI words them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from composer.model.names import Label
from composer.model.observed import ObservedContainer, PublishedPort
from composer.render.table import ellipsis
from composer.render.template import Row

_COLUMNS = ("Name", "Image", "Command", "Service", "RunningFor", "Status", "Ports")
TABLE = "table " + "\t".join(f"{{{{.{column}}}}}" for column in _COLUMNS)

HEADERS: Mapping[str, str] = {
    "CreatedAt": "CREATED AT",
    "ExitCode": "EXIT CODE",
    "ID": "CONTAINER ID",
    "LocalVolumes": "LOCAL VOLUMES",
    "RunningFor": "CREATED",
}

_COMMAND_WIDTH = 20
_MOUNT_WIDTH = 15


def row(container: ObservedContainer, now: float, *, full: bool = False) -> Row:
    """Return the fields of one container; `now` is in seconds since the epoch.

    With `full` neither ids nor commands are cut short.
    """
    command = container.command if full else ellipsis(container.command, _COMMAND_WIDTH)
    return {
        "Command": _quoted(command),
        "CreatedAt": _timestamp(container.created),
        "ExitCode": container.state.exit_code,
        "Health": container.state.health or "",
        "ID": container.id if full else container.id[:12],
        "Image": container.image,
        "Labels": ",".join(f"{key}={value}" for key, value in sorted(container.labels.items())),
        "LocalVolumes": str(sum(mount.type == "volume" for mount in container.mounts)),
        "Mounts": ",".join(_mounts(container, full=full)),
        "Name": container.name,
        "Names": container.name,
        "Networks": ",".join(sorted(container.networks)),
        "Ports": ports(container.ports),
        "Project": container.labels.get(Label.PROJECT, ""),
        "Publishers": [_publisher(port) for port in _in_order(container.ports)],
        "RunningFor": f"{elapsed(now - container.created)} ago",
        "Service": container.service,
        "Size": "0B",
        "State": container.state.status,
        "Status": container.status_text,
    }


def ports(found: Iterable[PublishedPort]) -> str:
    """Return ports as a column shows them; neighbours that map onto themselves share a range."""
    single: list[str] = []
    groups: dict[tuple[str, str], list[list[int]]] = {}
    for port in _in_order(found):
        address = f"[{port.host_ip}]" if ":" in port.host_ip else port.host_ip
        if port.published is not None and port.published != port.target:
            single.append(f"{address}:{port.published}->{port.target}/{port.protocol}")
            continue
        shown = address if port.published is not None else ""
        runs = groups.setdefault((shown, port.protocol), [])
        if runs and port.target <= runs[-1][1] + 1:
            runs[-1][1] = port.target
        else:
            runs.append([port.target, port.target])
    ranges = [
        _range(address, first, last, protocol)
        for (address, protocol), runs in groups.items()
        for first, last in runs
    ]
    return ", ".join([*ranges, *single])


def elapsed(seconds: float) -> str:
    """Return a length of time in one unit: "About a minute", "3 weeks"."""
    minutes, hours = int(seconds // 60), int(seconds / 3600 + 0.5)
    if seconds < 1:
        return "Less than a second"
    if seconds < 60:
        return "1 second" if int(seconds) == 1 else f"{int(seconds)} seconds"
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    if hours < 48:
        return "About an hour" if hours == 1 else f"{hours} hours"
    for limit, unit, name in ((14, 1, "days"), (60, 7, "weeks"), (730, 30, "months")):
        if hours < limit * 24:
            return f"{hours // 24 // unit} {name}"
    return f"{int(seconds // 3600) // 24 // 365} years"


def _range(address: str, first: int, last: int, protocol: str) -> str:
    span = str(first) if first == last else f"{first}-{last}"
    return f"{address}:{span}->{span}/{protocol}" if address else f"{span}/{protocol}"


def _in_order(found: Iterable[PublishedPort]) -> list[PublishedPort]:
    return sorted(
        found, key=lambda port: (port.target, port.host_ip, port.published or 0, port.protocol)
    )


def _publisher(port: PublishedPort) -> Mapping[str, object]:
    return {
        "URL": port.host_ip,
        "TargetPort": port.target,
        "PublishedPort": port.published or 0,
        "Protocol": port.protocol,
    }


def _mounts(container: ObservedContainer, *, full: bool) -> Iterator[str]:
    for mount in container.mounts:
        name = mount.name or mount.source or ""
        yield name if full else ellipsis(name, _MOUNT_WIDTH)


def _timestamp(created: int) -> str:
    return datetime.fromtimestamp(created).astimezone().strftime("%Y-%m-%d %H:%M:%S %z %Z")


def _quoted(text: str) -> str:
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(escapes.get(letter, letter) for letter in text) + '"'
