"""What one program has brought up, the other one takes over without touching it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from support.peer import docker_compose
from support.state import Case, cases, ends_otherwise, touched

AT_ONCE = 4
CASES = [
    case for case in cases() if not case["api"] and not case["fails"] and not ends_otherwise(case)
]
WAYS = ("from Docker Compose", "to Docker Compose")

NOT_ADOPTED = {
    ("credential_spec_config", WAYS[0]): {"config-1": "replaced"},
    ("namespaces", WAYS[1]): {"guest-1": "replaced"},
    ("network_modes", WAYS[1]): {"guest-1": "replaced"},
    ("networks_ipam_options", WAYS[1]): {"web-1": "restarted"},
    ("volumes_from", WAYS[1]): {"says_rw-1": "replaced", "writes-1": "replaced"},
    ("volumes_from_read_only", WAYS[0]): {"container-1": "replaced", "reads-1": "replaced"},
    ("volumes_from_read_only", WAYS[1]): {"container-1": "replaced", "reads-1": "replaced"},
}
"""What becomes of containers that are touched on purpose; the reasons are in
docs/compatibility.md."""

pytestmark = [pytest.mark.docker, pytest.mark.parity]

Touched = dict[str, str]


@pytest.fixture(scope="module")
def found(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Case, str], Touched]]:
    """Return what was touched in a case.  All that were selected are tried, some at once."""
    selected = [
        (item.callspec.params["case"], item.callspec.params["way"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.module is request.module
    ]
    root: Path = tmp_path_factory.mktemp("adopted")
    theirs, ours = (docker_compose(),), (sys.executable, "-m", "composer")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found: dict[tuple[str, str], Future[Touched]] = {}
        for case, way in selected:
            programs = (theirs, ours) if way == WAYS[0] else (ours, theirs)
            directory = root / str(case) / way.split()[0]
            found[str(case), way] = pool.submit(touched, case, directory, *programs)
        yield lambda case, way: found[str(case), way].result()
        for future in found.values():
            future.cancel()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_project_is_taken_over_without_touching_a_container(
    case: Case, way: str, found: Callable[[Case, str], Touched]
) -> None:
    assert found(case, way) == NOT_ADOPTED.get((str(case), way), {})
