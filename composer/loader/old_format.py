"""Recognise the format of 2014: services at the top level, no `services:` above them.

Docker Compose called it version 1; `migrate.py` turns it into today's.  A text is in
that format when something at its top level, where only sections may stand, is filled
in like a service.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from shlex import quote
from typing import Any, Final

from composer.errors import Problem
from composer.loader.files import NAMES, OVERRIDES
from composer.loader.nodes import MarkedMap
from composer.source import SourceFile

SECTIONS: Final = frozenset(
    ("configs", "include", "jobs", "models", "name", "networks", "secrets", "services")
) | {"version", "volumes"}

_MAPPINGS: Final = frozenset(
    ("environment", "extends", "extra_hosts", "healthcheck", "labels", "log_opt", "logging")
) | {"ulimits"}
_ATTRIBUTES: Final = _MAPPINGS | frozenset(
    (
        *("build", "cap_add", "cap_drop", "cgroup_parent", "command", "container_name"),
        *("cpu_quota", "cpu_shares", "cpuset", "depends_on", "devices", "dns", "dns_search"),
        *("dockerfile", "domainname", "entrypoint", "env_file", "expose", "external_links"),
        *("hostname", "image", "ipc", "links", "log_driver", "mac_address", "mem_limit"),
        *("mem_swappiness", "memswap_limit", "net", "network_mode", "networks", "pid", "ports"),
        *("privileged", "read_only", "restart", "security_opt", "shm_size", "stdin_open"),
        *("stop_signal", "tty", "user", "volume_driver", "volumes", "volumes_from"),
        "working_dir",
    )
)


def old_services(root: MarkedMap) -> tuple[str, ...]:
    """Return the services at the top level of `root`; none when it is no such text."""
    if "services" in root:
        return ()
    if not any(_is_service(key, value) for key, value in root.items()):
        return ()
    return tuple(key for key, value in root.items() if not is_section(key, value))


def is_section(key: str, value: Any) -> bool:
    """Say whether `key` at the top level of an old text is something else than a service."""
    return key.startswith("x-") or (key in SECTIONS and not _is_service(key, value))


def is_first(root: MarkedMap) -> bool:
    """Say whether an old text follows the rules of version 1: it has no sections at all."""
    sections = {key for key, value in root.items() if is_section(key, value)}
    if any(key in SECTIONS and key != "version" for key in sections):
        return False
    return "version" not in sections or str(root["version"]) in ("1", "None")


def problems(roots: Iterable[MarkedMap], file: SourceFile) -> Iterator[Problem]:
    """Yield a problem, at the first service, if `file` is in the format of 2014."""
    for root in roots:
        for service in old_services(root)[:1]:
            what = "this is the format of 2014" if is_first(root) else "`services:` is missing"
            yield Problem(
                f"service {service!r} stands at the top level, not under `services:`",
                root.keys_at.get(service),
                help=f"{what}; run: {_way_out(file.name)}",
            )
            return


def fills_in_a_service(value: Any) -> bool:
    """Say whether `value` is a mapping with an attribute of a service in it."""
    return isinstance(value, MarkedMap) and any(
        key in _ATTRIBUTES and _is_attribute(key, inner) for key, inner in value.items()
    )


def _is_service(key: str, value: Any) -> bool:
    if key.startswith("x-"):
        return False
    if key in SECTIONS:
        texts = (value.get("image"), value.get("build")) if isinstance(value, MarkedMap) else ()
        return any(isinstance(text, str) for text in texts)
    return fills_in_a_service(value)


def _is_attribute(key: str, value: Any) -> bool:
    """Say whether `key` is the attribute of that name, and no service that is called so."""
    if not isinstance(value, MarkedMap):
        return True
    if key == "build":
        return not value.keys().isdisjoint(("context", "dockerfile"))
    return key in _MAPPINGS and not fills_in_a_service(value)


def _way_out(name: str) -> str:
    if name in (*NAMES, *OVERRIDES):
        return "composer migrate"
    return f"composer migrate {'-' if name == 'stdin' else quote(name)}"
