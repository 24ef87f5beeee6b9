"""What two programs made of one file, brought to a form in which it can be compared.

Taken out: ids, times, process ids, versions, addresses and ports that the engine
handed out, the order of what has none, and labels that only composer, or only
Docker Compose 5, writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from composer.model.names import Label
from support.cli import Ran
from support.recorder import Entry


@dataclass(frozen=True)
class Seen:
    """How `up` ended, what it asked the engine for, and what `docker inspect` says then.

    `names` are those of all containers and built images, by their ids.
    """

    ran: Ran
    names: Mapping[str, str]
    asked: list[Entry]
    containers: list[Any]
    networks: list[Any]
    volumes: list[Any]
    images: list[Any]


ABSENT = "(absent)"


def normalised(seen: Seen, variables: Mapping[str, str]) -> dict[str, Any]:
    """Return what can be compared, a tree.  The project is called P in there."""
    asked: dict[str, Any] = {}
    for kind, name, body in seen.asked:
        same = asked.setdefault(kind, {})
        if kind == "archive":  # however many archives the files come in
            same.setdefault(name, {}).update(body)
            continue
        again = sum(key.partition(" #")[0] == name for key in same)
        same[f"{name} #{again + 1}" if again else name] = _said(body)
    has: dict[str, Any] = {}
    kinds = (
        ("containers", seen.containers),
        ("networks", seen.networks),
        ("volumes", seen.volumes),
    )
    for kind, found in kinds:
        for one in found:
            has.setdefault(kind, {})[one["Name"].lstrip("/")] = one
    for one in seen.images:
        kept = {key: one[key] for key in ("RepoTags", "Config", "Architecture", "Os")}
        kept["Config"].pop("Image", None)  # the id of a step
        has.setdefault("images", {})[min(one["RepoTags"])] = kept
    tree = {"asked": asked, "has": has}
    text = re.sub("overlay2/[0-9a-f]{64}", "overlay2/(id)", json.dumps(tree))
    for id, name in _ids(seen):
        text = text.replace(id, name)
    wanted = _values(json.loads(text)["asked"])
    tidy = _tidy(json.loads(text.replace(variables["P"], "P")), wanted)
    assert isinstance(tidy, dict)
    return tidy


def differing(theirs: Any, ours: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """Return what stands at the places where two trees differ; lists are compared whole."""
    if theirs == ours:
        return {}
    if not (isinstance(theirs, dict) and isinstance(ours, dict)):
        return {path: (theirs, ours)}
    found: dict[str, tuple[Any, Any]] = {}
    for key in sorted({*theirs, *ours}):
        below = f"{path}/{key}" if path else key
        found |= differing(theirs.get(key, ABSENT), ours.get(key, ABSENT), below)
    return found


def _ids(seen: Seen) -> Iterator[tuple[str, str]]:
    """Yield ids and what they are ids of; a short one is the beginning of a long one."""
    for id, name in seen.names.items():
        yield id, f"(id of {name})"
        if not id.startswith("sha256:"):
            yield id[:12], f"(id of {name})"
    for one in sorted(seen.containers, key=lambda one: str(one["Name"])):
        name = one["Name"].lstrip("/")
        for network, endpoint in one["NetworkSettings"]["Networks"].items():
            if endpoint["NetworkID"]:
                yield endpoint["NetworkID"], f"(id of {network})"
        for mount in one["Mounts"]:
            if re.fullmatch("[0-9a-f]{64}", mount.get("Name", "")):
                yield mount["Name"], f"(volume of {name})"
    for one in seen.networks:
        yield one["Id"], f"(id of {one['Name']})"


# What a program asks for.  The engine takes what is empty for what is missing, but for these:
_POINTERS = {
    "Cmd", "EnableIPv4", "EnableIPv6", "Entrypoint", "Init", "MaskedPaths", "MemorySwappiness",
    "OomKillDisable", "PidsLimit", "ReadonlyPaths", "StopTimeout",
}  # fmt: skip


def _said(value: Any) -> Any:
    """Return `value` without what says nothing."""
    if not isinstance(value, dict):
        return [_said(item) for item in value] if isinstance(value, list) else value
    said = {key: _said(item) for key, item in value.items()}
    return {
        key: item
        for key, item in said.items()
        if item is not None and (item or key in _POINTERS or _is_name(key)) and item != [0, 0]
    }


def _is_name(key: str) -> bool:
    """Say whether a key is one that people choose, or a port: what it has counts, even nothing."""
    return not re.fullmatch(r"[A-Z][A-Za-z0-9]*", key)


_PASSING = {
    "Created", "CreatedAt", "Pid", "StartedAt", "FinishedAt", "Health", "GraphDriver",
    "SandboxID", "SandboxKey", "EndpointID", "ExecIDs",
}  # fmt: skip
_HANDED_OUT = {
    "Gateway", "GlobalIPv6Address", "HostPort", "IPAddress", "IPv4Address", "IPv6Address",
    "IPv6Gateway", "MacAddress", "Subnet",
}  # fmt: skip
_WITHOUT_ORDER = {
    "Aliases", "Binds", "DNSNames", "DeviceIDs", "DeviceRequests", "Env", "ExtraHosts", "Links",
    "Mounts", "Ulimits",
}  # fmt: skip
_OURS = re.compile(rf"{re.escape(Label.VERSION)}|{re.escape(Label.IMAGE_MOUNTS)}|io\.composer\..*")


def _tidy(value: Any, wanted: set[str], key: str = "") -> Any:
    if isinstance(value, dict):
        return {
            name: _tidy(item, wanted, name)
            for name, item in value.items()
            if name not in _PASSING
            and not _OURS.fullmatch(name)
            and (name, item) != ("BindOptions", {})
        }
    if isinstance(value, list):
        items = [_tidy(item, wanted, key) for item in value]
        return sorted(items, key=_text) if key in _WITHOUT_ORDER else items
    if key == Label.DEPENDS_ON:
        return ",".join(sorted(value.split(",")))
    if key in _HANDED_OUT and value and value.partition("/")[0] not in wanted:
        return "(handed out)"
    return value


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _values(tree: Any) -> set[str]:
    """Return all texts of `tree`, addresses without the sizes of their networks."""
    if isinstance(tree, dict):
        return set().union(*(_values(item) for item in tree.values()))
    if isinstance(tree, list):
        return set().union(*(_values(item) for item in tree))
    return {str(tree).partition("/")[0]}
