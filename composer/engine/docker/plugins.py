"""Programs beside the engine: providers of services, and the runner of models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from composer.engine.docker.base import Base
from composer.engine.docker.docker_config import config_directory, read_settings
from composer.engine.plugins import find_plugin, find_provider
from composer.errors import EngineError
from composer.model.provision import ModelSpec, ProviderCall

if TYPE_CHECKING:
    from composer.engine.port import Report


class Plugins(Base):
    def has_provider(self, type: str) -> bool:
        return self._provider(type) is not None

    def can_stop(self, type: str) -> bool:
        from composer.engine.providers import metadata

        program = self._provider(type)
        return program is not None and "stop" in metadata(program, self._environment)

    def has_models(self) -> bool:
        return self._model() is not None

    def provide(self, call: ProviderCall, report: Report) -> None:
        from composer.engine.providers import provide

        program = self._provider(call.type)
        if program is None:
            raise EngineError(
                f"provider {call.type!r} of service {call.service!r} is not installed",
                help=f"neither docker's plugin {call.type!r} nor a program of that name in PATH",
            )
        try:
            provide(program, call, self._environment, report)
        except OSError as error:
            raise EngineError(f"provider {program}: {(error.strerror or '').lower()}") from error

    def pull_model(self, model: str, report: Report) -> None:
        from composer.engine.models import ModelRunner

        ModelRunner(self._model_program(), self._environment).pull(model, report)

    def configure_model(self, spec: ModelSpec, report: Report) -> None:
        from composer.engine.models import ModelRunner

        ModelRunner(self._model_program(), self._environment).configure(spec, report)

    def _model_program(self) -> str:
        program = self._model()
        if program is None:
            raise EngineError("docker's plugin 'model' is not installed")
        return program

    def _model(self) -> str | None:
        return find_plugin("model", self._directory, read_settings(self._directory))

    def _provider(self, type: str) -> str | None:
        directory = self._directory
        return find_provider(type, directory, read_settings(directory), self._environment)

    @property
    def _directory(self) -> str:
        return config_directory(self._environment)
