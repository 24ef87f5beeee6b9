"""Everything a plan may do: a union of small values, one call on the port each.

The text of an operation is its identity.  Operations refer to resources by
name, never to the result of another step.
"""

from __future__ import annotations

from typing import TypeAlias

from composer.model.provision import ModelSpec, ProviderCall
from composer.model.resources import (
    BuildSpec,
    ContainerSpec,
    Delivery,
    Limits,
    NetworkSpec,
    VolumeSpec,
)
from composer.model.service import Hook, NetworkReference
from composer.record import dataclass, field
from composer.source import SourceMark


@dataclass(frozen=True, slots=True)
class PullImage:
    """Of one that is `dated` the engine is to know when it came: a policy asks for its age."""

    ref: str
    platform: str | None = None
    dated: bool = False

    def __str__(self) -> str:
        return f"pull image {self.ref}"


@dataclass(frozen=True, slots=True)
class BuildImage:
    spec: BuildSpec

    def __str__(self) -> str:
        return f"build image {self.spec.tags[0]}"


@dataclass(frozen=True, slots=True)
class PushImage:
    ref: str

    def __str__(self) -> str:
        return f"push image {self.ref}"


@dataclass(frozen=True, slots=True)
class CreateNetwork:
    spec: NetworkSpec

    def __str__(self) -> str:
        return f"create network {self.spec.name}"


@dataclass(frozen=True, slots=True)
class RemoveNetwork:
    name: str

    def __str__(self) -> str:
        return f"remove network {self.name}"


@dataclass(frozen=True, slots=True)
class Connect:
    container: str
    network: str
    endpoint: NetworkReference

    def __str__(self) -> str:
        return f"connect {self.container} to {self.network}"


@dataclass(frozen=True, slots=True)
class Disconnect:
    container: str
    network: str

    def __str__(self) -> str:
        return f"disconnect {self.container} from {self.network}"


@dataclass(frozen=True, slots=True)
class CreateVolume:
    spec: VolumeSpec

    def __str__(self) -> str:
        return f"create volume {self.spec.name}"


@dataclass(frozen=True, slots=True)
class RemoveVolume:
    name: str

    def __str__(self) -> str:
        return f"remove volume {self.name}"


@dataclass(frozen=True, slots=True)
class RemoveImage:
    ref: str

    def __str__(self) -> str:
        return f"remove image {self.ref}"


@dataclass(frozen=True, slots=True)
class CreateContainer:
    """`instead_of` is the running container that is stopped before this one is started."""

    spec: ContainerSpec
    instead_of: str | None = None

    def __str__(self) -> str:
        return f"create container {self.spec.name}"


@dataclass(frozen=True, slots=True)
class UpdateContainer:
    """Change the limits of a container without stopping it."""

    container: str
    limits: Limits

    def __str__(self) -> str:
        return f"update container {self.container}"


@dataclass(frozen=True, slots=True)
class Deliver:
    """Give a container files with another content, and tell it so without a restart."""

    container: str
    delivery: Delivery

    def __str__(self) -> str:
        return f"reload {self.container}"


@dataclass(frozen=True, slots=True)
class Start:
    container: str

    def __str__(self) -> str:
        return f"start {self.container}"


@dataclass(frozen=True, slots=True)
class Stop:
    """`timeout` is in seconds; None leaves it to the container."""

    container: str
    timeout: float | None = None

    def __str__(self) -> str:
        return f"stop {self.container}"


@dataclass(frozen=True, slots=True)
class Restart:
    """Stop a container, if it runs, and start it.  `timeout` is that of the stop."""

    container: str
    timeout: float | None = None

    def __str__(self) -> str:
        return f"restart {self.container}"


@dataclass(frozen=True, slots=True)
class Pause:
    container: str

    def __str__(self) -> str:
        return f"pause {self.container}"


@dataclass(frozen=True, slots=True)
class Unpause:
    container: str

    def __str__(self) -> str:
        return f"unpause {self.container}"


@dataclass(frozen=True, slots=True)
class Kill:
    container: str
    signal: str = "SIGKILL"

    def __str__(self) -> str:
        return f"kill {self.container}"


@dataclass(frozen=True, slots=True)
class Remove:
    """`volumes` takes the anonymous volumes with it."""

    container: str
    volumes: bool = False

    def __str__(self) -> str:
        return f"remove {self.container}"


@dataclass(frozen=True, slots=True)
class Rename:
    container: str
    to: str

    def __str__(self) -> str:
        return f"rename {self.container} to {self.to}"


@dataclass(frozen=True, slots=True)
class RunHook:
    """Run a hook's command in a container that runs.

    `moment` is post_start or pre_stop, `index` its place among those of `service`, from 0.
    """

    container: str
    service: str
    moment: str
    index: int
    hook: Hook

    def __str__(self) -> str:
        return f"run {self.moment}[{self.index}] in {self.container}"


@dataclass(frozen=True, slots=True)
class RunProvider:
    """Have a program bring up, stop or take down what stands for a service."""

    call: ProviderCall
    mark: SourceMark | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"run {self.call.type} {self.call.command} for {self.call.service}"


@dataclass(frozen=True, slots=True)
class PullModel:
    model: str
    mark: SourceMark | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"pull model {self.model}"


@dataclass(frozen=True, slots=True)
class ConfigureModel:
    spec: ModelSpec
    mark: SourceMark | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"configure model {self.spec.key}"


@dataclass(frozen=True, slots=True)
class Await:
    """Wait until every container is as `condition` says.

    `condition` is service_healthy, service_completed_successfully,
    running_or_healthy (for `up --wait`) or hook_completed, whose one container is not
    of the service but runs a hook before it.  Not `required` turns a failure into a
    warning.  `successors` are those whose predecessors come back if they crash again and
    again: others may, and are waited for.  `timeout` is in seconds from the plan's first
    start or wait, None is without end.  With `at_once` the news of a good end suffice:
    nobody needs what the engine has yet to free after it.
    """

    service: str
    containers: tuple[str, ...]
    condition: str
    required: bool = True
    timeout: float | None = None
    successors: tuple[str, ...] = ()
    at_once: bool = False

    def __str__(self) -> str:
        if self.condition == "hook_completed":
            return f"wait until {self.containers[0]} has completed"
        wording = {
            "service_healthy": "is healthy",
            "service_completed_successfully": "has completed",
            "running_or_healthy": "is up",
        }[self.condition]
        return f"wait until {self.service} {wording}"


Operation: TypeAlias = (
    PullImage
    | BuildImage
    | PushImage
    | CreateNetwork
    | RemoveNetwork
    | Connect
    | Disconnect
    | CreateVolume
    | RemoveVolume
    | RemoveImage
    | CreateContainer
    | UpdateContainer
    | Deliver
    | Start
    | Stop
    | Restart
    | Pause
    | Unpause
    | Kill
    | Remove
    | Rename
    | RunHook
    | RunProvider
    | PullModel
    | ConfigureModel
    | Await
)
