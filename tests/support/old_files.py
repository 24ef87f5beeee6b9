"""Random files of the format of 2014, written in many styles, and what each should become."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

NAMES = ("app", "db", "web", "data-1", "x.y")
VOLUMES = ("data", "logs")

_texts = st.sampled_from(
    ["a", "./dir", "a b", "1", "true", "x: y", "#no", "$$x", "it's", 'say "it"']
)
_mounts = st.sampled_from(
    [".:/code", "data:/data", "logs:/logs:ro", "/srv:/srv", "~/x:/x", "/anonymous", "sub/dir:/sub"]
)
_mapping = st.dictionaries(st.sampled_from(["A", "B", "c.d"]), _texts, min_size=1, max_size=3)


def _list(items: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(items, min_size=1, max_size=3, unique=True)


_others = _list(st.sampled_from([*NAMES, "elsewhere", "elsewhere2:ro", "db:ro"]))
_rest = {
    "command": _texts | st.just("first line\n\n  second\n"),
    "environment": _mapping,
    "ports": _list(st.sampled_from(["80", "8080:80", "127.0.0.1:22:22"])),
    "volumes": _list(_mounts),
    "volumes_from": _others,
    "net": st.sampled_from(["host", "none", "container:db", "container:elsewhere"]),
    "log_driver": st.sampled_from(["syslog", "json-file"]),
    "log_opt": _mapping,
    "volume_driver": st.just("flocker"),
    "dockerfile": st.just("Dockerfile.dev"),
    "mem_limit": st.just("512m"),
    "expose": _list(st.sampled_from(["3000", "4000"])),
    "cpu_shares": st.just(73),
}


@st.composite
def _service(draw: st.DrawFn) -> dict[str, Any]:
    base = draw(st.sampled_from([{"image": "postgres:9.3"}, {"build": "."}]))
    keys = draw(st.lists(st.sampled_from(sorted(_rest)), unique=True, max_size=6))
    service = base | {key: draw(_rest[key]) for key in keys}
    if "build" not in service:
        service.pop("dockerfile", None)
    order = draw(st.permutations(sorted(service)))
    return {key: service[key] for key in order}


projects = st.dictionaries(st.sampled_from(NAMES), _service(), min_size=1, max_size=4)


@st.composite
def written(draw: st.DrawFn, project: Mapping[str, Any]) -> str:
    """Return a YAML text that says `project`."""
    pen = _Pen(draw, draw(st.sampled_from([1, 2, 4])), draw(st.booleans()))
    head = draw(st.sampled_from(["", "# head\n", "---\n", "# head\n\n", "# head\n---\n\n"]))
    text = head + pen.block(project, 0)
    if draw(st.booleans()) and not text.endswith(("\n\n", "second\n")):
        text = text.removesuffix("\n")
    return text.replace("\n", "\r\n") if draw(st.booleans()) else text


class _Pen:
    """Writes values in a style of its own, with comments."""

    def __init__(self, draw: st.DrawFn, indent: int, same_indent: bool) -> None:
        self._draw = draw
        self._indent = indent
        self._same = same_indent

    def block(self, value: Mapping[str, Any], depth: int) -> str:
        lines = []
        left = " " * (self._indent * depth)
        for key, inner in value.items():
            lines.append(self._above(left))
            lines.append(self._entry(key, inner, left, depth))
        return "".join(lines)

    def _entry(self, key: str, value: Any, left: str, depth: int) -> str:
        if isinstance(value, dict) and self._often():
            return f"{left}{key}:{self._behind()}\n{self.block(value, depth + 1)}"
        if isinstance(value, list) and self._often():
            inner = left if self._same else left + " " * self._indent
            rows = "".join(f"{inner}- {self._flow(one)}{self._behind()}\n" for one in value)
            return f"{left}{key}:{self._behind()}\n{rows}"
        if isinstance(value, str) and value.endswith("\n"):
            inner = left + " " * self._indent
            rows = "".join(f"{inner}{line}\n" if line else "\n" for line in value.split("\n")[:-1])
            return f"{left}{key}: |\n{rows}"
        return f"{left}{key}: {self._flow(value)}{self._behind()}\n"

    def _flow(self, value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {self._flow(value[key])}" for key in value) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(self._flow, value)) + "]"
        if not isinstance(value, str):
            return str(value)
        plain = value.replace("-", "").replace(".", "").replace("/", "").replace(":", "")
        if plain.isalpha() and value != "true" and self._often():
            return value if value.isalnum() else f"'{value}'"
        if "\n" not in value and self._often():
            return "'" + value.replace("'", "''") + "'"
        return json.dumps(value)

    def _above(self, left: str) -> str:
        return self._draw(st.sampled_from(["", "", "", f"{left}# above\n", "\n", "# far left\n"]))

    def _behind(self) -> str:
        return self._draw(st.sampled_from(["", "", "", "  # behind"]))

    def _often(self) -> bool:
        return self._draw(st.sampled_from([True, True, True, False]))


def modern(project: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `project` is in the format of today."""
    services = {name: _modern(service, project) for name, service in project.items()}
    volumes: dict[str, Any] = {}
    for service in project.values():
        driver = {"driver": one} if (one := service.get("volume_driver")) else {}
        for mount in service.get("volumes", ()):
            if (name := mount.partition(":")[0]) in VOLUMES:
                volumes[name] = {"name": name} | driver | volumes.get(name, {})
    return {"services": services} | ({"volumes": volumes} if volumes else {})


def _modern(old: Mapping[str, Any], project: Mapping[str, Any]) -> dict[str, Any]:
    service = dict(old)
    service.pop("volume_driver", None)
    if "dockerfile" in service:
        dockerfile = service.pop("dockerfile")
        service["build"] = {"context": service["build"], "dockerfile": dockerfile}
    logging = {
        new: service.pop(name)
        for name, new in (("log_driver", "driver"), ("log_opt", "options"))
        if name in service
    }
    if logging:
        service["logging"] = logging
    if "net" in service:
        service["network_mode"] = _mode(service.pop("net"), project)
    if "volumes" in service:
        mounts = service["volumes"]
        service["volumes"] = [f"./{one}" if one.startswith("sub/") else one for one in mounts]
    if "volumes_from" in service:
        known = service["volumes_from"]
        service["volumes_from"] = [
            one if one.partition(":")[0] in project else f"container:{one}" for one in known
        ]
    return service


def _mode(net: str, project: Mapping[str, Any]) -> str:
    kind, _, name = net.partition(":")
    return f"service:{name}" if kind == "container" and name in project else net
