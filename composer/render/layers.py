"""Layers of images → what each costs, and which instruction made it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from composer.model.layers import Layer
from composer.pattern import pattern
from composer.render.containers import elapsed
from composer.render.grid import Column
from composer.render.sizes import human_size

if TYPE_CHECKING:
    from composer.actions.images import Layered

COLUMNS = (
    Column("IMAGE", "cut"),
    Column("SIZE", right=True),
    Column("SHARE", right=True, drop=2),
    Column("IN", right=True, drop=1),
    Column("CREATED", drop=3),
    Column("INSTRUCTION", "fold"),
)
FIELDS = ("Image", "Size", "Share", "In", "Created", "Instruction")

_NOTHING_RUN = pattern(r"/bin/sh -c #\(nop\) +")
_ARGUMENTS = pattern(r"(RUN )?\|\d+ .*?(?=/bin/sh -c |cmd /S /C )")
_SHELL = pattern(r"(RUN )?(?:/bin/sh -c|cmd /S /C) ")
_BUILDKIT = " # buildkit"


def rows(images: Sequence[Layered], now: float) -> Iterator[tuple[str, ...]]:
    """Yield the columns, the latest layer of an image first; layers without content too."""
    for image in images:
        total = sum(layer.size for layer in image.layers)
        for number, (layer, shared) in enumerate(zip(image.layers, image.shared, strict=True)):
            yield (
                image.ref if not number else "",
                human_size(layer.size),
                f"{100 * layer.size / total:.0f}%" if layer.size else "",
                str(shared) if layer.size else "",
                f"{elapsed(now - layer.created)} ago" if layer.created else "",
                instruction(layer),
            )


def fields(images: Sequence[Layered]) -> Iterator[Mapping[str, object]]:
    """Yield what JSON has of each layer."""
    for image in images:
        for layer, shared in zip(image.layers, image.shared, strict=True):
            yield {
                "Image": image.ref,
                "ID": image.id,
                "Size": layer.size,
                "SharedBy": shared,
                "Created": layer.created,
                "Tags": list(layer.tags),
                "Instruction": instruction(layer),
            }


def instruction(layer: Layer) -> str:
    """Return what made a layer as it stands in the Dockerfile; its comment where none did."""
    text = " ".join(layer.made_by.removesuffix(_BUILDKIT).split())
    if match := _NOTHING_RUN.match(text):
        return text[match.end() :]
    text = _ARGUMENTS.sub("RUN ", text, count=1)
    if match := _SHELL.match(text):
        return f"RUN {text[match.end() :]}"
    return text or f"({layer.comment.lower() or 'unknown'})"
