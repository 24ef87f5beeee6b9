"""Flags that no other scenario needs, on a real engine: what they do, several at a time."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.cli import Folder, docker, eventually, run
from support.peer import with_buildx
from support.registries import log_in, real_registry

pytestmark = pytest.mark.docker

SLEEP = "image: busybox\n    command: sleep infinity\n    stop_grace_period: 0s"

JOBS = f"""
services:
  talker:
    {SLEEP.replace("sleep infinity", "sh -c 'echo from talker; sleep infinity'")}
  noisy:
    {SLEEP.replace("sleep infinity", "sh -c 'echo from noisy; sleep infinity'")}
  job:
    image: busybox
    command: sh -c 'sleep 1; echo from job; exit 7'
    depends_on: [talker, noisy]
  fine:
    image: busybox
    command: 'true'
    profiles: [fine]
"""


def statuses(folder: Folder) -> dict[str, str]:
    return {name.split("-")[1]: one["State"]["Status"] for name, one in folder.containers().items()}


def test_up_ends_with_the_code_and_shows_the_output_that_was_asked_for(folder: Folder) -> None:
    folder.write("compose.yaml", JOBS)

    ended = folder.composer("up", "--exit-code-from", "job", "--no-attach", "noisy", "--no-color")
    assert ended.code == 7
    assert "talker-1  | from talker" in ended.out
    assert "from noisy" not in ended.out
    assert set(statuses(folder).values()) == {"exited"}

    failed = folder.composer(
        "--profile", "fine", "up", "--abort-on-container-failure", "--attach", "job",
        "--no-log-prefix", "-t", "0",
    )  # fmt: skip
    assert failed.code == 7
    assert failed.out == "from job\njob-1 exited with code 7\n"
    assert set(statuses(folder).values()) == {"exited"}

    first = folder.composer(
        "--profile", "fine", "up", "--abort-on-container-exit", "fine", "talker"
    )
    assert first.code == 0
    assert statuses(folder)["talker"] == "exited"


BUILT = """
services:
  web:
    build: {context: ., args: {MODE: file}}
    command: sleep infinity
    stop_grace_period: 0s
    depends_on: [base]
  base:
    build: {context: ., dockerfile_inline: "FROM busybox\\nRUN echo base > /is"}
    image: NAMED
    command: sleep infinity
    stop_grace_period: 0s
"""


@pytest.fixture
def built(folder: Folder) -> Iterator[Folder]:
    """A project of two images that are built, one of them with a name of its own."""
    named = f"example/{folder.name}:1"
    folder.write("compose.yaml", BUILT.replace("NAMED", named))
    folder.write("Dockerfile", "FROM busybox\nARG MODE\nRUN echo $MODE > /mode\n")
    yield folder
    folder.composer("down", "-t", "0")
    run("docker", "rmi", "-f", named)


def mode(folder: Folder) -> str:
    return docker("run", "--rm", f"{folder.name}-web", "cat", "/mode").strip()


def images(folder: Folder) -> set[str]:
    """Return which of the two images are there."""
    names = (f"{folder.name}-web", f"example/{folder.name}:1")
    return {name for name in names if run("docker", "image", "inspect", name).code == 0}


def test_builds_do_what_their_flags_say(built: Folder, tmp_path: Path) -> None:
    web, base = f"{built.name}-web", f"example/{built.name}:1"

    assert built.composer("up", "-d", "--no-build").code == 1
    assert images(built) == set()

    quiet = built.composer("build", "--build-arg", "MODE=flag", "--pull", "-q", "web").ok()
    assert (mode(built), images(built)) == ("flag", {web})
    assert "RUN" not in quiet.err

    built.environment["MODE"] = "shell"
    built.composer(
        "build", "--no-cache", "--with-dependencies", "--build-arg", "MODE",
        "--builder", "default", "web",
    ).ok()  # fmt: skip
    assert (mode(built), images(built)) == ("shell", {web, base})

    built.composer("up", "-d", "--build", "--quiet-build", "-t", "0").ok()
    assert mode(built) == "file"
    assert len(built.running()) == 2

    built.composer("down", "--rmi", "local", "-t", "0").ok()
    assert images(built) == {base}
    built.composer("down", "--rmi", "all").ok()
    assert images(built) == set()


@pytest.mark.parametrize("builder", ["BuildKit", "classic"])
def test_builds_may_be_pushed_at_once(folder: Folder, tmp_path: Path, builder: str) -> None:
    (tmp_path / "storage").mkdir()
    folder.environment |= with_buildx(tmp_path / "me")
    if builder == "classic":
        folder.environment["DOCKER_BUILDKIT"] = "0"
    with real_registry(tmp_path / "storage", closed=True) as registry:
        log_in(tmp_path / "me", registry, **json.loads((tmp_path / "me/config.json").read_text()))
        first, second = f"{registry}/{folder.name}:1", f"{registry}/{folder.name}:2"
        folder.write("Dockerfile", f"FROM busybox\nRUN echo {folder.name} > /made\n")
        file = f"services: {{app: {{build: {{context: ., tags: ['{second}']}}, image: '{first}'}}"
        folder.write("compose.yaml", f"{file}, own: {{build: .}}}}")

        said = folder.composer("build", "--push").ok()
        assert f"app | with {'BuildKit' if builder == 'BuildKit' else 'the classic'}" in said.err
        docker("rmi", "-f", first, second)
        for name in (first, second):
            pulled = run("docker", "pull", "-q", name, env=folder.environment).ok()
            assert pulled.out == f"{name}\n"
        docker("rmi", "-f", first, second)


def test_a_build_may_use_an_agent(folder: Folder, tmp_path: Path) -> None:
    folder.environment |= with_buildx(tmp_path / "me")
    folder.write(
        "Dockerfile",
        'FROM busybox\nRUN --mount=type=ssh test -S "$SSH_AUTH_SOCK" && echo ' + folder.name,
    )
    folder.write("compose.yaml", "services: {app: {build: {context: ., ssh: [default]}}}")
    socket = tmp_path / "agent"
    agent = subprocess.Popen(("ssh-agent", "-D", "-a", str(socket)), stdout=subprocess.DEVNULL)
    try:
        eventually(socket.exists)
        folder.environment["SSH_AUTH_SOCK"] = str(socket)
        said = folder.composer("build").ok()
    finally:
        agent.kill()
        agent.wait()

    assert f" app | {folder.name}\n" in said.err


def test_a_build_may_use_a_key(folder: Folder, tmp_path: Path) -> None:
    key = tmp_path / "key"
    assert run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)).code == 0
    mount = "--mount=type=ssh,id=own"  # what is built once is in the cache: so the name
    folder.write(
        "Dockerfile", f'FROM busybox\nRUN {mount} test -S "$SSH_AUTH_SOCK" && echo {folder.name}\n'
    )
    folder.write("compose.yaml", "services: {app: {build: .}}")

    assert folder.composer("build").code == 1
    folder.composer("build", "--ssh", f"own={key}").ok()


def test_images_are_pulled_when_the_policy_says_so(folder: Folder) -> None:
    folder.write("Dockerfile", "FROM busybox\n")
    folder.write(
        "compose.yaml",
        """
        services:
          web: {image: busybox, command: sleep infinity, depends_on: [db], stop_grace_period: 0s}
          db: {image: 'redis:alpine', command: sleep infinity, stop_grace_period: 0s}
          made: {build: ., image: no-such-host.invalid/made:1, profiles: [other]}
          gone: {image: no-such-host.invalid/gone:1, profiles: [other]}
        """,
    )

    assert "redis" not in folder.composer("pull", "--policy", "always", "web").ok().err
    assert "redis" in folder.composer("pull", "--include-deps", "web").ok().err
    assert "redis" not in folder.composer("pull", "--policy", "missing").ok().err
    other = ("--profile", "other")
    assert folder.composer(*other, "pull", "--ignore-buildable", "made").code == 0
    assert folder.composer(*other, "pull", "gone").code == 1
    assert folder.composer(*other, "pull", "--ignore-pull-failures", "gone").code == 0

    assert folder.composer(*other, "up", "-d", "--pull", "never", "gone").code == 1
    assert folder.containers() == {}
    up = folder.composer("up", "-d", "--pull", "always", "--quiet-pull", "web").ok()
    assert up.err.count("Pulled") == 2
    assert len(folder.running()) == 2


def test_create_makes_what_is_asked_for_and_starts_nothing(folder: Folder) -> None:
    folder.write("Dockerfile", "FROM busybox\n")
    folder.write(
        "compose.yaml",
        """
        services:
          web: {build: ., command: sleep infinity, stop_grace_period: 0s}
          old: {image: busybox}
        """,
    )

    folder.composer("create", "--build", "--pull", "missing", "--scale", "web=2").ok()
    first = folder.ids()
    assert statuses(folder) == {"web": "created", "old": "created"}
    assert len(first) == 3

    folder.write("compose.yaml", "services: {web: {build: ., command: sleep 600, scale: 2}}")
    folder.composer("create", "--no-recreate", "-y").ok()
    assert folder.ids() == first
    folder.composer("create", "--force-recreate", "--remove-orphans", "--quiet-pull").ok()
    assert len(folder.ids()) == 2
    assert set(folder.ids().values()).isdisjoint(first.values())
    assert folder.running() == []
    assert folder.composer("create", "--no-build", "--build").code == 1


def test_flags_before_the_command_choose_files_variables_and_how_many_at_once(
    folder: Folder,
) -> None:
    deep = folder.path / "deep" / "down"
    deep.mkdir(parents=True)
    (deep / "env").write_text("COMMAND=sleep 601\n")
    (deep / "file.yaml").write_text(
        """
        services:
          a:
            image: busybox
            command: ${COMMAND}
            volumes: ["./here:/here"]
            depends_on: [b]
            stop_grace_period: 0s
          b: {image: busybox, command: "${COMMAND}", stop_grace_period: 0s}
        """
    )

    folder.composer(
        "--env-file", "deep/down/env", "--project-directory", "deep", "--parallel", "1",
        "-f", "deep/down/file.yaml", "up", "-d",
    ).ok()  # fmt: skip
    made = folder.containers()[f"{folder.name}-a-1"]
    assert made["Config"]["Cmd"] == ["sleep", "601"]
    assert [mount["Source"] for mount in made["Mounts"]] == [str(folder.path / "deep" / "here")]

    before = folder.ids()
    folder.environment["COMMAND"] = "sleep 602"
    folder.composer("--env-file", "deep/down/env", "--project-directory", "deep",
                    "-f", "deep/down/file.yaml", "scale", "--no-deps", "a=2").ok()  # fmt: skip
    after = folder.ids()
    assert len(after) == 3
    assert after[f"{folder.name}-b-1"] == before[f"{folder.name}-b-1"]


def test_logs_are_those_between_two_moments(folder: Folder) -> None:
    folder.write(
        "compose.yaml",
        "services: {a: {image: busybox, command: sh -c 'echo one; sleep 1; echo two'}}",
    )
    folder.composer("up").ok()
    plain = ("logs", "--no-log-prefix", "--no-color")

    stamped = folder.composer(*plain, "-t").ok().out.splitlines()
    moments = {line.split()[1]: line.split()[0] for line in stamped}

    assert list(moments) == ["one", "two"]
    assert folder.composer(*plain, "--since", moments["two"]).ok().out == "two\n"
    assert folder.composer(*plain, "--until", moments["one"]).ok().out == "one\n"
    assert folder.composer(*plain, "--since", "1h", "-n", "1").ok().out == "two\n"


def test_watch_follows_what_runs_without_bringing_it_up(folder: Folder) -> None:
    folder.write("Dockerfile", "FROM busybox\nCOPY source /source\n")
    folder.write("source", "first\n")
    folder.write(
        "compose.yaml",
        """
        services:
          a:
            build: .
            command: sleep infinity
            stop_grace_period: 0s
            develop: {watch: [{action: sync, path: source, target: /source}]}
          b: {image: busybox, command: sleep infinity, stop_grace_period: 0s}
        """,
    )
    folder.composer("up", "-d", "a").ok()
    before = folder.ids()

    with folder.start("watch", "--no-up") as watching:
        assert watching.stdout is not None
        assert any("Watch enabled" in line for line in watching.stdout)
        folder.write("source", "second\n")
        eventually(lambda: docker("exec", f"{folder.name}-a-1", "cat", "/source") == "second\n")
        watching.send_signal(signal.SIGINT)
    assert folder.ids() == before

    with folder.start("up", "--watch") as up:
        assert up.stdout is not None
        assert any("Watch enabled" in line for line in up.stdout)
        folder.write("source", "third\n")
        eventually(lambda: docker("exec", f"{folder.name}-a-1", "cat", "/source") == "third\n")
        up.send_signal(signal.SIGINT)
        up.stdout.read()
    assert set(statuses(folder)) == {"a", "b"}
    assert folder.running() == []
