"""Ports: the short form `[[IP:][PUBLISHED]:]TARGET[/PROTOCOL]`, and what a port may be.

A range of targets is one entry per port; `published` stays a range only where
the engine may choose from it for a single target.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from composer.errors import did_you_mean
from composer.loader.forms import Place, as_text
from composer.loader.nodes import MarkedList, MarkedMap
from composer.record import dataclass
from composer.source import SourceMark

PROTOCOLS = ("tcp", "udp", "sctp")


@dataclass(frozen=True, slots=True, kw_only=True)
class PortText:
    """A short form taken apart.  `host_ip` and `published` are "" when left out."""

    target: str
    published: str = ""
    host_ip: str = ""
    protocol: str = "tcp"


class PortError(ValueError):
    """The text is not a port.  `help` says what was probably meant."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.help = help


def canonical_ports(value: Any, place: Place) -> Any:
    """Return the ports of a service in long form; what is wrong stays as it is."""
    if not isinstance(value, MarkedList):
        return value
    ports = MarkedList(value.mark)
    for item, mark in zip(value, value.items_at, strict=True):
        if place.problems.ports_left < 0:
            break
        for port in _entries(item, place.at(mark)):
            ports.add(port, mark)
            place.problems.ports_left -= 1
        if place.problems.ports_left < 0:
            place.at(mark).refuse("port ranges make more than 100000 ports in this file")
    return ports


def split(text: str) -> PortText:
    """Return the parts of a short form.  Raises PortError for one without a target."""
    whole, _, protocol = text.partition("/")
    address, _, target = whole.rpartition(":")
    host_ip, _, published = address.rpartition(":")
    if not target:
        raise PortError(f"port {text!r} has no container port")
    return PortText(
        target=target,
        published=published,
        host_ip=host_ip.removeprefix("[").removesuffix("]"),
        protocol=protocol.lower() or "tcp",
    )


def expand(text: str) -> list[PortText]:
    """Return one entry for each target of a short form, in the order of their text.

    Raises PortError for what is no port, address or protocol.
    """
    parts = split(text)
    if parts.protocol not in PROTOCOLS:
        raise PortError(
            f"port {text!r}: unknown protocol {parts.protocol!r}",
            did_you_mean(parts.protocol, PROTOCOLS) or "protocols are tcp, udp and sctp",
        )
    if parts.host_ip:
        check_address(parts.host_ip)
    targets = port_range(parts.target)
    if not parts.published:
        pairs = [(target, "") for target in targets]
    else:
        pairs = _paired(text, targets, parts.published)
    found = [
        PortText(
            target=str(target),
            published=published,
            host_ip=parts.host_ip,
            protocol=parts.protocol,
        )
        for target, published in pairs
    ]
    return sorted(found, key=lambda port: f"{port.target}/{port.protocol}")


def port_range(text: str, lowest: int = 1) -> range:
    """Return the ports of "80" or "80-82".  Raises PortError."""
    if not re.fullmatch("[0-9]+(-[0-9]+)?", text):
        raise PortError(f"port {text!r} is neither a number nor a range")
    numbers = [_number(number, lowest) for number in text.split("-")]
    if numbers[-1] < numbers[0]:
        raise PortError(f"port range {text!r} ends before it begins")
    return range(numbers[0], numbers[-1] + 1)


def check_address(text: str) -> None:
    """Raise PortError unless `text` is an IP address."""
    from ipaddress import ip_address

    try:
        ip_address(text)
    except ValueError:
        raise PortError(
            f"{text!r} is not an IP address", "a port is bound to an address, not to a name"
        ) from None


def _number(text: str, lowest: int) -> int:
    if not re.fullmatch("[0-9]+", text):
        raise PortError(f"port {text!r} is not a number")
    if not lowest <= int(text) <= 65535:
        raise PortError(f"port {text!r} is not between {lowest} and 65535")
    return int(text)


def _paired(text: str, targets: range, published: str) -> list[tuple[int, str]]:
    """Return each target with its published port.  Raises PortError for unequal ranges."""
    outside = port_range(published, lowest=0)
    if len(outside) == len(targets):
        return [(target, str(port)) for target, port in zip(targets, outside, strict=True)]
    if len(targets) == 1:
        return [(targets[0], published)]
    raise PortError(
        f"port {text!r} publishes {len(outside)} ports for {len(targets)} container ports"
    )


def _entries(item: Any, place: Place) -> Iterator[Any]:
    """Yield the long form of one item; reports what is wrong with it."""
    try:
        if isinstance(item, MarkedMap):
            yield _long(item)
        elif isinstance(item, bool) or not isinstance(item, str | int | float):
            yield item
        else:
            for port in expand(str(as_text(item))):
                yield _map(port, place.mark)
    except PortError as error:
        place.refuse(str(error), help=error.help)
        yield item


def _map(port: PortText, mark: SourceMark | None) -> MarkedMap:
    long = MarkedMap(mark)
    long.put("mode", "ingress")
    if port.host_ip:
        long.put("host_ip", port.host_ip, mark, mark)
    long.put("target", int(port.target), mark, mark)
    if port.published:
        long.put("published", port.published, mark, mark)
    long.put("protocol", port.protocol, mark, mark)
    return long


def _long(item: MarkedMap) -> MarkedMap:
    """Return a long form with its numbers as they should be.  Raises PortError."""
    port = item.copy()
    target, published = as_text(item.get("target")), as_text(item.get("published"))
    if isinstance(target, str):
        port["target"] = _number(target, 1)
    if published:
        port_range(str(published), lowest=0)
        port["published"] = published
    elif "published" in port:
        port.drop("published")
    if isinstance(item.get("host_ip"), str) and item["host_ip"]:
        check_address(item["host_ip"])
    return port
