"""AI models, by docker's plugin `model`: pulled, configured, and where they answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from composer.engine.plugins import last_lines
from composer.engine.port import Report
from composer.errors import EngineError
from composer.model.events import Progress
from composer.model.provision import ENDPOINT, ModelSpec, Setting

_WITH_FLAGS = (1, 0, 6)
"""The version of the plugin that takes flags of the runtime."""


class ModelRunner:
    """`program` is the plugin, `environment` that of its processes."""

    def __init__(self, program: str, environment: Mapping[str, str]) -> None:
        self._program = program
        self._environment = dict(environment)

    def pull(self, model: str, report: Report) -> None:
        """Pull a model unless it is there."""
        if model in self._present():
            return
        for line in self._lines("pull", model):
            report(Progress(line))

    def configure(self, spec: ModelSpec, report: Report) -> None:
        """Configure a model, and tell where it answers."""
        words = ["configure"]
        if spec.context_size:
            words += ["--context-size", str(spec.context_size)]
        words.append(spec.model)
        if spec.runtime_flags:
            if self._version() < _WITH_FLAGS:
                raise EngineError(
                    f"model {spec.key!r} has runtime_flags, which this plugin does not know",
                    help="the docker plugin 'model' takes them from version 1.0.6 on",
                )
            words += ["--", *spec.runtime_flags]
        for line in self._lines(*words):
            report(Progress(line))
        report(Progress("", setting=Setting(ENDPOINT, self._endpoint())))

    def _endpoint(self) -> str:
        text = "\n".join(self._lines("status", "--json"))
        try:
            endpoint = json.loads(text)["endpoint"]
        except (ValueError, KeyError, TypeError):
            raise EngineError(
                f"docker model status does not tell where models answer: {text[:200]!r}"
            ) from None
        return str(endpoint)

    def _present(self) -> frozenset[str]:
        try:
            listed = json.loads("\n".join(self._lines("ls", "--json")))
            return frozenset(str(tag) for one in listed for tag in one.get("tags") or ())
        except (ValueError, AttributeError, TypeError):
            return frozenset()

    def _version(self) -> tuple[int, ...]:
        """Return the plugin's version, (0,) if it does not tell."""
        try:
            text = "\n".join(self._lines("docker-cli-plugin-metadata"))
            numbers = str(json.loads(text)["Version"]).removeprefix("v").partition("-")[0]
            return tuple(int(number) for number in numbers.split("."))
        except (EngineError, ValueError, KeyError, TypeError):
            return (0,)

    def _lines(self, *words: str) -> Iterable[str]:
        """Yield what the plugin prints, as it does.  Raises EngineError if it fails."""
        import subprocess
        from tempfile import TemporaryFile

        with TemporaryFile() as errors:
            process = subprocess.Popen(
                [self._program, *words],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                errors="replace",
            )
            assert process.stdout is not None
            with process:
                try:
                    yield from (line.rstrip() for line in process.stdout if line.strip())
                except BaseException:
                    process.kill()
                    raise
            if process.returncode:
                raise EngineError(
                    f"docker model {words[0]} failed: exit code {process.returncode}",
                    help=last_lines(errors),
                )
