"""What `run` was asked for: a service with another command, once."""

from __future__ import annotations

from collections.abc import Mapping

from composer.model.resources import OneOff
from composer.model.service import Mount, Port
from composer.record import dataclass, field

_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """`slug` are 64 hexadecimal digits that no other one-off container has.

    An `entrypoint` of None is that of the service, and no `command` its command.
    `service_ports` publishes the ports of the service, else only `ports` are.
    `one_off` says what the engine is to know of it.
    """

    service: str
    slug: str
    name: str = ""
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[Port, ...] = ()
    service_ports: bool = False
    volumes: tuple[Mount, ...] = ()
    user: str = ""
    working_dir: str = ""
    cap_add: tuple[str, ...] = ()
    cap_drop: tuple[str, ...] = ()
    interactive: bool = True
    tty: bool = False
    no_deps: bool = False
    one_off: OneOff = field(default_factory=OneOff)


def one_off_name(project: str, options: RunOptions, separator: str = "-") -> str:
    """Return the name of the container that `options` ask for."""
    usual = separator.join((project, options.service, "run", options.slug[:_SHOWN]))
    return options.name or usual
