"""The scripts of `composer completion` in the shells that this machine has: keys in, a line out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from composer.cli.completion import script
from composer.cli.spelling import COMPOSER, STANDALONE
from support.shells import HERE, expected, typing
from support.spellings import install

pytestmark = pytest.mark.slow

FILE = """
services:
  web: {image: nginx, profiles: [debug]}
  worker: {image: busybox}
  db: {image: postgres}
"""
LINES = {
    "composer resta": "composer restart ",
    "composer up --force-r": "composer up --force-recreate ",
    "composer -f compose.yaml up --no-deps wo": "composer -f compose.yaml up --no-deps worker ",
    "composer --profile d": "composer --profile debug ",
    "composer config --format=j": "composer config --format=json ",
    "composer up --scale w": "composer up --scale w",
    "composer up --scale wo": "composer up --scale worker=",
    "composer cp wo": "composer cp worker:",
    "composer cp worker:/etc ./oth": "composer cp worker:/etc ./other.",
    "composer --file=oth": "composer --file=other.yml ",
    "composer -f oth": "composer -f other.yml ",
    "composer --env-file other.t": "composer --env-file other.txt ",
    "composer --context fa": "composer --context far ",
    "composer help exit": "composer help exit-codes ",
    "docker-compose resta": "docker-compose restart ",
    "docker-compose up --no-deps wo": "docker-compose up --no-deps worker ",
    "composer down nosuch": "composer down nosuch",
}


@pytest.mark.parametrize("shell", HERE)
def test_the_tab_key_completes_what_is_meant(shell: str, tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text(FILE)
    (tmp_path / "folder with blanks").mkdir()
    (tmp_path / "other.yml").touch()
    (tmp_path / "other.txt").touch()
    context = tmp_path / ".docker" / "contexts" / "meta" / "1f" / "meta.json"
    context.parent.mkdir(parents=True)
    context.write_text(json.dumps({"Name": "far"}))
    for program in (COMPOSER, STANDALONE):
        (tmp_path / f"script-{program}").write_text(script(shell, program))
        install(tmp_path / "bin" / program)
    variables = {"PATH": f"{tmp_path}/bin:/usr/bin:/bin", "DOCKER_HOST": "unix:///nobody"}

    with typing(
        shell, tmp_path, variables, "./script-composer", "./script-docker-compose"
    ) as complete:
        shown = {typed: complete(typed) for typed in LINES}

    assert shown == expected(shell, LINES)
