"""What `docker compose publish` and ours publish in a real registry, each read by the other.

The registry is the program that the lab installs, once over TLS for Docker
Compose, which speaks nothing else, and once over http on the same files.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from support.cli import Ran
from support.loading import write
from support.peer import docker_compose
from support.registries import MANIFEST, make_certificate, real_registry

pytestmark = [pytest.mark.parity, pytest.mark.docker]

ROOT = Path(__file__).parent.parent.parent
PUBLISHED = {
    "compose.yaml": """
        services:
          web:
            image: "busybox:${TAG:-latest}"
            extends:
              file: base.yaml
              service: base
            volumes: ["./d:/d"]
        """,
    "over.yaml": """
        services:
          web:
            hostname: over
            env_file:
              - web.env
        """,
    "base.yaml": """
        services:
          base:
            environment: {A: "1"}
            extends:
              file: sub/deep.yaml
              service: deep
        """,
    "sub/deep.yaml": "services: {deep: {domainname: deep}}",
    "web.env": "W=1",
}


INCLUDING = {
    "compose.yaml": """
        name: including
        include:
          - db/compose.yaml  # has an .env
          - path: [cache/a.yaml, "cache/${WHICH:-b}.yaml"]
            project_directory: cache
            env_file: cache/its.env
        services:
          web:
            image: busybox
            label_file: labels
            depends_on: [db, cache]
        """,
    "labels": "one=1",
    "db/compose.yaml": """
        services:
          db: {image: postgres, environment: {FROM: "${FROM}"}, env_file: [./local.env]}
        """,
    "db/.env": "FROM=its own .env",
    "db/local.env": "L=1",
    "cache/a.yaml": "services: {cache: {image: 'redis:${V}'}}",
    "cache/b.yaml": "services: {cache: {hostname: b}}",
    "cache/its.env": "V=7",
}


@dataclass(frozen=True)
class Stage:
    """Two addresses of one registry, in which a project was published as app:v1."""

    here: Path
    caches: Path
    certificate: Path
    tls: str
    plain: str

    def theirs(self, *words: str, cwd: Path | None = None) -> Ran:
        return self._run(docker_compose(), *words, cwd=cwd)

    def ours(self, *words: str, cwd: Path | None = None) -> Ran:
        return self._run(sys.executable, "-m", "composer", *words, cwd=cwd)

    def _run(self, *command: str, cwd: Path | None) -> Ran:
        done = subprocess.run(
            command,
            cwd=cwd or self.here,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "XDG_CACHE_HOME": str(self.caches),
                "SSL_CERT_FILE": str(self.certificate),
                "DOCKER_CONFIG": str(self.here),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        out = done.stdout.replace(f"{self.caches}/composer/oci/", "CACHE/")
        return Ran(
            done.returncode, out.replace(f"{self.caches}/docker-compose/", "CACHE/"), done.stderr
        )


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    directory = tmp_path_factory.mktemp("published")
    certificate = make_certificate(directory)
    (directory / "storage").mkdir()
    (directory / "here").mkdir()
    for name, text in PUBLISHED.items():
        write(directory / "source", name, text)
    with (
        real_registry(directory / "storage", certificate) as tls,
        real_registry(directory / "storage") as plain,
    ):
        made = Stage(directory / "here", directory / "caches", certificate, tls, plain)
        source = directory / "source"
        words = ("-f", "compose.yaml", "-f", "over.yaml", "publish", "--yes", "--with-env")
        for tag, *flags in (("v1",), ("v1.0", "--oci-version", "1.0")):
            made.theirs(*words, *flags, f"{tls}/me/app:{tag}", cwd=source).ok()
            made.ours(*words, *flags, f"{plain}/ours/app:{tag}", cwd=source).ok()
        yield made


def manifest(stage: Stage, name: str, tag: str) -> dict[str, Any]:
    url = f"http://{stage.plain}/v2/{name}/manifests/{tag}"
    request = urllib.request.Request(url, headers={"Accept": MANIFEST})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        return dict(json.loads(answer.read()))


@pytest.mark.parametrize("tag", ["v1", "v1.0"])
def test_what_we_publish_is_byte_for_byte_what_docker_compose_publishes(
    stage: Stage, tag: str
) -> None:
    theirs, ours = manifest(stage, "me/app", tag), manifest(stage, "ours/app", tag)
    version = theirs["layers"][0]["annotations"]["com.docker.compose.version"]
    for layer in ours["layers"]:
        assert version.startswith(layer["annotations"]["com.docker.compose.version"])
        layer["annotations"]["com.docker.compose.version"] = version
    theirs["annotations"].clear()
    assert list(ours["annotations"]) == ["org.opencontainers.image.created"]
    ours["annotations"].clear()

    def named(made: dict[str, Any]) -> list[dict[str, Any]]:
        return sorted(made["layers"], key=lambda layer: str(layer["annotations"]))

    assert named(ours) == named(theirs)  # of files that files name, Docker Compose has no order
    assert ours["layers"][:2] == theirs["layers"][:2]
    del ours["layers"], theirs["layers"]
    assert json.dumps(ours) == json.dumps(theirs)


@pytest.mark.parametrize("tag", ["v1", "v1.0"])
def test_docker_compose_reads_what_we_publish(stage: Stage, tag: str) -> None:
    read = stage.theirs("-f", f"oci://{stage.tls}/ours/app:{tag}", "config").ok()
    own = stage.theirs("-f", f"oci://{stage.tls}/me/app:{tag}", "config").ok()

    assert re.sub("CACHE/[0-9a-f]+", "", read.out) == re.sub("CACHE/[0-9a-f]+", "", own.out)
    assert 'W: "1"' in read.out


def test_docker_compose_reads_what_we_publish_with_includes(stage: Stage, tmp_path: Path) -> None:
    for name, text in INCLUDING.items():
        write(tmp_path, name, text)
    reference = f"{stage.plain}/ours/including:v1"

    stage.ours("publish", "--yes", "--with-env", reference, cwd=tmp_path).ok()

    as_it_was = stage.ours("config", "--format", "json", cwd=tmp_path).ok()
    for published in (
        stage.theirs("-f", f"oci://{stage.tls}/ours/including:v1", "config", "--format", "json"),
        stage.ours("-f", f"oci://{stage.tls}/ours/including:v1", "config", "--format", "json"),
    ):
        expected, found = (json.loads(one.ok().out) for one in (as_it_was, published))
        assert found["services"] == expected["services"]
        assert found["services"]["db"]["environment"] == {"FROM": "its own .env", "L": "1"}


@pytest.mark.parametrize("tag", ["v1", "v1.0"])
def test_a_published_project_is_that_of_docker_compose(stage: Stage, tag: str) -> None:
    expected = stage.theirs("-f", f"oci://{stage.tls}/me/app:{tag}", "config").ok()

    assert "domainname: deep" in expected.out
    assert stage.ours("-f", f"oci://{stage.tls}/me/app:{tag}", "config").ok().out == expected.out


def test_a_published_project_is_included_as_docker_compose_does(stage: Stage) -> None:
    text = f"include: ['oci://{stage.tls}/me/app:v1']\nservices: {{own: {{image: x}}}}"
    write(stage.here, "compose.yaml", text)

    assert stage.ours("config").ok().out == stage.theirs("config").ok().out


def test_a_registry_on_this_machine_needs_no_tls(stage: Stage) -> None:
    over_tls = stage.ours("-f", f"oci://{stage.tls}/me/app:v1", "config").ok()
    over_http = stage.ours("-f", f"oci://{stage.plain}/me/app:v1", "config").ok()

    assert over_http.out == over_tls.out
    assert over_http.err == ""


def test_what_is_not_there_is_refused_by_both(stage: Stage) -> None:
    for name in ("me/app:v2", "you/app:v1"):
        reference = f"oci://{stage.tls}/{name}"
        assert stage.theirs("-f", reference, "config").code == 1
        refused = stage.ours("-f", reference, "config")
        assert (refused.code, refused.err) == (1, f"error: {reference} does not exist\n")


def test_a_certificate_that_nobody_vouches_for_is_refused(stage: Stage) -> None:
    nobody = replace(stage, certificate=write(stage.here, "empty.pem", ""))
    reference = f"oci://{stage.tls}/me/app:v1"

    assert nobody.theirs("-f", reference, "config").code == 1
    refused = nobody.ours("-f", reference, "config")
    assert (refused.code, refused.err) == (
        1,
        f"error: {reference} cannot be fetched from registry {stage.tls}: "
        "its certificate is not trusted: self-signed certificate\n",
    )
