"""An engine that speaks TLS and asks its clients for a certificate: a dockerd of our own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.private_engine import PrivateEngine
from support.certificates import Authority, key_of
from support.cli import Folder
from support.journey import travel

pytestmark = pytest.mark.docker

URL = "tcp://127.0.0.1:2376"
"""In the network namespace of the engine, where nobody else has the port."""


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def engine(authority: Authority) -> Iterator[PrivateEngine]:
    certificate = authority.issue("engine")
    flags = (
        *("--host", URL, "--tlsverify", "--tlscacert", str(authority.certificate)),
        *("--tlscert", str(certificate), "--tlskey", str(key_of(certificate))),
    )
    with PrivateEngine(["busybox:latest"], flags) as engine:
        yield engine


@pytest.fixture(scope="module")
def certificates(authority: Authority) -> Path:
    """What DOCKER_CERT_PATH names."""
    return authority.for_client(authority.directory / "client")


@pytest.fixture
def far(tmp_path: Path, engine: PrivateEngine) -> Folder:
    """A folder of somebody who is where the engine is, and is misled by variables."""
    folder = Folder(tmp_path / "project")
    folder.program = (*engine.enter, sys.executable, "-u", "-m", "composer")
    nonsense = tmp_path / "nonsense.pem"
    nonsense.touch()
    bundles = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
    folder.environment |= dict.fromkeys(bundles, str(nonsense))
    folder.environment |= dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:1")
    folder.environment |= {"DOCKER_CONFIG": str(tmp_path / "docker")}
    return folder


def test_up_logs_exec_and_down_go_through_tls(
    far: Folder, engine: PrivateEngine, certificates: Path
) -> None:
    far.environment |= {
        "DOCKER_HOST": URL,
        "DOCKER_TLS_VERIFY": "1",
        "DOCKER_CERT_PATH": str(certificates),
    }

    def running() -> list[str]:
        label = f"label=com.docker.compose.project={far.name}"
        return sorted(engine.docker("ps", "--format", "{{.Names}}", "--filter", label).split())

    travel(far, running)

    assert engine.docker("volume", "ls", "-q").split() == [f"{far.name}_data"]


def test_flags_and_contexts_lead_there_too(
    far: Folder, engine: PrivateEngine, certificates: Path
) -> None:
    ca, cert, key = (str(certificates / name) for name in ("ca.pem", "cert.pem", "key.pem"))
    flags = ("--tlsverify", "--tlscacert", ca, "--tlscert", cert, "--tlskey", key)
    assert "NAME" in far.composer("-H", URL, *flags, "ps").ok().out

    engine_of_context = f"host={URL},ca={ca},cert={cert},key={key}"
    far.environment["DOCKER_HOST"] = ""
    create = ("docker", "context", "create", "far", "--docker", engine_of_context)
    far.program, composer = create, far.program
    far.composer().ok()
    far.program = composer
    assert "NAME" in far.composer("--context", "far", "ps").ok().out


def refused(far: Folder, *flags: str) -> str:
    ran = far.composer("-H", URL, *flags, "ps")
    assert ran.code == 1, ran
    assert ran.out == ""
    assert ran.err.startswith(f"error: no engine at {URL} (from --host): ")
    return ran.err


def test_what_this_engine_says_to_those_who_do_not_do_as_it_wants(
    far: Folder, authority: Authority, certificates: Path, tmp_path: Path
) -> None:
    stranger = Authority(tmp_path / "stranger", "a stranger")
    own = stranger.for_client(tmp_path / "own")
    ca = ("--tlsverify", "--tlscacert", str(certificates / "ca.pem"))
    theirs = ("--tlscert", str(own / "cert.pem"), "--tlskey", str(own / "key.pem"))

    assert "what answers there speaks TLS, and we did not" in refused(far)
    assert "it wants a certificate of its clients, and there is none" in refused(far, *ca)
    assert "it refuses our certificate" in refused(far, *ca, *theirs)
    assert "signed by nobody that we believe" in refused(
        far, "--tlsverify", "--tlscacert", str(stranger.certificate)
    )
