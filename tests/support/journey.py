"""What a day with an engine elsewhere is made of: up, logs -f, exec, watch, down."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable

from support.cli import Folder, Ran
from support.lab import Collected

FILE = """
services:
  web:
    image: busybox
    command: sh -c "trap 'echo bye; exit 0' TERM; echo hello; while :; do sleep 0.1; done"
    volumes: ["data:/data"]
    develop: {watch: [{path: ./src, action: sync, target: /tmp/src}]}
  other:
    image: busybox
    command: sleep infinity
    stop_grace_period: 0s
volumes:
  data:
"""

Look = Callable[[], list[str]]
"""Returns the names of the project's containers that run, as the engine itself says."""


def travel(folder: Folder, running: Look, *flags: str) -> None:
    """Go all the way there and back, with `flags` in front of each command."""
    folder.write("compose.yaml", FILE)

    def composer(*words: str) -> Ran:
        return folder.composer(*flags, *words)

    composer("up", "-d").ok()
    assert running() == [f"{folder.name}-other-1", f"{folder.name}-web-1"]
    assert composer("ps", "--services").ok().out.split() == ["other", "web"]

    with folder.start(*flags, "logs", "-f", "--no-log-prefix", "web") as follower:
        lines = Collected(follower.stdout or ())
        lines.until(lambda seen: seen == ["hello\n"])
        composer("exec", "-T", "web", "sh", "-c", "echo there > /proc/1/fd/1").ok()
        lines.until(lambda seen: seen == ["hello\n", "there\n"])

        command = (*folder.program, *flags, "exec", "-T", "web", "sh", "-c", "cat; exit 7")
        echoed = subprocess.run(
            command,
            cwd=folder.path,
            env={**os.environ, **folder.environment},
            input=b"from here",
            capture_output=True,
            check=False,
        )
        assert (echoed.returncode, echoed.stdout) == (7, b"from here")

        watched(folder, *flags)

        composer("down").ok()
        assert lines.ended() == ["hello\n", "there\n", "bye\n", "web-1 exited with code 0\n"]
        assert follower.wait(30) == 0
    assert running() == []


def watched(folder: Folder, *flags: str) -> None:
    """Watch, and see that what changes here comes in over there, and goes."""
    source = folder.path / "src"
    source.mkdir()
    (source / "gone").write_text("1")
    with folder.start(*flags, "watch", "--no-up") as watch:
        said = Collected(watch.stdout or ())
        said.until(lambda seen: "Watch enabled\n" in seen)
        for number in range(100, 200):
            (source / f"f{number}").write_text(f"{number}\n" * number)
        (source / "gone").unlink()
        (source / "last").write_text("last")
        await_last = "until [ -e /tmp/src/last ]; do sleep 0.1; done; cat /tmp/src/*"
        seen = folder.composer(*flags, "exec", "-T", "web", "sh", "-c", await_last).ok().out
        assert seen == "".join(f"{number}\n" * number for number in range(100, 200)) + "last"
        watch.send_signal(signal.SIGINT)
        assert watch.wait(30) == 130
