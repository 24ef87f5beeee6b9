"""What a command imports: milliseconds vary, modules do not."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from composer.cli.main import COMMANDS

ROOT = Path(__file__).parent.parent
HEAVY = {"docker", "requests", "rich", "networkx", "yaml", "jsonschema", "asyncio"}

_PROGRAM = """
import sys
from composer.__main__ import main

code = main(sys.argv[1:])
loaded = sorted({name.partition(".")[0] for name in sys.modules})
print("LOADED", *loaded, file=sys.stderr)
sys.exit(code)
"""


def loaded_by(*argv: str, directory: Path) -> set[str]:
    """Return the top-level modules that are loaded when a command line has run."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *argv],
        cwd=directory,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.rpartition("LOADED")[2].split())


@pytest.mark.parametrize(
    "argv",
    [["--help"], ["version"], ["--version"], ["version", "--short"], ["up", "--help"]],
    ids=" ".join,
)
def test_what_needs_no_project_loads_nothing_heavy(argv: list[str], tmp_path: Path) -> None:
    assert loaded_by(*argv, directory=tmp_path) & HEAVY == set()


def test_config_needs_neither_an_engine_nor_a_graph_nor_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {web: {image: nginx, depends_on: [db]}, "
                                           "db: {image: postgres}}")  # fmt: skip

    assert loaded_by("config", directory=tmp_path) & HEAVY <= {"yaml", "jsonschema"}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_docstring_of_a_command_is_its_summary(name: str) -> None:
    source = (ROOT / "composer" / "cli" / f"{name}.py").read_text()

    assert ast.get_docstring(ast.parse(source)) == COMMANDS[name]
