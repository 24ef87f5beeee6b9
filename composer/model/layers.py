"""The history of an image: what each instruction has added to it."""

from __future__ import annotations

from composer.record import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """What one instruction added: `size` in bytes, `created` in seconds since the epoch.

    `made_by` is in the builder's words; `tags` are names of the image that ends here.
    """

    made_by: str
    size: int = 0
    created: int = 0
    tags: tuple[str, ...] = ()
    comment: str = ""
