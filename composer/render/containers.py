"""Containers → the columns and fields of `ps`, worded as the Docker CLI words them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from composer.model.names import Label
from composer.model.observed import ObservedContainer, PublishedPort
from composer.render.gotemplate.values import Row, Struct, quoted
from composer.render.table import ellipsis

COLUMNS = ("Name", "Image", "Command", "Service", "RunningFor", "Status", "Ports")
TABLE = "table " + "\t".join(f"{{{{.{column}}}}}" for column in COLUMNS)

RAW = r"""container_id: {{.ID}}
image: {{.Image}}
command: {{.Command}}
created_at: {{.CreatedAt}}
state: {{- pad .State 1 0}}
status: {{- pad .Status 1 0}}
names: {{.Names}}
labels: {{- pad .Labels 1 0}}
ports: {{- pad .Ports 1 0}}
"""

HEADERS: Mapping[str, str] = {
    "Command": "COMMAND",
    "CreatedAt": "CREATED AT",
    "ID": "CONTAINER ID",
    "Image": "IMAGE",
    "Labels": "LABELS",
    "Name": "NAME",
    "Ports": "PORTS",
    "Project": "PROJECT",
    "RunningFor": "CREATED",
    "Service": "SERVICE",
    "Size": "SIZE",
    "State": "STATE",
    "Status": "STATUS",
}
"""Of the others Docker Compose's tables have no header; ours are their names in capitals."""

_ENDED = ("exited", "dead")
_COMMAND_WIDTH = 20
_MOUNT_WIDTH = 15


def row(container: ObservedContainer, now: float, *, full: bool = False) -> Row:
    """Return the fields of one container; `now` is in seconds since the epoch.

    With `full` neither ids nor commands are cut short.
    """
    command = container.command if full else ellipsis(container.command, _COMMAND_WIDTH)
    return Row(
        {
            "Command": quoted(command),
            "CreatedAt": _timestamp(container.created),
            "ExitCode": container.state.exit_code if container.state.status in _ENDED else 0,
            "Health": container.state.health or "",
            "ID": container.id if full else container.id[:12],
            "Image": container.image,
            "Label": lambda name: container.labels.get(name, ""),
            "Labels": ",".join(f"{key}={value}" for key, value in sorted(container.labels.items())),
            "LocalVolumes": str(sum(mount.driver == "local" for mount in container.mounts)),
            "Mounts": ",".join(_mounts(container, full=full)),
            "Name": container.name,
            "Names": container.name,
            "Networks": ",".join(sorted(container.networks)),
            "Ports": ports(container.ports),
            "Project": container.labels.get(Label.PROJECT, ""),
            "Publishers": [_publisher(port) for port in _by_target(container.ports)],
            "RunningFor": f"{elapsed(now - container.created)} ago",
            "Service": container.service,
            "Size": "0B",
            "State": container.state.status,
            "Status": container.status_text,
        }
    )


def ports(found: Iterable[PublishedPort]) -> str:
    """Return ports as a column shows them; neighbours that map onto themselves share a range."""
    done: list[str] = []
    single: list[str] = []
    open_ranges: dict[tuple[str, str], tuple[int, int]] = {}
    for port in _in_order(found):
        address = f"[{port.host_ip}]" if ":" in port.host_ip else port.host_ip
        if address and port.published != port.target:
            single.append(f"{address}:{port.published or 0}->{port.target}/{port.protocol}")
            continue
        key = (address, port.protocol)
        first, last = open_ranges.get(key, (port.target, port.target - 1))
        if port.target != last + 1:
            done.append(_range(key, first, last))
            first = port.target
        open_ranges[key] = (first, port.target)
    done += [_range(key, first, last) for key, (first, last) in open_ranges.items()]
    return ", ".join([*done, *single])


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


def _range(key: tuple[str, str], first: int, last: int) -> str:
    address, protocol = key
    span = str(first) if first == last else f"{first}-{last}"
    return f"{address}:{span}->{span}/{protocol}" if address else f"{span}/{protocol}"


def _in_order(found: Iterable[PublishedPort]) -> list[PublishedPort]:
    return sorted(
        found, key=lambda port: (port.target, port.host_ip, port.published or 0, port.protocol)
    )


def _by_target(found: Iterable[PublishedPort]) -> list[PublishedPort]:
    """Return ports as Docker Compose lists publishers: else in the engine's order."""
    return sorted(found, key=lambda port: port.target)


def _publisher(port: PublishedPort) -> Struct:
    return Struct(
        {
            "URL": port.host_ip,
            "TargetPort": port.target,
            "PublishedPort": port.published or 0,
            "Protocol": port.protocol,
        }
    )


def _mounts(container: ObservedContainer, *, full: bool) -> Iterator[str]:
    for mount in container.mounts:
        name = mount.name or mount.source or ""
        yield name if full else ellipsis(name, _MOUNT_WIDTH)


def _timestamp(created: int) -> str:
    return datetime.fromtimestamp(created).astimezone().strftime("%Y-%m-%d %H:%M:%S %z %Z")
