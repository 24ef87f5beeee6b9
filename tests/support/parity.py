"""Small compose files, each read by Docker Compose and by composer.

A case is a YAML file; comments at its top say how it is run:

    # flags: -f parts/over.yaml --profile debug      further flags, after -f CASE
    # environment: A=1 B='two words'                 variables, beside HOME and PATH
    # directory: parts/app                           run in there, and without any -f
    # stdin: parts/piped.yaml                        what standard input holds

Both run in the folder of the case.  Folders named `parts` hold what cases refer to.
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from composer.cli.main import dispatch
from support.cli import Ran
from support.peer import docker_compose

ROOT = Path(__file__).parent.parent.parent
PARITY = ROOT / "tests" / "parity"
_DIRECTIVE = re.compile(r"# (flags|environment|directory|stdin): (.*)")
_ENVIRONMENT = {"HOME": str(Path.home()), "PATH": "/usr/bin:/bin"}


@dataclass(frozen=True)
class Case:
    """A file and how it is run.  `id` is its path below the folder of its kind."""

    path: Path
    id: str
    flags: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    directory: Path
    stdin: Path | None

    def __str__(self) -> str:
        return self.id

    @property
    def variables(self) -> dict[str, str]:
        return {**_ENVIRONMENT, **dict(self.environment)}

    def docker(self, *arguments: str) -> Ran:
        """Run Docker Compose on the case."""
        done = subprocess.run(
            [docker_compose(), *self.flags, *arguments],
            cwd=self.directory,
            env=self.variables,
            input=self.stdin.read_bytes() if self.stdin else b"",
            capture_output=True,
            check=False,
            timeout=60,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def composer(self, *arguments: str) -> Ran:
        """Run composer on the case, in this process."""
        out, err = io.StringIO(), io.StringIO()
        stdin = io.TextIOWrapper(io.BytesIO(self.stdin.read_bytes() if self.stdin else b""))
        with pytest.MonkeyPatch.context() as patch, chdir(self.directory):
            patch.setattr(sys, "stdin", stdin)
            for name in list(os.environ):
                patch.delenv(name)
            for name, value in {**self.variables, "COLUMNS": "100"}.items():
                patch.setenv(name, value)
            with redirect_stdout(out), redirect_stderr(err):
                code = dispatch((*self.flags, *arguments))
        return Ran(code, out.getvalue(), err.getvalue())


def cases(kind: str) -> list[Case]:
    """Return the cases below tests/parity/KIND."""
    root = PARITY / kind
    return [_case(path, root) for path in sorted(root.rglob("*.yaml")) if "parts" not in path.parts]


def _case(path: Path, root: Path) -> Case:
    # Bytes that are no UTF-8 are themselves a case.
    head = path.read_bytes()[:1000].decode("utf-8", "replace")
    said = dict(match.groups() for match in _DIRECTIVE.finditer(head))
    folder, flags = path.parent, tuple(shlex.split(said.get("flags", "")))
    if "directory" not in said:
        flags = ("-f", path.name, *flags)
    variables = (word.partition("=") for word in shlex.split(said.get("environment", "")))
    return Case(
        path,
        str(path.relative_to(root).with_suffix("")),
        flags,
        tuple((name, value) for name, _, value in variables),
        folder / said.get("directory", ""),
        folder / said["stdin"] if "stdin" in said else None,
    )


def differences(case: Case) -> list[str]:
    """Return what of a case's model, text or hashes the two do not agree on."""
    found = []
    for what, arguments in (
        ("json", ("config", "--format", "json")),
        ("yaml", ("config",)),
        ("hash", ("config", "--hash", "*")),
    ):
        theirs, ours = case.docker(*arguments), case.composer(*arguments)
        if theirs.code != ours.code:
            found.append(f"{what}: exit code {theirs.code}, ours {ours.code}")
            found.append(theirs.err + ours.err)
            return found
        if _comparable(what, theirs) != _comparable(what, ours):
            found += [f"{what}: theirs", theirs.out, f"{what}: ours", ours.out]
    return found


def _comparable(what: str, ran: Ran) -> Any:
    if what == "json" and ran.code == 0:
        return json.loads(ran.out)
    if what == "hash":
        return sorted(ran.out.splitlines())
    return ran.out


@cache
def on_purpose() -> dict[str, str]:
    """Return the reason for each case that differs on purpose, as docs/compatibility.md has it."""
    text = (ROOT / "docs" / "compatibility.md").read_text()
    _, _, section = text.partition("## Test files that differ on purpose\n")
    section = section.partition("\n## ")[0]
    return dict(re.findall(r"^\| `([^`]+)` \| (.+) \|$", section, re.MULTILINE))
