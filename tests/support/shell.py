"""What a command would do: a shell small enough for a fake container.

Knows `sh -c` with echo, cat, sleep, exit, trap, true, false, pwd and `id -u`,
joined by `;`.  Anything else, sleep included, runs until it is stopped.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass
class Run:
    """`exit_code` None: still running.  `trap` is the exit code on SIGTERM, None if ignored."""

    output: list[tuple[str, bytes]] = field(default_factory=list)
    exit_code: int | None = None
    trap: int | None = None
    reads_input: bool = False


def run(
    command: Iterable[str],
    environment: Mapping[str, str | None],
    files: Mapping[str, bytes],
    *,
    user: str = "0",
    workdir: str = "/",
) -> Run:
    result = Run()
    words = list(command)
    shell = words[:2] in (["sh", "-c"], ["/bin/sh", "-c"])
    lines = re.split(r"[;\n]", words[2]) if shell else [shlex.join(words)]
    last = 0
    for line in lines:
        last = _line(line.strip(), result, environment, files, (user, workdir))
        if last < 0 or result.exit_code is not None or result.reads_input:
            return result
    result.exit_code = last
    return result


def _line(
    line: str,
    result: Run,
    environment: Mapping[str, str | None],
    files: Mapping[str, bytes],
    who: tuple[str, str],
) -> int:
    """Carry out one command; return its exit code, -1 when it does not end."""
    stream = "stderr" if line.endswith(">&2") else "stdout"
    line = re.sub(r"\s*>&2$", "", line)
    line = re.sub(r"\$(\w+)", lambda match: environment.get(match[1]) or "", line)
    words = shlex.split(line)
    match words:
        case [] | ["true"]:
            return 0
        case ["false"]:
            return 1
        case ["echo", "-n", *rest]:
            result.output.append((stream, " ".join(rest).encode()))
        case ["echo", *rest]:
            result.output.append((stream, " ".join(rest).encode() + b"\n"))
        case ["pwd"]:
            result.output.append((stream, who[1].encode() + b"\n"))
        case ["id", "-u"]:
            result.output.append((stream, who[0].encode() + b"\n"))
        case ["exit", code]:
            result.exit_code = int(code)
        case ["trap", action, "TERM"]:
            result.trap = int(action.split()[1])
        case ["cat"]:
            result.reads_input = True
        case ["cat", path] if path in files:
            result.output.append((stream, files[path]))
        case ["cat", path]:
            text = f"cat: can't open '{path}': No such file or directory\n"
            result.output.append(("stderr", text.encode()))
            return 1
        case _:
            return -1
    return 0
