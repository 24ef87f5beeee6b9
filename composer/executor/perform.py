"""One operation, one call on the port."""

from __future__ import annotations

from typing import assert_never

from composer.engine.port import Engine, Report
from composer.executor.hook import run_hook
from composer.model.operations import (
    Await,
    BuildImage,
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
    PushImage,
    Remove,
    RemoveImage,
    RemoveNetwork,
    RemoveVolume,
    Rename,
    Restart,
    RunHook,
    Start,
    Stop,
    Unpause,
    UpdateContainer,
)


def perform(operation: Operation, engine: Engine, report: Report) -> None:  # noqa: C901 - a flat table
    """Carry out `operation`; `report` hears how it goes.  Raises EngineError or HookFailed."""
    match operation:
        case PullImage(ref, platform):
            engine.pull(ref, platform, report)
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
            run_hook(operation, engine, report)
        case Await():
            raise TypeError("a wait is judged, not performed")
        case _:
            assert_never(operation)
