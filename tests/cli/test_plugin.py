"""composer behind the names of Docker Compose: placed, shown, and taken away again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from composer.actions.plugin import program_text
from support.session import World

DOCKERS = """\
#!/bin/sh
echo '{"SchemaVersion": "0.1.0", "Vendor": "Docker Inc.", "Version": "v2.40.3"}'
"""


@pytest.fixture
def home(demo: World) -> Path:
    """A home without any docker-compose, and a PATH that has its ~/.local/bin."""
    demo.setenv("HOME", str(demo.directory))
    demo.setenv("DOCKER_CONFIG", "")
    demo.setenv("PATH", f"{demo.directory}/.local/bin:/usr/bin:/bin")
    return demo.directory


@pytest.fixture
def plugin(home: Path) -> Path:
    return home / ".docker" / "cli-plugins" / "docker-compose"


def place_dockers(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(DOCKERS)
    path.chmod(0o755)


def version(program: Path) -> str:
    """Return what the program says of itself when docker calls it."""
    done = subprocess.run((program, "compose", "version"), capture_output=True, text=True)
    return done.stdout or done.stderr


OURS = "Docker Compose version v2.40.3+composer\n"


def test_docker_compose_becomes_composer_and_is_no_more_afterwards(
    demo: World, plugin: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo.run("plugin", "install") == 0
    assert version(plugin) == OURS
    assert capsys.readouterr().err == f"wrote {plugin}\n'docker compose' is composer\n"

    assert demo.run("plugin", "uninstall") == 0
    assert list(plugin.parent.iterdir()) == []
    assert f"removed {plugin}\n" in capsys.readouterr().err


def test_the_program_docker_compose_goes_where_programs_are(demo: World, home: Path) -> None:
    assert demo.run("plugin", "install", "--standalone") == 0

    program = home / ".local" / "bin" / "docker-compose"
    done = subprocess.run((program, "-v"), capture_output=True, text=True)
    assert done.stdout == OURS

    assert demo.run("plugin", "uninstall", "--standalone") == 0
    assert not program.exists()


def test_another_directory_may_be_named(demo: World, home: Path) -> None:
    assert demo.run("plugin", "install", "--directory", "here") == 0
    assert version(home / "here" / "docker-compose") == OURS


def test_installing_twice_is_once(demo: World, plugin: Path) -> None:
    assert demo.run("plugin", "install") == 0
    assert demo.run("plugin", "install") == 0
    assert [path.name for path in plugin.parent.iterdir()] == ["docker-compose"]

    assert demo.run("plugin", "uninstall") == 0
    assert demo.run("plugin", "uninstall") == 0


def test_dockers_own_plugin_is_not_written_over(
    demo: World, plugin: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place_dockers(plugin)

    assert demo.run("plugin", "install") == 1

    assert plugin.read_text() == DOCKERS
    assert capsys.readouterr().err == (
        f"error: {plugin} is there already, and not composer's: Docker Inc 2.40.3\n"
        "   = help: --replace keeps it, and 'composer plugin uninstall' gives it back\n"
    )


def test_dockers_own_plugin_comes_back_when_ours_goes(demo: World, plugin: Path) -> None:
    place_dockers(plugin)

    assert demo.run("plugin", "install", "--replace") == 0
    assert version(plugin) == OURS

    assert demo.run("plugin", "install", "--replace") == 0  # an update of ours keeps theirs kept

    assert demo.run("plugin", "uninstall") == 0
    assert plugin.read_text() == DOCKERS
    assert [path.name for path in plugin.parent.iterdir()] == ["docker-compose"]


def test_what_was_kept_before_is_not_written_over(
    demo: World, plugin: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place_dockers(plugin)
    assert demo.run("plugin", "install", "--replace") == 0
    plugin.write_text("#!/bin/sh\necho somebody else\n")

    assert demo.run("plugin", "install", "--replace") == 1

    assert "is there already: what was kept" in capsys.readouterr().err
    kept = [path.read_text() for path in plugin.parent.iterdir() if path != plugin]
    assert kept == [DOCKERS]


def test_a_link_to_dockers_own_plugin_comes_back_as_a_link(demo: World, plugin: Path) -> None:
    dockers = demo.directory / "desktop" / "docker-compose"
    place_dockers(dockers)
    plugin.parent.mkdir(parents=True)
    plugin.symlink_to(dockers)

    assert demo.run("plugin", "install", "--replace") == 0
    assert demo.run("plugin", "uninstall") == 0

    assert plugin.readlink() == dockers
    assert dockers.read_text() == DOCKERS


def test_what_is_not_ours_is_not_removed(demo: World, plugin: Path) -> None:
    place_dockers(plugin)

    assert demo.run("plugin", "uninstall") == 1
    assert plugin.read_text() == DOCKERS


def test_a_dry_run_leaves_everything_as_it_is(demo: World, plugin: Path) -> None:
    assert demo.run("plugin", "install", "--dry-run") == 0
    assert not plugin.exists()

    place_dockers(plugin)
    assert demo.run("--dry-run", "plugin", "install", "--replace") == 0
    assert plugin.read_text() == DOCKERS


def test_status_shows_who_is_used_and_whom_that_hides(
    demo: World, plugin: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    extra = home / "extra" / "docker-compose"
    place_dockers(extra)
    (home / ".docker").mkdir(exist_ok=True)
    (home / ".docker" / "config.json").write_text(
        json.dumps({"cliPluginsExtraDirs": [str(extra.parent)]})
    )
    assert demo.run("plugin", "install") == 0
    assert (
        f"'docker compose' is still Docker Inc 2.40.3: {extra} comes first\n"
        in capsys.readouterr().err
    )

    assert demo.run("plugin", "status") == 1
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == ["docker", "compose", "Docker", "Inc", "2.40.3", "used", str(extra)]
    assert lines[2] == ["docker", "compose", "composer", "hidden", str(plugin)]

    extra.unlink()
    assert demo.run("plugin", "status", "--format", "json") == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first == {
        "Spelling": "docker compose",
        "Program": "composer",
        "Path": str(plugin),
        "Used": True,
        "Composer": True,
        "Broken": "",
    }


def test_status_shows_an_old_docker_compose_by_its_version(
    demo: World, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = home / ".local" / "bin" / "docker-compose"
    old.parent.mkdir(parents=True)
    old.write_text("#!/bin/sh\necho docker-compose version 1.29.2, build unknown\n")
    old.chmod(0o755)

    assert demo.run("plugin", "status") == 1
    row = next(line for line in capsys.readouterr().out.splitlines() if str(old) in line)
    assert " ".join(row.split()) == (
        f"docker-compose docker-compose version 1.29.2, build unknown used {old}"
    )


def test_status_tells_of_a_plugin_whose_python_is_gone(
    demo: World, plugin: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin.parent.mkdir(parents=True)
    plugin.write_text(program_text("/gone/python", "/gone"))
    plugin.chmod(0o755)

    assert demo.run("plugin", "status") == 1
    assert "broken: no such file or directory" in capsys.readouterr().out


def test_a_broken_plugin_in_front_of_ours_is_told(
    demo: World, home: Path, plugin: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = home / "extra" / "docker-compose"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho nonsense\n")
    broken.chmod(0o755)
    (home / ".docker").mkdir()
    extra = {"cliPluginsExtraDirs": [str(broken.parent)]}
    (home / ".docker" / "config.json").write_text(json.dumps(extra))

    assert demo.run("plugin", "install") == 0
    assert (
        f"'docker compose' does not work: {broken}: it does not describe itself as a plugin\n"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["install", "--system", "--directory", "x"], "--system and --directory cannot be"),
        (["install", "--directory", "compose.yaml"], "not a directory"),
        (["status", "--format", "xml"], "unsupported --format value 'xml'"),
    ],
)
def test_what_cannot_be_done_is_told(
    demo: World, home: Path, capsys: pytest.CaptureFixture[str], flags: list[str], message: str
) -> None:
    demo.write("")

    assert demo.run("plugin", *flags) == 1
    assert message in capsys.readouterr().err.lower()


@pytest.mark.parametrize("directory", ["with a blank", "l" * 150])
def test_a_python_that_no_first_line_can_name_is_started_by_a_shell(
    home: Path, directory: str
) -> None:
    python = home / directory / "python"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    program = home / "docker-compose"
    program.write_text(program_text(str(python), "/nowhere"))
    program.chmod(0o755)

    assert version(program) == OURS
