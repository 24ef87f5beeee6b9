"""A provider: a program that stands for a service, and talks in lines of JSON.

`PROGRAM compose --project-name=P up|down|stop --OPTION=VALUE… SERVICE`.  Source of the
protocol: Docker Compose docs/extension.md.  `PROGRAM compose metadata` may describe
which options it knows and needs, and whether it can stop.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

from composer.engine.plugins import last_lines
from composer.engine.port import Report
from composer.errors import EngineError
from composer.model.events import Progress
from composer.model.provision import ProviderCall, Setting

if TYPE_CHECKING:
    from subprocess import Popen

_ACTIONS = {"up": "create", "down": "remove", "stop": "stop"}
_SECONDS = 30
"""For how long a program may take to describe itself."""


def provide(
    program: str, call: ProviderCall, environment: Mapping[str, str], report: Report
) -> None:
    """Have `program` do what `call` asks for; `report` hears how it goes, and its settings."""
    described = metadata(program, environment)
    environment = {**environment, "COMPOSE_PROJECT_NAME": call.project}
    import subprocess
    from tempfile import TemporaryFile

    with TemporaryFile() as errors:
        process = subprocess.Popen(
            [program, *arguments(call, described)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        with process:
            try:
                _hear(process, call, report)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise EngineError(
                f"{_who(call)} failed to {_ACTIONS[call.command]} it: {_end(process.returncode)}",
                help=last_lines(errors),
            )


def metadata(program: str, environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Return how a provider describes itself, empty if it does not."""
    import subprocess

    try:
        done = subprocess.run(
            [program, "compose", "metadata"],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
        described = json.loads(done.stdout) if done.returncode == 0 else {}
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}
    return described if isinstance(described, dict) else {}


def arguments(call: ProviderCall, described: Mapping[str, Any]) -> list[str]:
    """Return what follows the program's name; raises EngineError for an option that lacks.

    Options that it does not know are left out, if it says which it knows.
    """
    words = ["compose", f"--project-name={call.project}", call.command]
    known = _parameters(described, call.command)
    for name, needed in (known or {}).items():
        if needed and name not in call.options:
            raise EngineError(f"{_who(call)} needs the option {name!r}")
    words += (
        f"--{name}={value}"
        for name, values in call.options.items()
        if known is None or name in known
        for value in values
    )
    return [*words, call.service]


def _parameters(described: Mapping[str, Any], command: str) -> dict[str, bool] | None:
    """Return the options of a command and whether they are needed; None if nobody says."""
    commands = {name: described.get(name) or {} for name in _ACTIONS}
    listed = {name: one.get("parameters") for name, one in commands.items()}
    if not described.get("description") and listed["up"] is None and listed["down"] is None:
        return None
    return {
        str(one["name"]): bool(one.get("required"))
        for one in listed[command] or ()
        if isinstance(one, dict) and "name" in one
    }


def _hear(process: Popen[bytes], call: ProviderCall, report: Report) -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    for message in _messages(process.stdout, call):
        match message:
            case {"type": "info", "message": str(text)}:
                report(Progress(text.rstrip("\n").partition("\n")[0]))
            case {"type": "debug"}:
                pass
            case {"type": "error", "message": str(text)}:
                raise EngineError(f"{_who(call)} failed: {text.rstrip()}")
            case {"type": "setenv" | "rawsetenv" as kind, "message": str(text)} if "=" in text:
                name, _, value = text.partition("=")
                report(Progress("", setting=Setting(name, value, raw=kind == "rawsetenv")))
            case {"type": "get-service-config"}:
                _answer(process.stdin, call.definition)
            case _:
                raise _nonsense(call, json.dumps(message))


def _messages(output: IO[bytes], call: ProviderCall) -> Iterator[Any]:
    for line in output:
        text = line.decode(errors="replace").strip()
        if text:
            try:
                yield json.loads(text)
            except ValueError:
                raise _nonsense(call, text) from None


def _answer(stdin: IO[bytes], definition: str) -> None:
    """Write the definition on a thread: a provider may talk before it listens."""
    from contextlib import suppress
    from threading import Thread

    def write() -> None:
        with suppress(OSError, ValueError):  # it has gone without waiting for the answer
            stdin.write(f"{definition}\n".encode())
            stdin.flush()

    Thread(target=write, name="composer-answer", daemon=True).start()


def _nonsense(call: ProviderCall, said: str) -> EngineError:
    return EngineError(
        f"{_who(call)} said what is no message of a provider: {said[:200]!r}",
        help="a provider writes lines such as "
        '{"type": "info", "message": "…"} to its standard output, and nothing else',
    )


def _who(call: ProviderCall) -> str:
    return f"provider {call.type!r} of service {call.service!r}"


def _end(code: int) -> str:
    return f"exit code {code}" if code > 0 else f"signal {-code}"
