"""What others than the engine provide: services by programs, and AI models.

Both tell variables, which reach the containers that use them.
"""

from __future__ import annotations

from collections.abc import Mapping

from composer.record import dataclass, field

Strings = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderCall:
    """What a provider is asked for: `command` is up, down or stop.

    `definition` is the service as JSON, in case the provider wants to see it.
    """

    project: str
    service: str
    type: str
    command: str
    options: Mapping[str, Strings] = field(default_factory=dict)
    definition: str = field(default="{}", repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A model that should be there, configured.  `key` is its name in the file."""

    key: str
    model: str
    context_size: int | None = None
    runtime_flags: Strings = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable for who uses a service or a model; `raw` under exactly this name."""

    name: str
    value: str = field(repr=False)
    raw: bool = False


ENDPOINT = "URL"
"""The setting in which a model runner tells where it answers."""
