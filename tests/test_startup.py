"""What a command imports: milliseconds vary, modules do not."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from composer.cli.main import COMMANDS, module_of
from support.wire import Script, listening

ROOT = Path(__file__).parent.parent
HEAVY = {"docker", "requests", "rich", "networkx", "yaml", "jsonschema", "asyncio"}

LINGERING = {
    *("argparse", "asyncio", "base64", "concurrent.futures", "dataclasses", "decimal", "difflib"),
    *("email", "fractions", "gettext", "hashlib", "http", "importlib.metadata"),
    *("importlib.resources", "inspect", "ipaddress", "locale", "logging", "pathlib", "random"),
    *("shutil", "socket", "ssl", "string", "subprocess", "tempfile", "textwrap", "threading"),
    *("traceback", "unicodedata", "urllib", "uuid", "zipfile"),
}
"""What the standard library takes a millisecond or more for, and a sound file does not need."""

_PROGRAM = """
import sys

before = set(sys.modules)
from composer.__main__ import main

code = main(sys.argv[1:])
print("LOADED", *(set(sys.modules) - before), file=sys.stderr)
sys.exit(code)
"""


def loaded_by(*argv: str, directory: Path, **variables: str) -> set[str]:
    """Return the modules that composer has loaded when a command line has run."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *argv],
        cwd=directory,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.rpartition("LOADED")[2].split())


@pytest.mark.parametrize(
    "argv",
    [
        *(["--help"], ["version"], ["--version"], ["version", "--short"], ["up", "--help"]),
        *(["help", "up"], ["help", "exit-codes"], ["alpha"], ["completion", "bash"]),
        *(
            ["__complete", "u"],
            ["__complete", "up", "--"],
            ["__complete", "config", "--format", ""],
        ),
        *(["__complete", "--profile", "x", "completion", ""], ["__complete", "-f", ""]),
    ],
    ids=" ".join,
)
def test_what_needs_no_project_loads_nothing_heavy(argv: list[str], tmp_path: Path) -> None:
    loaded = loaded_by(*argv, directory=tmp_path)

    assert loaded & (HEAVY | (LINGERING - {"textwrap"})) == set()
    assert {name.split(".")[1] for name in loaded if name.startswith("composer.")} <= {
        *("__main__", "actions", "cli", "errors", "pattern", "record", "render", "source")
    }
    assert len(loaded) < 80


def test_completing_a_service_reads_the_file_and_knows_no_engine(sound: Path) -> None:
    loaded = loaded_by("__complete", "up", "", directory=sound)

    assert loaded & (HEAVY | LINGERING) <= {"yaml", "base64"}
    assert {
        name for name in loaded if name.startswith(("composer.engine", "composer.planner"))
    } == set()


def test_a_plugin_that_describes_itself_loads_next_to_nothing(tmp_path: Path) -> None:
    loaded = loaded_by("docker-cli-plugin-metadata", directory=tmp_path)

    assert {name for name in loaded if name.startswith("composer")} == {
        *("composer", "composer.__main__", "composer.cli", "composer.cli.docker_calls")
    }
    assert loaded & {"re", "typing", "json", "socket", "signal"} == set()


def test_config_needs_neither_an_engine_nor_a_graph_nor_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("services: {web: {image: nginx, depends_on: [db]}, "
                                           "db: {image: postgres}}")  # fmt: skip

    loaded = loaded_by("config", directory=tmp_path)

    assert loaded & HEAVY == {"yaml"}
    assert {
        name for name in loaded if name.startswith(("composer.engine.", "composer.planner."))
    } == set()


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A directory with the sample and nothing that it could be confused with."""
    sample = ROOT / "samples" / "todo" / "compose.yaml"
    (tmp_path / "compose.yaml").write_text(sample.read_text())
    return tmp_path


def test_without_a_reference_nothing_is_loaded_that_fetches(sound: Path) -> None:
    loaded = loaded_by("config", directory=sound)

    assert {name for name in loaded if name.startswith("composer.remote")} == set()
    assert loaded & {"composer.loader.remote", "composer.model.reference"} == set()


def test_checking_a_sound_file_loads_nothing_that_lingers(sound: Path) -> None:
    brought_by_yaml = {"base64"}

    assert loaded_by("config", "-q", directory=sound) & LINGERING <= brought_by_yaml


def test_checking_a_sound_file_loads_only_the_rooms_that_read_it(sound: Path) -> None:
    loaded = loaded_by("config", "-q", directory=sound)
    rooms = {name.split(".")[1] for name in loaded if name.startswith("composer.")}

    assert rooms == {
        *("__main__", "cli", "errors", "graph", "loader", "model"),
        *("pattern", "record", "render", "source"),
    }
    assert {name for name in loaded if name.startswith("composer.render.")} == {
        "composer.render.console"
    }


def test_checking_a_sound_file_loads_no_words_for_what_is_wrong(sound: Path) -> None:
    words = {"advice", "edits", "migrate", "old_layout", "schema_words", "survey", "unknown_keys"}

    loaded = loaded_by("config", "-q", directory=sound)

    assert {f"composer.loader.{name}" for name in words} & loaded == set()


ENGINE = {
    "GET /containers/json": [],
    "GET /networks": [],
    "GET /volumes": {"Volumes": None},
    "GET /images/nginx:latest/json": {"Id": "sha256:" + "1" * 64},
}
"""What an engine answers that has nothing but an image."""

LOOKING = {
    *(
        "bisect",
        "email",
        "hashlib",
        "heapq",
        "http",
        "ipaddress",
        "pathlib",
        "queue",
        "random",
        "shutil",
    ),
    *("signal", "ssl", "subprocess", "tempfile", "threading", "urllib"),
}
"""What looking at an engine, and finding nothing to do, does not need of the standard library."""


@pytest.mark.parametrize("argv", [["ps"], ["up", "-d"]], ids=" ".join)
def test_looking_at_an_engine_loads_nothing_that_changes_it(
    argv: list[str], tmp_path: Path
) -> None:
    text = "services: {web: {image: nginx, network_mode: none, scale: 0}}"
    (tmp_path / "compose.yaml").write_text(text)

    with listening(Script(dict(ENGINE)).serve) as address:
        loaded = loaded_by(*argv, directory=tmp_path, DOCKER_HOST=address.url)

    assert loaded & LOOKING == set()
    assert loaded & HEAVY == {"yaml"}
    assert {
        *("composer.executor.run", "composer.engine.docker.registry", "composer.engine.buildx"),
        *("composer.engine.docker.happenings", "composer.engine.docker.logs"),
        *("composer.engine.vicinity", "composer.planner.preflight", "composer.planner.down"),
        "composer.engine.port",
    } & loaded == set()


RUNNING = {
    "Id": "1" * 64,
    "Names": ["/demo-web-1"],
    "Labels": {
        "com.docker.compose.project": "demo",
        "com.docker.compose.service": "web",
        "com.docker.compose.config-hash": "1",
    },
    "State": "running",
}


UNWANTED = {
    *("concurrent.futures", "email", "hashlib", "http", "ipaddress", "logging", "pathlib"),
    *("shlex", "ssl", "subprocess", "urllib"),
}
"""What carrying out a plan does not need of the standard library."""


def test_carrying_out_a_plan_loads_no_graphs_no_pools_and_no_logs(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("{name: demo, services: {web: {image: nginx}}}")
    answers = {
        **ENGINE,
        "GET /containers/json": [RUNNING],
        "POST /containers/demo-web-1/stop": None,
        "DELETE /containers/demo-web-1": None,
    }
    script = Script(dict(answers))

    with listening(script.serve) as address:
        loaded = loaded_by("down", directory=tmp_path, DOCKER_HOST=address.url)

    assert any(call.startswith("DELETE") for call in script.seen)
    assert loaded & HEAVY == {"yaml"}
    assert loaded & UNWANTED == set()


def test_bringing_a_container_up_loads_nothing_that_is_for_failures(tmp_path: Path) -> None:
    text = "{name: demo, services: {web: {image: nginx, network_mode: none}}}"
    (tmp_path / "compose.yaml").write_text(text)
    answers = {
        **ENGINE,
        "POST /containers/create": {"Id": "1" * 64},
        "POST /containers/demo-web-1/start": None,
    }
    script = Script(dict(answers))

    with listening(script.serve) as address:
        loaded = loaded_by("up", "-d", directory=tmp_path, DOCKER_HOST=address.url)

    assert any(call.endswith("/start") for call in script.seen)
    assert loaded & HEAVY == {"yaml"}
    assert loaded & UNWANTED == set()
    assert {"composer.engine.port", "composer.planner.rollback"} & loaded == set()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_docstring_of_a_command_is_its_summary(name: str) -> None:
    source = (ROOT / f"{module_of(name).replace('.', '/')}.py").read_text()

    assert ast.get_docstring(ast.parse(source)) == COMMANDS[name]
