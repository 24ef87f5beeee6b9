"""Change a project as people do, and as they would not: in its tree, not in its bytes."""

from __future__ import annotations

from functools import cache
from random import Random
from typing import Any

import yaml
from fuzz.projects import project

HOSTILE = (
    *(None, True, False, 0, -1, 1.5, 2**63, -(2**63), 10**30, float("inf"), float("nan")),
    *(
        "",
        " ",
        "\0",
        "\n",
        "a\tb",
        "é",
        "😀",
        "\u2028",
        "\ufeff",
        "~",
        "/",
        "..",
        "-",
        ":",
        "=",
        "#",
    ),
    *("$", "$$", "${", "${}", "${A", "${A:-${B}}", "${A:?m}", "$SET", "${EMPTY:+x}", "}", "{{.}}"),
    *(
        "1-999:1-999",
        "0:0",
        "65536",
        "::",
        "[::1]:80",
        "a:b:c:d",
        "/a:/b:/c:/d",
        "service:",
        "x" * 3000,
    ),
    *(
        "1e3",
        "0x",
        "0o9",
        "1_000",
        "9" * 400,
        "-0",
        ".nan",
        "yes",
        "null",
        "1d",
        "1h" * 60,
        "1e400",
    ),
    *([], {}, [[]], [{}], {"": None}, {"a": {"b": []}}, ["a", "a"], [None], {"x-": 1}, {"<<": "a"}),
    *(
        "app.env",
        "part.yml",
        "over.yaml",
        "/dev/null",
        "/",
        "compose.yaml",
        "!reset",
        "all",
        "none",
    ),
    *("http://h/c.yaml", "https://h/r.git#a:b", "oci://h/a:b", "git@h:a", "service:web", "a=b=c"),
)


@cache
def _entries() -> list[Any]:
    """Return services, networks and so on to take attributes from."""
    projects = [project(Random(seed)) for seed in range(60)]
    return [entry for one in projects for part in one.values() for entry in part.values()]


def changed(data: bytes, random: Random) -> bytes:
    """Return `data` with one or a few places of its tree changed; other bytes as they come."""
    try:
        trees = [one for one in yaml.load_all(data, Loader=yaml.CSafeLoader) if one is not None]
    except Exception:  # PyYAML stumbles over much that is no YAML, such as `!!int _`
        return data
    if not trees or not isinstance(trees[0], dict):
        return data
    tree = trees[0]
    for _ in range(random.choice((1, 1, 2, 5))):
        _change(tree, random)
    try:
        text = yaml.dump(
            tree,
            Dumper=yaml.CSafeDumper,
            allow_unicode=True,
            default_flow_style=random.random() < 0.1,
        )
    except Exception:
        return data
    if random.random() < 0.1:
        text = _tagged(text, random)
    return text.encode("utf-8", "surrogatepass")


def _change(tree: Any, random: Random) -> None:
    holder, key = _place(tree, random)
    if holder is None:
        return
    kind = random.random()
    if kind < 0.4:
        holder[key] = random.choice(HOSTILE)
    elif kind < 0.6:
        other, place = _place(tree, random)
        if other is not None:
            holder[key] = other[place]
    elif kind < 0.7:
        del holder[key]
    elif isinstance(holder, dict):
        entry = random.choice(_entries())
        holder[random.choice([*(entry or {"a": None}), "include", "extends", "x-a"])] = (
            random.choice([*(entry or {}).values(), *HOSTILE])
        )
    else:
        holder.insert(key, random.choice(HOSTILE))


def _place(tree: Any, random: Random) -> tuple[Any, Any]:
    """Return a map or list somewhere in `tree`, and a key in it."""
    holder, key = None, None
    while isinstance(tree, dict | list) and tree:
        holder = tree
        key = random.choice(list(tree)) if isinstance(tree, dict) else random.randrange(len(tree))
        tree = tree[key]
        if random.random() < 0.2:
            break
    return holder, key


def _tagged(text: str, random: Random) -> str:
    """Return `text` with a tag, an anchor or an alias behind one of its colons."""
    lines = text.split("\n")
    at = random.randrange(len(lines))
    head, colon, rest = lines[at].partition(":")
    if colon:
        word = random.choice(
            ("!reset", "!override", "&a", "*a", "!!str", "!!int", "!x", "<<: *a #")
        )
        lines[at] = f"{head}: {word}{rest}"
    return "\n".join(lines)
