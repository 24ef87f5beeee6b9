from __future__ import annotations

import pytest

from composer.model.observed import MountPoint
from composer.planner.bounds import Bounds

ANONYMOUS = "a" * 64


@pytest.mark.parametrize(
    ("name", "kept", "own", "why"),
    [
        ("demo_data", (), ("/app",), "/app/data is a volume: what changes here is not sent there"),
        (ANONYMOUS, ("/app/data",), ("/app",), "/app/data is a volume: what changes here is not"),
        (ANONYMOUS, (), ("/app",), None),
        ("demo_data", ("/app/data",), ("/app", "/app/data/in"), None),
    ],
    ids=["named", "of the file", "of the image", "named by a rule"],
)
def test_what_is_in_a_volume_is_sent_if_only_the_image_or_a_rule_names_it(
    name: str, kept: tuple[str, ...], own: tuple[str, ...], why: str | None
) -> None:
    mount = MountPoint(type="volume", target="/app/data", name=name)
    bounds = Bounds(mounts=(mount,), own=frozenset(own), kept=frozenset(kept))

    spared = bounds.unsent({"/app/data/in/x": "/src/data/in/x", "/app/x": "/src/x"})

    assert spared.keys() == ({"/app/data/in/x"} if why else set())
    assert not why or spared["/app/data/in/x"][0].startswith(why)
