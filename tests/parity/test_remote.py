"""Projects from git, next to `docker compose config` on the same references.

Both fetch from one server into caches of their own; only the names of these differ.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.loading import write
from support.peer import docker_compose
from support.repositories import ENVIRONMENT, Repository, serve

pytestmark = [pytest.mark.parity, pytest.mark.slow]

ROOT = Path(__file__).parent.parent.parent
FETCHED = {
    "compose.yaml": """
        name: theirs
        services:
          root: {image: "root:${TAG:-none}", build: ./ctx, env_file: a.env, volumes: ["./d:/d"]}
        """,
    "a.env": "A=1",
    "app/compose.yaml": """
        include: [../other/compose.yaml]
        services:
          app:
            image: "app:${TAG:-none}"
            extends: {file: ../base.yaml, service: base}
            volumes: ["./c:/c", "../up:/up"]
        """,
    "app/compose.override.yaml": "services: {app: {image: not-read}}",
    "app/.env": "TAG=fetched",
    "other/compose.yaml": "services: {other: {image: other, volumes: ['./o:/o']}}",
    "base.yaml": "services: {base: {image: base, environment: {B: '1'}, volumes: ['./b:/b']}}",
    "plain.yaml": "services: {plain: {image: plain, environment: {A: '${TAG}'}}}",
    "odd name/foo.yaml": "services: {odd: {image: odd, configs: [c]}}\nconfigs: {c: {file: ./c}}",
}
LOCAL = {
    ".env": "TAG=here",
    "local/compose.yaml": "services: {local: {image: 'l:${TAG}', volumes: ['./l:/l']}}",
    "local/.env": "TAG=local",
    "include.yaml": """
        include: ["GIT#v1:app"]
        services: {local: {image: "l:${TAG}", volumes: ["./l:/l"]}}
        """,
    "include_over.yaml": "include: [{path: ['GIT#v1:other', over.yaml]}]",
    "include_under.yaml": "include: [{path: [over.yaml, 'GIT#v1:other']}]",
    "include_directory.yaml": """
        include: [{path: "GIT#v1:other", project_directory: local}]
        services: {local: {image: "l:${TAG}"}}
        """,
    "include_environment.yaml": "include: [{path: 'GIT#v1:app', env_file: local/.env}]",
    "over.yaml": "services: {other: {image: over, volumes: ['./q:/q']}}",
    "extend.yaml": """
        services:
          local: {extends: {file: "GIT#v1:base.yaml", service: base}, volumes: ["./l:/l"]}
        """,
}
SAME = (
    "-f GIT config",
    "-f GIT#main config",
    "-f GIT#v1:app config",
    "-f GIT#v1-annotated:base.yaml config",
    "-f GIT#refs/heads/main:other config",
    "-f GIT#release/1:app/compose.yaml config",
    "-f GIT#COMMIT:other config",
    "-f GIT#:other config",
    "-f GIT?ref=v1&subdir=other config",
    "-f GIT?tag=v1&subdir=app config",
    "-f GIT?branch=release/1#:app config",
    "-f GIT?submodules=true&keep-git-dir=1 config",
    "-f GIT#v1:odd%20name/foo.yaml config",
    "-f GIT#v1:other -f GIT#v1:app config",
    "-f GIT#v1:app -f local/compose.yaml config",
    "-f local/compose.yaml -f GIT#v1:app config",
    "--project-directory local -f GIT#v1:app config",
    "-p mine -f GIT config",
    "-f GIT#v1:plain.yaml config --hash *",
    "-f GIT#v1:app config --profiles",
    "-f GIT#v1:plain.yaml config --images",
    "-f GIT config --no-interpolate",
    "-f include.yaml config",
    "-f include_over.yaml config",
    "-f include_under.yaml config",
    "-f include_directory.yaml config",
    "-f include_environment.yaml config",
    "-f extend.yaml config",
    "-f GIT#v1:app config --no-path-resolution",
    "-f include.yaml config --no-path-resolution",
    "-f include_over.yaml config --no-path-resolution",
    "-f extend.yaml config --no-path-resolution",
    "-f GIT config --no-normalize",
    "-f include_directory.yaml config --variables",
    "-f include.yaml config --format json",
)
REFUSED = (
    "-f GIT#nope config",
    "-f GIT#v1:nope config",
    "-f GIT#v1:.. config",
    "-f GIT#v1:/etc config",
    "-f GIT#v1:app/c config",
    "-f GIT?nope=1 config",
    "-f GIT?ref=v1#main config",
    "-f GIT/ config",
    "-f GITnope config",
    "-f git@127.0.0.1:x.git config",
    "-f ssh://git@127.0.0.1:1/x.git config",
    "-f git://127.0.0.1:1/x.git config",
    "-f http://127.0.0.1:1/x.git config",
    "-f github.com/ config",
)


@dataclass(frozen=True)
class Stage:
    """A repository on a server, and a directory with local files that refer to it."""

    here: Path
    caches: Path
    address: str
    commit: str
    tag: str
    """The annotated tag itself: it is what Docker Compose calls a checkout of it."""

    def ours(self, line: str) -> tuple[int, str]:
        code, out = self._run([sys.executable, "-m", "composer"], line)
        return code, out.replace(f"{self.caches}/composer/git/", "CACHE/")

    def theirs(self, line: str) -> tuple[int, str]:
        code, out = self._run([docker_compose()], line)
        return code, out.replace(f"{self.caches}/docker-compose/", "CACHE/")

    def _run(self, program: list[str], line: str) -> tuple[int, str]:
        words = [
            word.replace("GIT", self.address).replace("COMMIT", self.commit)
            for word in line.split()
        ]
        done = subprocess.run(
            [*program, *words],
            cwd=self.here,
            env={
                **ENVIRONMENT,
                "PYTHONPATH": str(ROOT),
                "XDG_CACHE_HOME": str(self.caches),
                "GIT_SSH_COMMAND": "false",
                "HOME": os.path.expanduser("~"),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("remote")
    repository = Repository(directory / "srv" / "x.git")
    commit = repository.commit(FETCHED)
    repository.git("branch", "release/1")
    repository.git("tag", "v1")
    repository.git("tag", "--annotate", "--message", "x", "v1-annotated")
    with serve(directory / "srv") as address:
        for name, text in LOCAL.items():
            write(directory / "here", name, text.replace("GIT", f"{address}/x.git"))
        tag = repository.git("rev-parse", "v1-annotated")
        yield Stage(directory / "here", directory / "caches", f"{address}/x.git", commit, tag)


@pytest.mark.parametrize("line", SAME)
def test_a_remote_project_is_that_of_docker_compose(stage: Stage, line: str) -> None:
    code, expected = stage.theirs(line)
    assert code == 0
    assert stage.ours(line) == (0, expected.replace(stage.tag, stage.commit))


@pytest.mark.parametrize("line", REFUSED)
def test_what_docker_compose_refuses_is_refused(stage: Stage, line: str) -> None:
    assert stage.theirs(line)[0] != 0
    assert stage.ours(line)[0] == 1
