"""The `deploy` section of a service, in long form."""

from __future__ import annotations

from collections.abc import Mapping

from composer.model.units import Bytes, Duration
from composer.record import dataclass, field

Strings = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateConfig:
    parallelism: int | None = None
    delay: Duration | None = None
    failure_action: str | None = None
    monitor: Duration | None = None
    max_failure_ratio: float = 0
    order: str | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscreteResource:
    kind: str = ""
    value: int = 0
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenericResource:
    discrete_resource_spec: DiscreteResource | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedDevice:
    """A device request; `count` is -1 for all."""

    capabilities: Strings = ()
    driver: str | None = None
    count: int | None = None
    device_ids: Strings = ()
    options: Mapping[str, str] = field(default_factory=dict)
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    cpus: float = 0
    memory: Bytes = Bytes(0)
    pids: int = 0
    devices: tuple[ReservedDevice, ...] = ()
    generic_resources: tuple[GenericResource, ...] = ()
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    limits: Resource | None = None
    reservations: Resource | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployRestart:
    condition: str | None = None
    delay: Duration | None = None
    max_attempts: int | None = None
    window: Duration | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    spread: str | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    constraints: Strings = ()
    preferences: tuple[Preference, ...] = ()
    max_replicas_per_node: int = 0
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    """What an orchestrator is asked for; one engine honours only a part of it."""

    mode: str | None = None
    replicas: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    update_config: UpdateConfig | None = None
    rollback_config: UpdateConfig | None = None
    resources: Resources = field(default_factory=Resources)
    restart_policy: DeployRestart | None = None
    placement: Placement = field(default_factory=Placement)
    endpoint_mode: str | None = None
    extensions: Mapping[str, object] = field(default_factory=dict, compare=False)
