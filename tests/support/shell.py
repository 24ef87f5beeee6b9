"""What a command would do: a shell small enough for a fake container.

Knows `sh -c` with echo, cat, exit, trap, true, false, pwd and `id -u`, joined by
`;`, with `>&2` and `> FILE`.  There is nothing below /no/such.  Anything else,
sleep included, runs until it is stopped.
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
    files: dict[str, bytes],
    *,
    user: str = "0",
    workdir: str = "/",
) -> Run:
    result = Run()
    words = list(command)
    if not words:
        return result
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
    files: dict[str, bytes],
    who: tuple[str, str],
) -> int:
    """Carry out one command; return its exit code, -1 when it does not end."""
    if match := re.fullmatch(r"(.*?) > (\S+)", line):
        inner = Run()
        code = _line(match[1], inner, environment, files, who)
        files[match[2]] = b"".join(data for _, data in inner.output)
        return code
    stream = "stderr" if line.endswith(">&2") else "stdout"
    line = re.sub(r"\s*>&2$", "", line)
    line = re.sub(r"\$(\w+)", lambda match: environment.get(match[1]) or "", line)
    match shlex.split(line):
        case [] | ["true"]:
            return 0
        case ["false"]:
            return 1
        case ["exit", code]:
            result.exit_code = int(code)
            return 0
        case ["trap", action, "TERM"]:
            result.trap = int(action.split()[1])
            return 0
        case ["cat"]:
            result.reads_input = True
            return 0
        case words:
            code, text = _said(words, files, who)
            if text:
                result.output.append(("stderr" if code == 1 else stream, text))
            return code


def _said(words: list[str], files: Mapping[str, bytes], who: tuple[str, str]) -> tuple[int, bytes]:
    """Return the exit code of a command and what it prints; -1 when it does not end."""
    match words:
        case ["echo", "-n", *rest]:
            return 0, " ".join(rest).encode()
        case ["echo", *rest]:
            return 0, " ".join(rest).encode() + b"\n"
        case ["pwd"]:
            return 0, who[1].encode() + b"\n"
        case ["id", "-u"]:
            return 0, who[0].encode() + b"\n"
        case ["cat", path] if path in files:
            return 0, files[path]
        case ["cat", path]:
            return 1, f"cat: can't open '{path}': No such file or directory\n".encode()
        case [path, *_] if path.startswith("/no/such"):
            return 127, f"{path}: no such file or directory\n".encode()
        case _:
            return -1, b""
