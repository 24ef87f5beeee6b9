"""Projects from elsewhere and from standard input, from the command line to the engine."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.registries import fake_registry
from support.repositories import Repository, serve
from support.session import World

CaptureFixture = pytest.CaptureFixture[str]


@dataclass
class Elsewhere:
    """A demo project, and repositories behind a server."""

    world: World
    repository: Repository
    address: str

    def run(self, path: str, *argv: str) -> int:
        return self.world.run("-f", f"{self.address}#main:{path}", *argv)


@pytest.fixture(autouse=True)
def _cache_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def elsewhere(demo: World, tmp_path: Path) -> Iterator[Elsewhere]:
    repository = Repository(tmp_path / "srv" / "x.git")
    with serve(tmp_path / "srv") as address:
        yield Elsewhere(demo, repository, f"{address}/x.git")


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Have somebody at the terminal type `text`."""
    stdin = io.StringIO(text)
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", stdin)


def test_what_is_fetched_is_told_on_stderr_the_first_time(
    elsewhere: Elsewhere, capsys: CaptureFixture, tmp_path: Path
) -> None:
    commit = elsewhere.repository.commit({"a.yaml": "services: {a: {image: nginx:alpine}}"})

    assert elsewhere.run("a.yaml", "config", "--images") == 0
    first = capsys.readouterr()
    assert first.out == "nginx:alpine\n"
    assert first.err == (
        f"fetched {elsewhere.address}#main:a.yaml → commit {commit[:7]} "
        f"(cached in {tmp_path}/cache/composer/git/{commit})\n"
    )
    assert elsewhere.run("a.yaml", "config", "--images") == 0
    assert capsys.readouterr().err == ""


def test_check_counts_the_warnings_of_a_reference(
    elsewhere: Elsewhere, capsys: CaptureFixture
) -> None:
    elsewhere.repository.commit({"a.yaml": "services: {a: {image: nginx}}"})

    elsewhere.run("a.yaml", "check")
    assert capsys.readouterr().out.endswith(f"\n{elsewhere.address}#main:a.yaml: 1 warning\n")


def test_a_registry_gets_the_credentials_of_docker_login(
    demo: World, capsys: CaptureFixture, tmp_path: Path
) -> None:
    demo.setenv("DOCKER_CONFIG", str(tmp_path))
    with fake_registry() as registry:
        layer = registry.layer("app", "services: {a: {image: busybox:1}}", file="compose.yaml")
        registry.project("app", "v1", layer)
        registry.token, registry.logins = "t0ken", ("me:s3cret",)
        reference = f"oci://{registry.host}/app:v1"

        assert demo.run("-f", reference, "config", "--images") == 1
        assert f"docker login {registry.host}" in capsys.readouterr().err
        auth = base64.b64encode(b"me:s3cret").decode()
        settings = {"auths": {registry.host: {"auth": auth}}}
        (tmp_path / "config.json").write_text(json.dumps(settings))
        assert demo.run("-f", reference, "config", "--images") == 0
        assert capsys.readouterr().out == "busybox:1\n"


def test_a_registry_elsewhere_may_be_allowed_to_speak_http(demo: World) -> None:
    with fake_registry() as registry:
        layer = registry.layer("app", "services: {a: {image: busybox:1}}", file="compose.yaml")
        registry.project("app", "v1", layer)
        host = registry.host.replace("127.0.0.1", "0.0.0.0")  # as good as another machine

        assert demo.run("-f", f"oci://{host}/app:v1", "config") == 1
        assert demo.run("--insecure-registry", host, "-f", f"oci://{host}/app:v1", "config") == 0


def test_compose_file_may_name_a_reference(elsewhere: Elsewhere, capsys: CaptureFixture) -> None:
    elsewhere.repository.commit({"a/compose.yaml": "services: {a: {image: nginx:alpine}}"})
    elsewhere.world.write("services: {b: {image: nginx:alpine}}", "b.yaml")
    elsewhere.world.setenv("COMPOSE_FILE", f"b.yaml:{elsewhere.address}#main:a")

    assert elsewhere.world.run("config", "--services") == 0
    assert capsys.readouterr().out.split() == ["a", "b"]


def test_a_project_from_elsewhere_without_variables_is_started_unasked(
    elsewhere: Elsewhere,
) -> None:
    elsewhere.repository.commit({"a.yaml": "services: {a: {image: nginx:alpine}}"})

    assert elsewhere.run("a.yaml", "up", "-d") == 0
    assert elsewhere.world.states == {"demo-a-1": "running"}


def test_who_uses_variables_must_be_trusted(elsewhere: Elsewhere, capsys: CaptureFixture) -> None:
    text = "services: {a: {image: 'nginx:${TAG:-alpine}', hostname: '${ONE}-${TWO}-${THREE?}'}}"
    elsewhere.repository.commit({"a.yaml": text})
    elsewhere.world.setenv("TWO", "2")
    elsewhere.world.write("THREE=3\n", ".env")

    assert elsewhere.run("a.yaml", "up", "-d") == 1
    err = capsys.readouterr().err
    assert (
        """
This project uses these variables:
VARIABLE   VALUE     SOURCE         REQUIRED   DEFAULT
ONE        <unset>   none           no         
TAG        alpine    compose file   no         alpine
THREE      3         .env           yes        
TWO        2         environment    no         
error: the project is from elsewhere, and nobody is here to agree to it
   = help: look at it with composer config, and agree with --yes
"""  # noqa: W291
        in err
    )
    assert elsewhere.world.states == {}
    assert elsewhere.run("a.yaml", "up", "-d", "--yes") == 0


@pytest.mark.parametrize(
    ("typed", "code", "states"),
    [("\n", 0, {"demo-a-1": "running"}), ("n\n", 130, {}), ("", 130, {})],
)
def test_variables_are_agreed_to_with_a_key(
    elsewhere: Elsewhere,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    code: int,
    states: dict[str, str],
) -> None:
    elsewhere.repository.commit({"a.yaml": "services: {a: {image: 'nginx:${TAG:-alpine}'}}"})
    answer(monkeypatch, typed)

    assert elsewhere.run("a.yaml", "up", "-d") == code
    assert elsewhere.world.states == states


@pytest.mark.parametrize(("typed", "code"), [("y\n", 0), ("\n", 130)])
def test_further_files_from_elsewhere_are_agreed_to_in_words(
    elsewhere: Elsewhere,
    capsys: CaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    typed: str,
    code: int,
) -> None:
    elsewhere.repository.commit({"b.yaml": "services: {b: {image: nginx:alpine}}"})
    elsewhere.repository.commit({"a.yaml": f"include: ['{elsewhere.address}#main:b.yaml']"})
    answer(monkeypatch, typed)

    assert elsewhere.run("a.yaml", "up", "-d") == code
    assert (
        "This project includes files from elsewhere; do you know them?\n"
        f"  - {elsewhere.address}#main:b.yaml\n"
        "Go on? [y/N] "
    ) in capsys.readouterr().err


def test_a_local_project_that_includes_one_from_elsewhere_is_not_asked_about(
    elsewhere: Elsewhere,
) -> None:
    text = "services: {a: {image: 'nginx:${TAG:-alpine}'}}"
    elsewhere.repository.commit({"a.yaml": text})
    elsewhere.world.write(f"include: ['{elsewhere.address}#main:a.yaml']")

    assert elsewhere.world.run("up", "-d") == 0


# --- standard input


def pipe(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))


def test_a_file_from_stdin_includes_and_extends_from_the_working_directory(
    demo: World, monkeypatch: pytest.MonkeyPatch, capsys: CaptureFixture
) -> None:
    demo.write("services: {i: {image: i, volumes: ['./c:/c']}}", "sub/compose.yaml")
    demo.write("services: {b: {image: b, volumes: ['./c:/c']}}", "base.yaml")
    pipe(
        monkeypatch,
        "include: [sub/compose.yaml]\n"
        "services: {e: {extends: {file: base.yaml, service: b}, volumes: ['./d:/d']}}",
    )

    assert demo.run("-f", "-", "config", "--format", "json") == 0
    out = capsys.readouterr().out
    assert '"name": "demo"' in out
    for path in ("sub/c", "c", "d"):
        assert f'"source": "{demo.directory}/{path}"' in out


def test_stdin_that_is_named_twice_is_one_file(
    demo: World, monkeypatch: pytest.MonkeyPatch, capsys: CaptureFixture
) -> None:
    pipe(monkeypatch, "services: {a: {image: x, dns: [1.1.1.1]}}")

    assert demo.run("-f", "-", "-f", "-", "config") == 0
    assert capsys.readouterr().out.count("1.1.1.1") == 1


def test_a_command_that_loads_twice_reads_stdin_once(
    demo: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe(monkeypatch, "services: {a: {image: nginx:alpine}}")
    assert demo.run("-f", "-", "up", "-d") == 0
    pipe(monkeypatch, "services: {a: {image: nginx:alpine}}")
    assert demo.run("-f", "-", "ps", "--orphans=false", "a") == 0


def test_without_any_stdin_the_error_says_so(
    demo: World, monkeypatch: pytest.MonkeyPatch, capsys: CaptureFixture
) -> None:
    monkeypatch.setattr("sys.stdin", None)

    assert demo.run("-f", "-", "config") == 1
    assert capsys.readouterr().err == (
        "error: there is no standard input to read the compose file from\n"
    )


def test_who_types_a_file_is_told_how_to_end_it(
    demo: World, monkeypatch: pytest.MonkeyPatch, capsys: CaptureFixture
) -> None:
    pipe(monkeypatch, "services: {a: {image: x}}")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)

    assert demo.run("-f", "-", "config", "--images") == 0
    assert capsys.readouterr() == (
        "x\n",
        "reading the compose file from the terminal; Ctrl-D ends it\n",
    )
