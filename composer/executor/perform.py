"""One operation, one call on the port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, assert_never

from composer.errors import EngineError
from composer.executor.hook import Hooks
from composer.model.operations import (
    Await,
    BuildImage,
    ConfigureModel,
    Connect,
    CreateContainer,
    CreateNetwork,
    CreateVolume,
    Deliver,
    Disconnect,
    Kill,
    Operation,
    Pause,
    PullImage,
    PullModel,
    PushImage,
    Remove,
    RemoveImage,
    RemoveNetwork,
    RemoveVolume,
    Rename,
    Restart,
    RunHook,
    RunProvider,
    Start,
    Stop,
    Unpause,
    UpdateContainer,
)
from composer.source import SourceMark

if TYPE_CHECKING:
    from composer.engine.port import Engine, Report


def perform(  # noqa: C901 - a flat table
    operation: Operation, engine: Engine, report: Report, hooks: Hooks
) -> None:
    """Carry out `operation`; `report` hears how it goes, `hooks` keeps what can be let go.

    Raises EngineError, HookFailed, or Cancelled when a hook was let go.
    """
    match operation:
        case PullImage(ref, platform, dated):
            engine.pull(ref, platform, report, dated=dated)
        case BuildImage(spec):
            engine.build(spec, report)
        case PushImage(ref):
            engine.push(ref, report)
        case CreateNetwork(spec):
            engine.create_network(spec)
        case RemoveNetwork(name):
            engine.remove_network(name)
        case Connect(container, network, endpoint):
            engine.connect(container, network, endpoint)
        case Disconnect(container, network):
            engine.disconnect(container, network)
        case CreateVolume(spec):
            engine.create_volume(spec)
        case RemoveVolume(name):
            engine.remove_volume(name)
        case RemoveImage(ref):
            engine.remove_image(ref)
        case CreateContainer(spec):
            engine.create_container(spec, report)
        case UpdateContainer(container, limits):
            engine.update_container(container, limits)
        case Deliver(container, delivery):
            engine.deliver(container, delivery)
        case Start(container):
            engine.start(container)
        case Stop(container, timeout):
            engine.stop(container, timeout)
        case Restart(container, timeout):
            engine.restart(container, timeout)
        case Pause(container):
            engine.pause(container)
        case Unpause(container):
            engine.unpause(container)
        case Kill(container, signal):
            engine.kill(container, signal)
        case Remove(container, volumes):
            engine.remove(container, volumes=volumes)
        case Rename(container, to):
            engine.rename(container, to)
        case RunHook():
            hooks.run(operation, engine, report)
        case RunProvider(call, mark):
            with _stemming_from(mark):
                engine.provide(call, report)
        case PullModel(model, mark):
            with _stemming_from(mark):
                engine.pull_model(model, report)
        case ConfigureModel(model_spec, mark):
            with _stemming_from(mark):
                engine.configure_model(model_spec, report)
        case Await():
            raise TypeError("a wait is judged, not performed")
        case _:
            assert_never(operation)


@contextmanager
def _stemming_from(mark: SourceMark | None) -> Iterator[None]:
    """Give the place in the file to an error."""
    try:
        yield
    except EngineError as error:
        error.mark = mark
        raise
