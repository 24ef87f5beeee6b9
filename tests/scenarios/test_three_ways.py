"""Scripts as people have them, in all three spellings, unchanged but for the program's name.

They are in `ways/`.  A section of a script is run, and then looked at: the engine first.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from support.cli import Folder, Ran, docker, run
from support.lab import Collected
from support.spellings import install

pytestmark = pytest.mark.docker

WAYS = Path(__file__).parent / "ways"
SPELLINGS = ("composer", "docker compose", "docker-compose")


class Scene:
    """The project of `ways/`, and a shell in which all spellings are composer."""

    def __init__(self, folder: Folder, spelling: str) -> None:
        self.folder = folder
        self.spelling = spelling
        shutil.copytree(WAYS / "project", folder.path, dirs_exist_ok=True)
        programs = folder.path.parent / "bin"
        for name in ("composer", "docker-compose"):
            install(programs / name)
        self.environment = {
            **folder.environment,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "DOCKER_CONFIG": str(folder.path.parent / "docker"),
            "NAME": folder.name,
            "MAKEFLAGS": "",
        }
        run("composer", "plugin", "install", env=self.environment).ok()

    def script(self, name: str) -> str:
        return (WAYS / name).read_text().replace("docker compose", self.spelling)

    def bash(self, text: str, more: Mapping[str, str] | None = None) -> Ran:
        shell = ("bash", "-eu", "-o", "pipefail", "-c", text)
        return run(*shell, cwd=self.folder.path, env={**self.environment, **(more or {})}).ok()

    def read(self, name: str) -> str:
        return (self.folder.path / name).read_text()

    def name(self, *services: str) -> list[str]:
        return sorted(f"{self.folder.name}-{service}" for service in services)

    def started(self) -> dict[str, str]:
        return {name: one["State"]["StartedAt"] for name, one in self.folder.containers().items()}

    def nothing_is_left(self) -> bool:
        folder = self.folder
        return folder.containers() == {} and folder.networks() == [] and folder.volumes() == []


@pytest.fixture(params=SPELLINGS)
def scene(request: pytest.FixtureRequest, folder: Folder) -> Scene:
    scene = Scene(folder, request.param)
    assert scene.spelling in scene.bash(f"{scene.spelling} up --help").out.splitlines()[0]
    return scene


def test_a_makefile(scene: Scene) -> None:
    (scene.folder.path / "Makefile").write_text(scene.script("Makefile"))

    def make(target: str) -> str:
        return scene.bash(f"make --no-print-directory {target}").out

    assert "commit none\n" in make("test")
    ids = scene.folder.ids()
    assert scene.folder.running() == sorted(ids) == scene.name("db-1", "web-1")
    assert scene.folder.volumes() == [f"{scene.folder.name}_data"]

    assert make("once").endswith("once\n")
    assert scene.folder.ids() == ids

    shown = make("ps").splitlines()
    assert shown[0].split() == [
        *("NAME", "IMAGE", "COMMAND", "SERVICE", "CREATED", "STATUS", "PORTS"),
    ]
    assert [line.split()[0] for line in shown[1:]] == sorted(ids)
    assert make("logs") == "web-1  | hello\n"

    before = scene.started()
    make("restart")
    assert scene.folder.ids() == ids
    assert {n for n, at in scene.started().items() if at != before[n]} == {*scene.name("web-1")}

    make("stop")
    assert scene.folder.ids() == ids
    assert scene.folder.running() == []

    make("clean")
    assert scene.nothing_is_left()
    assert docker("images", "-q", f"{scene.folder.name}-web").split() == []


def test_the_steps_of_a_github_workflow(scene: Scene) -> None:
    workflow = yaml.safe_load(scene.script("workflow.yml"))
    ids: dict[str, str] = {}

    def started() -> None:
        assert scene.folder.running() == scene.name("db-1", "web-1")
        web = scene.folder.containers()[f"{scene.folder.name}-web-1"]
        assert "GREETING=hello from CI" in web["Config"]["Env"]
        ids.update(scene.folder.ids())

    def scaled() -> None:
        assert scene.folder.running() == scene.name("db-1", "web-1", "web-2")
        assert ids.items() <= scene.folder.ids().items()

    def built() -> None:
        assert len(docker("images", "-q", f"{scene.folder.name}-web").split()) == 1
        assert scene.folder.containers() == {}

    def logged() -> None:
        said = scene.read("compose.log").splitlines()
        assert {line.partition("|")[0].strip() for line in said} == {"web-1", "web-2"}
        assert all(line.endswith("Z hello from CI") for line in said)

    def cleaned() -> None:
        assert scene.nothing_is_left()

    afterwards: dict[str, Callable[[], None]] = {
        "Build": built,
        "Start": started,
        "Scale": scaled,
        "Logs": logged,
        "Clean up": cleaned,
    }
    for step in workflow["jobs"]["integration"]["steps"]:
        if "run" in step:
            scene.bash(step["run"], workflow["env"])
            afterwards.get(step["name"], lambda: None)()


def sections(script: str) -> Iterator[tuple[str, str]]:
    """Yield the sections of a script: the words of their comments, and their text."""
    for text in script.split("\n\n"):
        yield text.splitlines()[0].lstrip("# "), text


def test_the_calls_of_an_editor(scene: Scene) -> None:
    both = scene.name("db-1", "web-1")
    ids: dict[str, str] = {}
    starts: list[dict[str, str]] = []

    def looked_at() -> None:
        assert scene.folder.containers() == {}
        assert scene.read("profiles.txt") == "debug\n"
        assert sorted(scene.read("services.txt").split()) == ["db", "web"]
        assert sorted(scene.read("all-services.txt").split()) == ["adminer", "db", "web"]
        assert scene.read("volumes.txt") == "data\n"
        assert set(json.loads(scene.read("config.json"))["services"]) == {"db", "web"}

    def up() -> None:
        assert scene.folder.running() == both
        ids.update(scene.folder.ids())
        starts.append(scene.started())

    def listed() -> None:
        rows = [json.loads(line) for line in scene.read("ps.json").splitlines()]
        assert {row["Name"]: row["ID"] for row in rows} == {n: id[:12] for n, id in ids.items()}
        assert {row["Service"]: row["Health"] for row in rows} == {"db": "healthy", "web": ""}
        projects = {one["Name"]: one for one in json.loads(scene.read("ls.json"))}
        assert projects[scene.folder.name]["Status"] == "running(2)"
        images = {one["ContainerName"] for one in json.loads(scene.read("images.json"))}
        assert images == set(both)

    def restarted() -> None:
        starts.append(scene.started())
        assert scene.folder.ids() == ids
        assert scene.folder.running() == both
        assert all(starts[1][name] > starts[0][name] for name in both)

    def stopped() -> None:
        assert scene.folder.ids() == ids
        assert scene.folder.running() == []

    def started() -> None:
        assert scene.folder.ids() == ids
        assert scene.folder.running() == both

    def developed() -> None:
        assert scene.read("short.txt").split(".")[0].isdecimal()
        assert set(yaml.safe_load(scene.read("merged.yaml"))["services"]) == {
            *("adminer", "db", "web"),
        }
        assert scene.folder.running() == both
        labels = scene.folder.containers()[both[1]]["Config"]["Labels"]
        assert labels["devcontainer.local_folder"] == "/src"
        assert labels["com.docker.compose.project.config_files"].endswith("dev.yml")

    def down() -> None:
        assert scene.folder.containers() == {}
        assert scene.folder.networks() == []
        assert scene.folder.volumes() == [f"{scene.folder.name}_data"]

    afterwards: dict[str, Callable[[], None]] = {
        "The extension for containers: is Compose there, and what is in the file?": looked_at,
        "Compose Up - Select Services": up,
        "The tree of containers": listed,
        "Attach shell, execute": lambda: None,
        "Compose Logs": lambda: None,
        "Compose Restart": restarted,
        "Compose Stop": stopped,
        "Compose Start": started,
        "The extension for dev containers: another file on top, everything, nothing replaced": (
            developed
        ),
        "Compose Down": down,
    }
    for title, text in sections(scene.script("editor.sh")):
        scene.bash(text)
        afterwards.pop(title)()
    assert afterwards == {}
    assert scene.read("exec.txt") == "hello\n"
    assert scene.read("logs.txt") == "web-1  | hello\n"


def test_a_docker_that_is_told_to_end_stops_what_its_plugin_runs(folder: Folder) -> None:
    scene = Scene(folder, "docker compose")
    words = ("docker", "compose", "up", "--build")
    with subprocess.Popen(
        words,
        cwd=folder.path,
        env={**os.environ, **scene.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,  # only docker is told, as by a runner that cancels a job
    ) as process:
        lines = Collected(process.stdout or ())
        lines.until(lambda said: any("web-1  | hello" in line for line in said))
        assert folder.running() == scene.name("db-1", "web-1")

        process.terminate()

        assert process.wait(60) == 130
        lines.ended()
    assert folder.running() == []
    assert sorted(folder.ids()) == scene.name("db-1", "web-1")
