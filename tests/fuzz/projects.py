"""Random projects that the schema allows, more or less: drawn from the schema itself."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

SCHEMA: Mapping[str, Any] = json.loads(
    (Path(__file__).parent.parent.parent / "schemas" / "compose.schema.json").read_text()
)
NAMES = ("web", "db", "cache", "front", "data", "key", "a", "x-b", "default")
SECTIONS = ("services", "networks", "volumes", "configs", "secrets")

_TEXTS: Mapping[str, tuple[str, ...]] = {
    "ports": ("80", "8080:80", "127.0.0.1:8000-8002:80-82", "53/udp", "[::1]:1:1", "1-3:7"),
    "volumes": ("data:/d", "./a:/b:ro", "/x", "~/h:/h", "data:/d:nocopy", "C:\\a:/w", "../u:/u/"),
    "devices": ("/dev/a", "/dev/a:/dev/b", "/dev/a:/dev/b:r", "vendor.com/gpu=all"),
    "environment": ("A=1", "B", "C=", "D=$SET", "E=a=b", "F=${NONE:-x}"),
    "labels": ("a=b", "c", "d=$$", "e.f=1"),
    "extra_hosts": ("a:1.2.3.4", "b=::1", "c:host-gateway", "d=[::2]"),
    "depends_on": NAMES,
    "links": ("web", "db:alias"),
    "volumes_from": ("web", "db:ro", "container:c"),
    "networks": ("front", "default"),
    "network_mode": ("host", "bridge", "none", "service:web", "container:c"),
    "ipc": ("host", "service:db", "shareable"),
    "pid": ("host", "service:db"),
    "profiles": ("debug", "test"),
    "command": ("a b", "sh -c 'x y'", "", 'a "b\\"c" d', "a && b"),
    "entrypoint": ("a b", "", "'x'"),
    "test": ("curl a", "CMD", "CMD-SHELL", "NONE"),
    "env_file": ("app.env",),
    "label_file": ("app.env",),
    "file": ("part.yml",),
    "restart": ("no", "always", "on-failure:3", "unless-stopped"),
    "pull_policy": ("always", "missing", "if_not_present", "every_2h", "never", "build"),
    "subnet": ("10.0.0.0/8", "fd00::/64"),
    "gpus": ("all",),
    "ssh": ("default", "k=/a"),
    "tmpfs": ("/t", "/t:size=1"),
    "expose": ("80", "80-90/udp"),
    "host_ip": ("127.0.0.1", "::1"),
    "path": ("./src", "app.env", "/abs"),
    "context": (".", "./c", "https://h/r.git", "../d"),
    "source": NAMES,
    "type": ("bind", "volume", "tmpfs"),
    "image": ("busybox", "a/b:1", "r:5000/c@sha256:" + "0" * 64),
    "container_name": ("cn", "one"),
    "additional_contexts": ("a=.", "b=service:web", "c=docker-image://x"),
}
_LEFT_OUT = ("extends", "provider", "use_api_socket", "credential_spec", "models", "pre_start")
_DURATIONS = ("1s", "1m30s", "1.5h", "100ms", "0s", "1w2d")
_SIZES = ("1", "64m", "1.5g", "100KB", "2 gb")
_NUMBERS = ("1", "0440", "0.5", "10")
_ODD = ("", "yes", "0x1f", "1e3", "null", "~", "é", " a ", "a: b", "#c", "-", "a\nb", "80", "$$a")


def project(random: Random) -> dict[str, Any]:
    """Return a model of a few services, networks and so on."""
    made: dict[str, Any] = {
        section: {name: _entry(random, section, name) for name in NAMES} for section in SECTIONS
    }
    for name in random.sample(NAMES, random.randint(4, len(NAMES) - 1)):
        made["services"][name] = {"image": name}  # small, so that most projects are sound
    return made


def _entry(random: Random, section: str, name: str) -> Any:
    below = _resolved(SCHEMA["properties"][section])
    free = (*below.get("patternProperties", {}).values(), below.get("additionalProperties"))
    schema = next(one for one in free if isinstance(one, Mapping))
    entry = _value(random, schema, (section, name), 0)
    if section in ("configs", "secrets"):
        return random.choice(({"file": "app.env"}, {"environment": "SET"}, {"external": True}))
    if section != "services":
        return entry if random.random() < 0.3 and "external" not in (entry or ()) else None
    entry = entry if isinstance(entry, dict) else {}
    for key in _LEFT_OUT:
        entry.pop(key, None)
    entry.setdefault("image", "busybox")
    return entry


def _value(random: Random, schema: Any, path: tuple[str, ...], depth: int) -> Any:
    schema = _resolved(schema)
    if "enum" in schema:
        return random.choice(schema["enum"])
    kinds = schema.get("type", "string")
    kind = random.choice(kinds) if isinstance(kinds, list) else kinds
    if kind == "object":
        return _mapping(random, schema, path, depth)
    if kind == "array":
        count = random.choice((0, 1, 1, 2, 3))
        items = [_value(random, schema.get("items", {}), path, depth + 1) for _ in range(count)]
        return [item for at, item in enumerate(items) if item not in items[:at]]
    return _scalar(random, kind, schema, path)


def _mapping(random: Random, schema: Mapping[str, Any], path: tuple[str, ...], depth: int) -> Any:
    known = schema.get("properties", {})
    chosen = {key for key in known if random.random() < 2.5 / (len(known) + 1)}
    chosen |= {*schema.get("required", ()), *({"path"} & set(known))}
    made = {key: _value(random, known[key], (*path, key), depth + 1) for key in sorted(chosen)}
    free = schema.get("patternProperties", {})
    free = {pattern: one for pattern, one in free.items() if not pattern.startswith("^x-")}
    extra = next(iter(free.values()), None) or schema.get("additionalProperties")
    if isinstance(extra, Mapping) or (extra and not known):
        below = extra if isinstance(extra, Mapping) else {}
        for name in random.sample([one for one in NAMES if one[:2] != "x-"], random.randint(0, 2)):
            made[name] = _value(random, below, (*path, name), depth + 1)
    return made


def _scalar(random: Random, kind: str, schema: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    if kind == "null":
        return None
    if kind == "boolean":
        return random.random() < 0.5
    if kind in ("integer", "number"):
        low, high = schema.get("minimum", 1), schema.get("maximum", 1000)
        return random.choice((low, high, random.randint(int(low), int(high))))
    if "pattern" in schema:
        pool = [*_DURATIONS, *_SIZES, *_NUMBERS, *NAMES, *_TEXTS.get(path[-1], ()), "true", "all"]
        return random.choice([one for one in pool if re.search(schema["pattern"], one)] or [""])
    for word in reversed(path):
        if word in _TEXTS:
            return random.choice(_TEXTS[word])
    return random.choice(("text", "1", *_ODD))


def _resolved(schema: Any) -> Mapping[str, Any]:
    if not isinstance(schema, Mapping):
        return {}
    while "$ref" in schema:
        target: Any = SCHEMA
        for word in schema["$ref"].removeprefix("#/").split("/"):
            target = target[word]
        schema = target
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return _resolved(schema[word][0])
    return schema
