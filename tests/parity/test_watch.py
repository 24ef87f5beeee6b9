"""What `include` and `ignore` select: both programs watch one tree with many patterns."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from support.cli import docker, run
from support.lab import eventually
from support.peer import docker_compose

PATTERNS = (
    *("*.py", "**/*.py", "*", "**", "a.py", "sub", "sub/", "./sub", "/sub", "sub/*", "sub/**"),
    *("sub/**/*.py", "**/deep", "**/deep/**", "*/deep", "su?", "s[tu]b", "s[^a]b", "[a-c].py"),
    *("a.*", "*.*", ".*", ".hidden", "**/.hidden", "*.t?t", "sub/../a.py", "../watched/a.py"),
    *(".", "..", "a b.txt", "**/*b.txt", "\\*.py", "star\\*.txt", "sub/deep/**", "su*/d*/*.py"),
    *("**/d*/**", "d**p", "**/*.{py,txt}", "a+b.txt", "(x).txt", "$y.txt", "a^b.txt", "ä.txt"),
    *("**ub", "sub**", "***", "sub/*.py", "deep", "*/*.py", "*/*/*.py", "**/a.py", "#c.txt"),
)
"""Each alone, as `include` and as `ignore`."""

LISTS = (
    ("**/*.py", "!a.py"),
    ("*.py", "!*.py"),
    ("sub", "!sub/deep"),
    ("sub/**", "!sub/deep/**", "sub/deep/a.py"),
    ("*", "!a.py"),
    ("**", "!**/*.py"),
    ("!a.py",),
    ("*.py", "!a.py", "a.py"),
    ("**/*", "!sub"),
)

FILES = (
    *("a.py", "b.py", "d.py", "b.txt", "a b.txt", "sub/a.py", "sub/b.txt", "sub/deep/a.py"),
    *("sub/deep/b.txt", "sub/deep/more/a.py", ".hidden", "sub/.hidden", "star*.txt", "a+b.txt"),
    *("(x).txt", "$y.txt", "a^b.txt", "ä.txt", "deep/c.py", "dip", "other/deep", "#c.txt"),
    *("sub/x~", ".a.py.swp", "sub/.idea/w.xml", "4913", ".#lock", "#auto#", "q___jb_tmp___"),
    *("x-go-tmp-umask", "sub/.b.kate-swp"),
)

STARS = (("*",), ("*", "!a.py"))
"""Docker Compose drops from a list with `*` all that does not begin with `!`; we do not."""

MARKERS = ("last/first.end", "last/second.end")

_ALL = PATTERNS.index("**")
_LOOKS = "trap 'exit 0' TERM; while :; do sleep 0.2; done"


def rules() -> list[dict[str, object]]:
    lists = [(pattern,) for pattern in PATTERNS] + list(LISTS)
    one = [{"include": list(patterns)} for patterns in lists]
    return [*one, *({"ignore": list(patterns)} for patterns in lists)]


class Side:
    """A project that one of the programs watches; target /N is what rule N selects."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        self.folder = folder
        self.name = f"ct{uuid4().hex[:10]}"
        self.command = command
        for name in (*FILES, *MARKERS):  # of a directory that comes all is sent by theirs
            (folder / "watched" / name).parent.mkdir(parents=True, exist_ok=True)
        watch = [
            {"path": "./watched", "action": "sync", "target": f"/t/{number}", **rule}
            for number, rule in enumerate(rules())
        ]
        service = {
            "image": "busybox:latest",
            "command": ["sh", "-c", _LOOKS.replace("$", "$$")],
            "develop": {"watch": [json.loads(json.dumps(one).replace("$", "$$")) for one in watch]},
        }
        text = json.dumps({"name": self.name, "services": {"web": service}})
        (folder / "compose.yaml").write_text(text)

    def watch(self) -> dict[int, set[str]]:
        """Return the files that each rule selects, by its number."""
        process = subprocess.Popen(
            [*self.command, "watch"],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "COMPOSE_PROJECT_NAME": self.name},
        )
        try:
            assert process.stdout is not None
            assert any("Watch enabled" in line for line in process.stdout)
            for name in (*FILES, *MARKERS):
                (self.folder / "watched" / name).write_text(name)
                if name in MARKERS:  # what comes after one has arrived is another batch
                    eventually(self._selected, lambda seen, name=name: name in seen[_ALL])
            return self._selected()
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)

    def _selected(self) -> dict[int, set[str]]:
        found: dict[int, set[str]] = {number: set() for number in range(len(rules()))}
        listed = run("docker", "exec", f"{self.name}-web-1", "find", "/t", "-type", "f").out
        for line in listed.splitlines():
            _, _, number, name = line.split("/", 3)
            if name not in MARKERS:
                found[int(number)].add(name)
            elif int(number) == _ALL:
                found[_ALL].add(name)
        return found

    def remove(self) -> None:
        if ids := docker("ps", "-aq", "--filter", f"label=com.docker.compose.project={self.name}"):
            docker("rm", "-f", *ids.split())
        run("docker", "network", "rm", f"{self.name}_default")


@pytest.fixture
def sides(tmp_path: Path) -> Iterator[tuple[Side, Side]]:
    ours = Side(tmp_path / "ours", [sys.executable, "-u", "-m", "composer"])
    theirs = Side(tmp_path / "theirs", [docker_compose()])
    yield ours, theirs
    ours.remove()
    theirs.remove()


@pytest.mark.docker
@pytest.mark.parity
def test_patterns_select_what_they_select_in_docker_compose(sides: tuple[Side, Side]) -> None:
    ours, theirs = sides

    found, expected = ours.watch(), theirs.watch()

    differing = {str(rule) for n, rule in enumerate(rules()) if found[n] != expected[n]}
    assert differing == {
        str({key: list(words)}) for key in ("include", "ignore") for words in STARS
    }
