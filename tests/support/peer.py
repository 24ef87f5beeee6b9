"""Docker Compose itself, to compare with, and buildx: fetched once by the lab."""

from __future__ import annotations

import functools
import json
import os
import subprocess
from pathlib import Path

LAB = Path(__file__).parent.parent / "lab"


@functools.cache
def docker_compose() -> str:
    """Return the path of Docker Compose's program.

    COMPOSER_PEER names one that is there already.  Fails, never skips: a machine that
    cannot compare has not tested.
    """
    if given := os.environ.get("COMPOSER_PEER"):
        return given
    fetched = subprocess.run([LAB / "peer"], capture_output=True, text=True, check=False)
    assert fetched.returncode == 0, f"no Docker Compose to compare with: {fetched.stderr}"
    return fetched.stdout.strip()


def with_buildx(directory: Path) -> dict[str, str]:
    """Return variables that let the docker program find buildx; `directory` is made for it."""
    directory.mkdir(parents=True, exist_ok=True)
    plugins = str(Path(docker_compose()).parent)
    (directory / "config.json").write_text(json.dumps({"cliPluginsExtraDirs": [plugins]}))
    return {"DOCKER_CONFIG": str(directory), "DOCKER_BUILDKIT": "1"}
