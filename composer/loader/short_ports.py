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
from composer.loader.wording import raw
from composer.record import dataclass
from composer.source import SourceMark

PROTOCOLS = ("tcp", "udp", "sctp")

_CONTAINER, _PUBLISHED = "container", "published"
_FORM = "[ADDRESS:][PUBLISHED:]TARGET[/PROTOCOL]"


@dataclass(frozen=True, slots=True, kw_only=True)
class PortText:
    """A short form taken apart.  `host_ip` and `published` are "" when left out."""

    target: str
    published: str = ""
    host_ip: str = ""
    protocol: str = "tcp"


class PortError(ValueError):
    """The text is not a port.

    `help` says what was probably meant, `word` is the part to blame, the `last` one of
    its kind for what the container has.
    """

    def __init__(
        self, message: str, help: str | None = None, *, word: str = "", last: bool = False
    ) -> None:
        super().__init__(message)
        self.help = help
        self.word = word
        self.last = last


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
        raise PortError(f"port {text!r} has no container port" if text else "a port is empty")
    if ":" in host_ip or host_ip.startswith("["):
        _check_brackets(text, host_ip, address, target)
    return PortText(
        target=target,
        published=published,
        host_ip=host_ip.removeprefix("[").removesuffix("]"),
        protocol=protocol.lower() or "tcp",
    )


def _check_brackets(text: str, host_ip: str, address: str, target: str) -> None:
    """Raise PortError for an IPv6 address that is not in brackets, or is all there is outside."""
    if host_ip.startswith("[") and host_ip.endswith("]"):
        return
    if address.startswith("[") and address.endswith("]"):
        raise _no_published(text, address, target)
    if _is_address(host_ip):
        hint = f"write {text.replace(host_ip, f'[{host_ip}]', 1)}"
        raise PortError(f"the IPv6 address {host_ip!r} has no brackets", hint, word=host_ip)
    raise PortError(f"port {text!r} has too many parts", f"write {_FORM}")


def _no_published(text: str, address: str, target: str) -> PortError:
    hint = f"write {address}::{target} to let the engine choose one"
    return PortError(f"port {text!r} has an address, but no published port", hint, word=address)


def expand(text: str) -> list[PortText]:
    """Return one entry for each target of a short form, in the order of their text.

    Raises PortError for what is no port, address or protocol.
    """
    parts = split(text)
    if parts.protocol not in PROTOCOLS:
        raise PortError(
            f"port {text!r} has the unknown protocol {parts.protocol!r}",
            did_you_mean(parts.protocol, PROTOCOLS) or "protocols are tcp, udp and sctp",
            word=text.partition("/")[2],
            last=True,
        )
    if parts.host_ip:
        check_address(parts.host_ip)
    elif parts.published and _is_address(parts.published):
        raise _no_published(text, parts.published, parts.target)
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


def port_range(text: str, kind: str = _CONTAINER) -> range:
    """Return the ports of "80" or "80-82"; `kind` says whose they are.  Raises PortError."""
    if not re.fullmatch("[0-9]+(-[0-9]+)?", text):
        message = f"{kind} port {text!r} is neither a number nor a range"
        hint = f"did you mean {text.replace('=', ':')!r}?" if "=" in text else None
        raise PortError(message, hint, word=text, last=kind == _CONTAINER)
    numbers = [_number(number, kind) for number in text.split("-")]
    if numbers[-1] < numbers[0]:
        raise PortError(f"port range {text!r} ends before it begins", word=text)
    return range(numbers[0], numbers[-1] + 1)


def check_address(text: str) -> None:
    """Raise PortError unless `text` is an IP address."""
    if not _is_address(text):
        hint = None
        if not re.fullmatch("[0-9.]+|.*:.*", text):
            hint = "a port is bound to an address, not to a name"
            hint += ": write 127.0.0.1" if text == "localhost" else ""
        raise PortError(f"{text!r} is not an IP address", hint, word=text)


def _is_address(text: str) -> bool:
    if text.isdecimal():
        return False  # as most are, and the import takes a while
    from ipaddress import ip_address

    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _number(text: str, kind: str) -> int:
    last = kind == _CONTAINER
    if not re.fullmatch("[0-9]+", text):
        raise PortError(f"{kind} port {text!r} is not a number", word=text, last=last)
    lowest = 1 if last else 0
    if not lowest <= int(text) <= 65535:
        message = f"{kind} port {text!r} is not between {lowest} and 65535"
        raise PortError(message, word=text, last=last)
    return int(text)


def _paired(text: str, targets: range, published: str) -> list[tuple[int, str]]:
    """Return each target with its published port.  Raises PortError for unequal ranges."""
    outside = port_range(published, _PUBLISHED)
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
            yield _long(item, place)
        elif isinstance(item, bool) or not isinstance(item, str | int | float):
            yield item
        else:
            for port in expand(str(as_text(item))):
                yield _map(port, place.mark)
    except PortError as error:
        hint, message = error.help, str(error)
        if isinstance(item, str) and " - " in item:
            message, hint = f"port {item!r} goes on in the next line", "line up every '- '"
        elif hint is None and isinstance(item, str) and "$" in raw(place.mark):
            hint = f"with its variables filled in, it reads {item!r}"
        place.refuse(message, help=hint, word=error.word, last=error.last)
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


def _long(item: MarkedMap, place: Place) -> MarkedMap:
    """Return a long form with its numbers as they should be; what is wrong stays as it is."""
    port = item.copy()
    target, published = as_text(item.get("target")), as_text(item.get("published"))
    key = "target"
    try:
        if isinstance(target, str):
            port[key] = _number(target, _CONTAINER)
        key = "published"
        if published:
            port_range(str(published), _PUBLISHED)
            port[key] = published
        elif key in port:
            port.drop(key)
        key = "host_ip"
        if isinstance(item.get(key), str) and item[key]:
            check_address(item[key])
    except PortError as error:
        place.at(item.values_at.get(key)).refuse(str(error), help=error.help)
        return item
    return port
