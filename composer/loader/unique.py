"""Let a later entry of a list take the place of an earlier one with the same identity.

What makes two entries one is said by `_TABLE`, for short and long forms: the
pass runs on the merged text and once more on the long form, where `80:80` and
`80:80/tcp` have become equal.  Lists of `K=V` and of hosts are not in it, since
their long forms have no room for doubles.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeAlias

from composer.loader import short_volumes
from composer.loader.forms import as_text
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.rules import Rules
from composer.source import Path

_Identity: TypeAlias = Callable[[Any], str | None]
"""The text that makes an entry what it is; None for one that is like no other."""


def unique(root: MarkedMap, *, written: bool = False) -> MarkedMap:
    """Return `root` with no identity twice in a list; what needs no change is shared.

    With `written`, lists of entries and hosts are looked at too.
    """
    return _map(root, _written() if written else _RULES)


def has_identities(path: Path) -> bool:
    """Say whether the entries of the list at `path` are looked at in a model as it was written."""
    return _written().at(path) is not None


def _value(value: Any, rules: Rules[_Identity]) -> Any:
    if isinstance(value, MarkedMap):
        return _map(value, rules)
    if isinstance(value, MarkedList):
        return value if rules.value is None else _list(value, rules.value)
    return value


def _map(node: MarkedMap, rules: Rules[_Identity]) -> MarkedMap:
    changed: MarkedMap | None = None
    for key, value in node.items():
        below = rules.step(key)
        kept = value if below is None else _value(value, below)
        if kept is not value:
            changed = node.copy() if changed is None else changed
            changed[key] = kept
    return node if changed is None else changed


def _list(node: MarkedList, identity: _Identity) -> MarkedList:
    if len(node) < 2:
        return node
    kept = MarkedList(node.mark)
    places: dict[str, int] = {}
    for item, mark in zip(node, node.items_at, strict=True):
        name = identity(item)
        if name is not None and name in places:
            kept[places[name]] = item
            kept.items_at[places[name]] = mark
            continue
        if name is not None:
            places[name] = len(kept)
        kept.add(item, mark)
    return node if len(kept) == len(node) else kept


def _text(item: Any) -> str | None:
    text = as_text(item)
    return text if isinstance(text, str) else None


def _key(item: Any) -> str | None:
    """Return what stands before the `=` of an entry."""
    return item.partition("=")[0] if isinstance(item, str) else None


def _tmpfs(item: Any) -> str | None:
    """Return the path in the container, without the options after it."""
    return item.partition(":")[0] if isinstance(item, str) else None


def _port(item: Any) -> str | None:
    """Return address, published port, target and protocol of a long form, else the text."""
    if not isinstance(item, MarkedMap):
        return _text(item)
    if "target" not in item:
        return None
    address, published = item.get("host_ip") or "0.0.0.0", as_text(item.get("published")) or ""
    return f"{address}:{published}:{as_text(item['target'])}/{item.get('protocol') or 'tcp'}"


def _mount(item: Any) -> str | None:
    """Return the path in the container."""
    target = item.get("target") if isinstance(item, MarkedMap) else None
    if isinstance(item, str):
        try:
            target = short_volumes.split(item).target
        except ValueError:
            return None
    return short_volumes.clean_target(target) if isinstance(target, str) and target else None


def _device(item: Any) -> str | None:
    """Return the path in the container, which is the one on the host when nobody says more."""
    if isinstance(item, MarkedMap):
        return _text(item.get("target") or item.get("source"))
    if not isinstance(item, str):
        return None
    source, _, rest = item.partition(":")
    return rest.partition(":")[0] or source


def _file_in(directory: str) -> _Identity:
    """Return the identity of a config or secret: where it stands in the container."""

    def identity(item: Any) -> str | None:
        if isinstance(item, MarkedMap):
            return _text(item.get("target")) or f"{directory}/{item.get('source')}"
        return f"{directory}/{item}" if isinstance(item, str) else None

    return identity


def _path(item: Any) -> str | None:
    return _text(item.get("path") if isinstance(item, MarkedMap) else item)


_TEXTS = (
    "build.entitlements",
    "build.platforms",
    "build.tags",
    "cap_add",
    "cap_drop",
    "device_cgroup_rules",
    "dns",
    "dns_opt",
    "dns_search",
    "expose",
    "external_links",
    "group_add",
    "links",
    "networks.*.aliases",
    "networks.*.link_local_ips",
    "profiles",
    "security_opt",
    "volumes_from",
)

_TABLE: dict[str, _Identity] = {
    **dict.fromkeys(_TEXTS, _text),
    "configs": _file_in(""),
    "devices": _device,
    "env_file": _path,
    "ports": _port,
    "secrets": _file_in("/run/secrets"),
    "tmpfs": _tmpfs,
    "volumes": _mount,
}


def _of_project(table: dict[str, _Identity]) -> dict[str, _Identity]:
    return {
        f"{section}.*.{attribute}": identity
        for section in ("services", "jobs")
        for attribute, identity in table.items()
    }


_RULES: Rules[_Identity] = Rules.of(_of_project(_TABLE))


@cache
def _written() -> Rules[_Identity]:
    """Return the table for lists of entries and hosts too."""
    entries = ("annotations", "build.args", "build.labels", "deploy.labels", "environment")
    table = {
        **_TABLE,
        **dict.fromkeys((*entries, "labels", "sysctls"), _key),
        **dict.fromkeys(("build.extra_hosts", "extra_hosts"), _text),
    }
    return Rules.of({**_of_project(table), "networks.*.labels": _key})
