"""Command lines that make no sense, beside Docker Compose: it refuses them with the same code."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from support.peer import docker_compose
from support.refused_lines import NOT_BY_DOCKER, REFUSED

pytestmark = [pytest.mark.parity, pytest.mark.slow]

FILE = """
services:
  web: {image: nginx, depends_on: [db]}
  db: {image: postgres}
"""


@pytest.mark.parametrize("line", [line for line in REFUSED if line not in NOT_BY_DOCKER])
def test_what_composer_refuses_docker_compose_refuses_with_the_same_code(
    tmp_path: Path, line: str
) -> None:
    (tmp_path / "compose.yaml").write_text(FILE)

    done = subprocess.run(
        [docker_compose(), *line.split()],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "DOCKER_HOST": "unix:///nobody"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "unix:///nobody" not in done.stderr, "it was asked of the engine"
