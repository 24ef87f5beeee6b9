"""A project goes to a registry with its images, and comes up from there."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.cli import Folder, docker, run
from support.registries import log_in, manifests_of, real_registry

pytestmark = pytest.mark.docker


def test_what_was_published_comes_up_elsewhere_from_a_registry_that_wants_a_login(
    folder: Folder, tmp_path: Path
) -> None:
    (tmp_path / "storage").mkdir()
    with real_registry(tmp_path / "storage", closed=True) as registry:
        image = f"{registry}/tools/web:1"
        log_in(tmp_path / "me", registry)
        folder.environment |= {
            "DOCKER_CONFIG": str(tmp_path / "me"),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        }
        folder.write("Dockerfile", f"FROM busybox\nRUN echo {folder.name} > /made\n")
        folder.write("web.env", "SAID=hello\n")
        folder.write(
            "compose.yaml",
            f"""
            services:
              web:
                build: .
                image: {image}
                env_file: web.env
                command: sleep infinity
                stop_grace_period: 0s
            """,
        )
        folder.composer("build").ok()
        repository = f"{registry}/apps/web:v1"

        known = folder.environment["DOCKER_CONFIG"]
        folder.environment["DOCKER_CONFIG"] = str(tmp_path / "nobody")
        refused = folder.composer("publish", "--with-env", repository)
        folder.environment["DOCKER_CONFIG"] = known
        folder.composer(
            "publish", "--with-env", "--app", "--resolve-image-digests", repository
        ).ok()
        docker("rmi", "-f", image)

        assert refused.code == 1
        assert f"docker login {registry}" in refused.err
        folder.composer("-f", f"oci://{repository}", "up", "-d", "--yes").ok()
        [web] = folder.containers().values()
        assert "SAID=hello" in web["Config"]["Env"]
        assert f"{image}@sha256:" in web["Config"]["Image"]
        made = docker("exec", web["Id"], "cat", "/made")
        assert made == f"{folder.name}\n"
        manifests = manifests_of(tmp_path / "storage", "apps/web")
        assert web["Config"]["Image"].partition("@")[2] in manifests  # --app has copied it
        folder.composer("-f", f"oci://{repository}", "down").ok()
        run("docker", "rmi", "-f", web["Image"])
