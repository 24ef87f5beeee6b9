"""The arrows: who may import whom, and who is the door to what.

A module imports from the layers below its own, never beside, never above.
"""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "composer"

LAYERS = (
    ("archive", "bytecode", "checksum", "pattern", "record"),
    ("dockerfile",),
    ("source", "ignorefile"),
    ("errors",),
    ("model",),
    ("graph",),
    ("loader", "planner", "engine", "remote", "watching"),
    ("executor",),
    ("recovery",),
    ("reconciler",),
    ("actions",),
    ("render",),
    ("cli",),
    ("__main__",),
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}

DOORS = {
    "dataclasses": "composer/record.py",
    "yaml": "composer/loader/document.py",
    "jsonschema": "composer/loader/validate.py",
    "networkx": "composer/graph.py",
    "docker": "composer/engine/docker/",
    "requests": "composer/engine/docker/",
    "rich": "composer/render/",
    "inotify_simple": "composer/watching/inotify.py",
    "watchfiles": "composer/watching/elsewhere.py",
}

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "schemas" not in path.parts)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and dotted name of everything that a module imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            yield node.lineno, node.module or ""
            if node.module == "composer":
                yield from ((node.lineno, f"composer.{alias.name}") for alias in node.names)


def room(dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if parts[0] == "composer" and len(parts) > 1 else None


def wrong_arrows(path: Path, root: Path = ROOT) -> Iterator[str]:
    own = path.relative_to(root / "composer").parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for line, name in imports(path):
        other = room(name)
        if other in (None, own, "__version__"):
            continue
        if LEVEL[other] >= LEVEL[own]:
            yield f"{path.relative_to(root)}:{line}: {own} must not import {other}"


def wrong_doors(path: Path, root: Path = ROOT) -> Iterator[str]:
    where = str(path.relative_to(root))
    for line, name in imports(path):
        door = DOORS.get(name.split(".")[0])
        if door is not None and not where.startswith(door):
            yield f"{where}:{line}: {name} is imported by {door} only"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_arrows_point_down(path: Path) -> None:
    assert list(wrong_arrows(path)) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_dependency_has_one_door(path: Path) -> None:
    assert list(wrong_doors(path)) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_stay_small(path: Path) -> None:
    assert path.read_text().count("\n") <= 400


def test_an_offender_is_named_with_its_line(tmp_path: Path) -> None:
    offender = tmp_path / "composer" / "planner" / "offender.py"
    offender.parent.mkdir(parents=True)
    offender.write_text("import docker\n\nfrom composer.engine.port import Engine\n")

    assert list(wrong_arrows(offender, tmp_path)) == [
        "composer/planner/offender.py:3: planner must not import engine"
    ]
    assert list(wrong_doors(offender, tmp_path)) == [
        "composer/planner/offender.py:1: docker is imported by composer/engine/docker/ only"
    ]


def test_the_top_level_is_small() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    top = {line.partition("/")[0] for line in listed.splitlines()}

    assert {name for name in top if not name.startswith(".")} == {
        *("LICENSE", "Makefile", "README.md", "pyproject.toml"),
        *("composer", "docs", "samples", "schemas", "tests"),
    }
