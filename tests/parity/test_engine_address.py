"""Which engine is meant: asked of the docker program and of us, for all that may be said."""

from __future__ import annotations

import json
import os
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from composer.engine.docker.address import resolve
from composer.errors import EngineError
from composer.model.engine_choice import EngineChoice
from support.cli import run

pytestmark = pytest.mark.docker


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    """Docker's directory with the contexts `a`, `b` and `c`, and files for TLS."""
    for name in ("a", "b", "c"):
        directory = tmp_path / "contexts" / "meta" / sha256(name.encode()).hexdigest()
        directory.mkdir(parents=True)
        meta = {
            "Name": name,
            "Metadata": {},
            "Endpoints": {"docker": {"Host": f"tcp://{name}:1", "SkipTLSVerify": False}},
        }
        (directory / "meta.json").write_text(json.dumps(meta))
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (tmp_path / name).touch()
    return tmp_path


def theirs(flags: list[str], environment: dict[str, str]) -> str | None:
    """Return the address that the docker program has, None for an error."""
    words = ("docker", *flags, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    clean = {name: "" for name in os.environ if name.startswith("DOCKER_")}
    ran = run(*words, env={**clean, **environment})
    return ran.out.strip() if ran.code == 0 else None


def ours(environment: dict[str, str], **choice: Any) -> str | None:
    try:
        return resolve(environment, EngineChoice(**choice)).url
    except EngineError:
        return None


def test_whoever_is_asked_the_same_engine_is_meant(docker: Path) -> None:
    different = []
    for host, context, variable, of_variable, current in product(
        (None, "tcp://flag:1"), (None, "a", "default"), ("", "tcp://var:1"), ("", "b"), ("", "c")
    ):
        (docker / "config.json").write_text(json.dumps({"currentContext": current}))
        environment = {
            "DOCKER_CONFIG": str(docker),
            "DOCKER_HOST": variable,
            "DOCKER_CONTEXT": of_variable,
        }
        flags = [*(["-H", host] if host else []), *(["--context", context] if context else [])]
        us = ours(environment, hosts=(host,) if host else (), context=context)
        if (them := theirs(flags, environment)) != us:
            different.append((flags, environment, us, them))
    assert different == []


@pytest.mark.parametrize("tls", ["", "DOCKER_TLS", "DOCKER_TLS_VERIFY"])
@pytest.mark.parametrize(
    "host",
    [
        *("", "there", "there:1", ":1", "tcp://", "tcp://there", "tcp://there:0", "tcp://a/b/"),
        *("[::1]:1", "unix://", "unix:///x.sock", "ssh://me@far:22/x.sock"),
        *("http://x", "ftp://x", "tcp://x:port", "unix://tcp://x"),
    ],
)
def test_an_address_is_read_alike(docker: Path, host: str, tls: str) -> None:
    environment = {"DOCKER_CONFIG": str(docker), "DOCKER_HOST": host, **({tls: "1"} if tls else {})}

    assert (ours(environment) or "").rstrip("/") == (theirs([], environment) or "").rstrip("/")
