"""Builds by both builders, on the real engine: images, labels and the files in them first."""

from __future__ import annotations

import functools
import io
import json
import os
import tarfile
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from support.cli import Folder, docker, run
from support.peer import with_buildx
from support.repositories import Repository, serve

pytestmark = pytest.mark.docker

BUILDERS = ("BuildKit", "classic")


@pytest.fixture(params=BUILDERS)
def builder(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def project(builder: str, folder: Folder, tmp_path: Path) -> Folder:
    """A folder in which one of the builders builds."""
    folder.environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    folder.environment |= with_buildx(tmp_path / "docker")
    if builder == "classic":
        folder.environment["DOCKER_BUILDKIT"] = "0"
    return folder


def image(ref: str) -> dict[str, Any] | None:
    ran = run("docker", "image", "inspect", ref)
    found: list[dict[str, Any]] = json.loads(ran.out or "[]")
    return found[0] if found else None


def said(ref: str, *command: str) -> str:
    return docker("run", "--rm", "--network", "none", ref, *command)


def write(folder: Folder, **texts: str) -> None:
    for name, text in texts.items():
        path = folder.path / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


SHARED = """
FROM busybox AS base
ARG COLOUR=red
RUN head -c 16 /dev/urandom | od -An -tx1 > /once; echo $COLOUR > /colour
FROM base AS one
COPY one.txt /said
FROM base AS two
COPY --chown=7:8 data /data
FROM base AS never
RUN false
"""

FILE = """
services:
  one:
    build: {context: ., target: one, args: {COLOUR: blue}, labels: {own: label}, tags: ["NAME:also"]}
  two:
    image: NAME:two
    build: {context: ., target: two, args: {COLOUR: blue}}
"""  # noqa: E501 - a file


@pytest.fixture
def shared(project: Folder) -> Iterator[Folder]:
    write(project, Dockerfile=SHARED, one_txt="1\n", data__a_sh="#!/bin/sh\n", data__b="b\n")
    write(project, compose_yaml=FILE.replace("NAME", project.name))
    data = project.path / "data"
    (data / "a.sh").chmod(0o750)
    (data / "link").symlink_to("b")
    os.link(data / "b", data / "hard")
    os.utime(data / "b", (1234567, 1234567))
    yield project
    run("docker", "rmi", "-f", f"{project.name}:also", f"{project.name}:two")


def test_what_services_share_is_built_once_and_each_image_is_what_its_service_says(
    shared: Folder, builder: str
) -> None:
    if builder == "classic":  # it has no eye for what is being built beside it
        shared.composer("build", "one").ok()
    shared.composer("build").ok()

    one, two = image(f"{shared.name}-one"), image(f"{shared.name}:two")
    assert one is not None
    assert two is not None
    assert image(f"{shared.name}:also") == one
    labels = one["Config"]["Labels"]
    assert labels["own"] == "label"
    assert labels["com.docker.compose.project"] == shared.name
    assert labels["com.docker.compose.service"] == "one"
    assert one["RootFS"]["Layers"][:2] == two["RootFS"]["Layers"][:2]
    assert said(one["Id"], "cat", "/said", "/colour") == "1\nblue\n"
    listing = said(two["Id"], "stat", "-c", "%n %a %u:%g %F %h %Y", *(
        f"/data/{name}" for name in ("a.sh", "b", "link")))  # fmt: skip
    script, plain, link = listing.splitlines()
    assert script.startswith("/data/a.sh 750 7:8 regular file 1 ")
    assert plain.startswith("/data/b 644 7:8 regular file ")
    assert plain.endswith(" 1234567")
    assert link.startswith("/data/link 777 7:8 symbolic link")
    assert said(two["Id"], "cat", "/data/hard", "/data/link") == "b\nb\n"


def test_a_build_that_fails_is_told_at_its_line_and_the_others_are_what_they_were(
    shared: Folder,
) -> None:
    file = shared.path / "compose.yaml"
    file.write_text(file.read_text() + "  bad: {build: {context: ., target: never}}\n")

    ran = shared.composer("build")

    assert ran.code == 1
    assert "the build of 'bad' failed at 'RUN false'" in ran.err
    assert "--> Dockerfile:10:1" in ran.err
    assert ran.err.count("error: ") == 1
    assert image(f"{shared.name}-bad") is None


@pytest.mark.parametrize(
    "line", ["FROM 127.0.0.1:1/nosuch:1", "COPY --from=127.0.0.1:1/nosuch:1 /x /y"]
)
def test_an_image_that_cannot_be_had_is_told_at_the_line_that_wants_it(
    project: Folder, line: str
) -> None:
    write(
        project,
        compose_yaml="services: {web: {build: web}}\n",
        web__Dockerfile=f"# two stages\nFROM busybox AS first\n{line}\n",
    )
    ran = project.composer("build")
    assert ran.code == 1
    assert image(f"{project.name}-web") is None
    assert f"--> web/Dockerfile:3:1\n   |\n 3 | {line}\n" in ran.err


def test_what_another_service_builds_is_built_before_it(project: Folder) -> None:
    base = f"{project.name}-base"
    write(
        project,
        base__Dockerfile="FROM busybox\nRUN sleep 1; echo made > /made\n",
        Dockerfile="ARG BASE\nFROM ${BASE}\nRUN cat /made > /seen\n",
        compose_yaml=f"""
services:
  app: {{build: {{context: ., args: {{BASE: {base}}}}}}}
  base: {{build: base}}
""",
    )

    project.composer("build").ok()

    assert said(f"{project.name}-app", "cat", "/seen") == "made\n"
    assert said(f"{project.name}-app", "ls", "/made") == "/made\n"


IGNORED = {
    "": "a a.txt b b/a.txt b/c b/c/a.txt b/c/k",
    "a.txt": "a b b/a.txt b/c b/c/a.txt b/c/k",
    "**/a.txt": "a b b/c b/c/k",
    "b": "a a.txt",
    "b/*\n!b/c": "a a.txt b b/c b/c/a.txt b/c/k",
    "*\n!a.txt": "a.txt",
    "*\n!b/c/k": "b b/c b/c/k",
    "*\n!b\nb/c/a*": "b b/a.txt b/c b/c/k",
    "# b\n/b/c/\n  a  ": "a.txt b b/a.txt",
    "[ab].txt\nb/?": "a b b/a.txt",
    "\ufeffb\r\na.*\r\n": "a",
    "A\nB": "a a.txt b b/a.txt b/c b/c/a.txt b/c/k",
}


def test_what_is_ignored_is_in_no_image(project: Folder) -> None:
    names = [f"s{number}" for number in range(len(IGNORED))]
    file = ["services:"]
    for name, ignored in zip(names, IGNORED, strict=True):
        root = project.path / name
        for path in ("a", "a.txt", "b/a.txt", "b/c/a.txt", "b/c/k"):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(path)
        (root / "Dockerfile").write_text("FROM busybox\nCOPY . /sent\n")
        own = "Dockerfile." if name == "s3" else "."  # one says it for its Dockerfile alone
        hidden = "\n.dockerignore\nDockerfile*\n"
        (root / f"{own}dockerignore").write_text(f"{ignored}{hidden}", newline="")
        file.append(f"  {name}: {{build: {name}}}")
    write(project, compose_yaml="\n".join(file))

    project.composer("build").ok()

    found = {
        ignored: " ".join(
            path.removeprefix("/sent/")
            for path in sorted(said(f"{project.name}-{name}", "find", "/sent").split())
            if path != "/sent"
        )
        for name, ignored in zip(names, IGNORED, strict=True)
    }
    assert found == IGNORED


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[str]:
    """The address of a context that is an archive."""
    with tarfile.open(tmp_path / "context.tar.gz", "w:gz") as tar:
        for name, text in {"D": "FROM busybox\nCOPY a /a\n", "a": "from afar\n"}.items():
            header = tarfile.TarInfo(name)
            header.size = len(text)
            tar.addfile(header, io.BytesIO(text.encode()))
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/context.tar.gz"
        server.shutdown()


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[str]:
    """The address of a context that is a git repository."""
    one = Repository(tmp_path / "repositories" / "app.git")
    one.commit({"Dockerfile": "FROM busybox\nCOPY a /a\n", "a": "from git\n"})
    with serve(tmp_path / "repositories") as url:
        yield f"{url}/app.git#main"


def test_a_dockerfile_may_be_in_the_file_and_a_context_elsewhere(
    project: Folder, archive: str, repository: str
) -> None:
    write(
        project,
        a="here\n",
        compose_yaml=f"""
services:
  inline:
    build:
      dockerfile_inline: |
        FROM busybox
        COPY . /sent
  afar: {{build: {{context: "{archive}", dockerfile: D}}}}
  kept: {{build: "{repository}"}}
""",
    )

    project.composer("build").ok()

    assert said(f"{project.name}-inline", "ls", "-A", "/sent") == "a\ncompose.yaml\n"
    assert said(f"{project.name}-afar", "cat", "/a") == "from afar\n"
    assert said(f"{project.name}-kept", "cat", "/a") == "from git\n"


SECRET = """
services:
  app:
    build:
      context: .
      secrets: [key, file]
      cache_to: ["type=inline"]
      dockerfile_inline: |
        FROM busybox
        RUN --mount=type=secret,id=key --mount=type=secret,id=file cat /run/secrets/* > /seen
secrets:
  key: {environment: HIDDEN}
  file: {file: ./secret}
"""


def test_what_only_buildkit_can_do_is_done_or_told_at_its_line(
    project: Folder, builder: str
) -> None:
    write(project, compose_yaml=SECRET, secret="from a file\n", _env="HIDDEN=from a variable\n")

    ran = project.composer("up", "--no-start")

    if builder == "classic":
        assert ran.code == 1
        assert "the build of 'app' uses secrets, which needs BuildKit" in ran.err
        assert "the build of 'app' uses cache_to, which needs BuildKit" in ran.err
        assert "--> compose.yaml:6:" in ran.err
        assert image(f"{project.name}-app") is None
        assert project.networks() == []
    else:
        ran.ok()
        seen = said(f"{project.name}-app", "cat", "/seen")
        assert seen == "from a filefrom a variable" or seen == "from a file\nfrom a variable"


def test_it_is_told_why_a_build_was_not_in_the_cache_and_what_layers_cost(
    shared: Folder, builder: str
) -> None:
    shared.composer("build", "two").ok()
    again = shared.composer("build", "-q", "--why", "two").ok()
    (shared.path / "data" / "b").write_text(f"{shared.name}\n")  # no builder has seen that
    (shared.path / "one.txt").write_text(f"no part of two in {shared.name}\n")
    changed = shared.composer("build", "-q", "--why", "two").ok()

    assert "two: all " in again.out
    assert again.err == ""
    assert (
        changed.out
        == {
            "BuildKit": "two: 1 of 2 steps were built, from 'COPY --chown=7:8 data /data' "
            "(line 8 of its Dockerfile)\n    changed: data/b, data/hard\n",
            # which goes through all stages before the one that is wanted
            "classic": "two: 2 of 3 steps were built, from 'COPY one.txt /said' "
            "(line 6 of its Dockerfile)\n    changed: one.txt\n",
        }[builder]
    )
    shared.composer("create", "two").ok()
    layers = json.loads(shared.composer("images", "--layers", "--format", "json").ok().out)
    made = {one["Instruction"].partition(" ")[0]: one for one in layers if one["Size"]}
    assert made["COPY"]["Size"] >= len(f"#!/bin/sh\n{shared.name}\n")
    assert {one["Image"] for one in layers} == {f"{shared.name}:two"}
