"""The flags of the docker program in front of a command, and an engine that notes its questions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from composer.cli.main import dispatch
from composer.cli.spelling import STANDALONE
from composer.engine.docker.address import Address
from support.wire import Script, listening


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Docker's directory of somebody who has none of its variables."""
    for name in ("HOST", "CONTEXT", "TLS", "TLS_VERIFY", "CERT_PATH", "API_VERSION"):
        monkeypatch.delenv(f"DOCKER_{name}", raising=False)
    directory = tmp_path / "docker"
    directory.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(directory))
    monkeypatch.chdir(tmp_path)
    return directory


@pytest.fixture
def script() -> Script:
    return Script({"GET /containers/json": []})


@pytest.fixture
def engine(script: Script) -> Iterator[Address]:
    with listening(script.serve) as address:
        yield address


def make_context(docker: Path, name: str, url: str) -> None:
    directory = docker / "contexts" / "meta" / sha256(name.encode()).hexdigest()
    directory.mkdir(parents=True)
    meta = {"Name": name, "Endpoints": {"docker": {"Host": url}}}
    (directory / "meta.json").write_text(json.dumps(meta))


@pytest.mark.parametrize("line", ["-H {url}", "--host={url}", "-H{url}", "--tls -H {url}"])
def test_a_host_may_be_named(docker: Path, engine: Address, script: Script, line: str) -> None:
    flags = line.format(url=engine.url).split()

    assert dispatch([*flags, "-p", "x", "ps"], program=STANDALONE) == 0
    assert script.seen == ["GET /_ping", script.seen[-1]]


@pytest.mark.parametrize("flag", ["--context", "-c"])
def test_a_context_may_be_named(docker: Path, engine: Address, script: Script, flag: str) -> None:
    make_context(docker, "far", engine.url)

    assert dispatch([flag, "far", "-p", "x", "ps"], program=STANDALONE) == 0
    assert script.seen[0] == "GET /_ping"


def test_another_directory_of_docker_may_be_named(
    docker: Path, engine: Address, script: Script, tmp_path: Path
) -> None:
    make_context(tmp_path / "other", "far", engine.url)
    (tmp_path / "other" / "config.json").write_text('{"currentContext": "far"}')

    assert dispatch(["--config", "other", "-p", "x", "ps"], program=STANDALONE) == 0
    assert script.seen[0] == "GET /_ping"


@pytest.mark.parametrize("flags", [["-D"], ["--debug"], ["--verbose"], ["--log-level", "debug"]])
def test_what_the_engine_is_asked_is_told_on_stderr(
    docker: Path, engine: Address, capsys: pytest.CaptureFixture[str], flags: list[str]
) -> None:
    assert dispatch([*flags, "-H", engine.url, "-p", "x", "ps", "-q"]) == 0

    captured = capsys.readouterr()
    assert captured.out == ""
    first, second = captured.err.splitlines()
    assert first == f"debug: {engine.url} (from --host), API 1.41"
    assert second.startswith("debug: GET /v1.41/containers/json?")


def test_it_is_not_told_unasked(
    docker: Path, engine: Address, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dispatch(["--log-level", "info", "-H", engine.url, "-p", "x", "ps", "-q"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--log-level", "loud"], "unable to parse logging level: loud"),
        (["-H", "tcp://x", "-c", "y"], "--host and --context were given"),
        (["-H", "tcp://x", "-H", "tcp://y"], "--host was given 2 times"),
        (["-c", "nowhere"], "docker context 'nowhere' (from --context) does not exist"),
        (["-H", "tcp://x", "--tlsverify"], "/docker/ca.pem, which does not exist"),
        (["-H"], "flag needs an argument: 'H' in -H"),
    ],
)
def test_flags_that_lead_nowhere_are_refused(
    docker: Path, capsys: pytest.CaptureFixture[str], flags: list[str], message: str
) -> None:
    words = flags if flags == ["-H"] else [*flags, "-p", "x", "ps"]

    assert dispatch(words) == 1
    assert message in capsys.readouterr().err


def test_settings_of_docker_that_cannot_be_read_are_told_and_done_without(
    docker: Path, engine: Address, capsys: pytest.CaptureFixture[str]
) -> None:
    (docker / "config.json").write_text("{nonsense")

    assert dispatch(["-H", engine.url, "-p", "x", "ps", "-q"]) == 0
    assert f"warning: {docker}/config.json is no JSON: " in capsys.readouterr().err
