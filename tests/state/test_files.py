"""The same file, brought up by Docker Compose and by composer: the engine has the same.

And what one of them has brought up, the other one takes over without touching it, and composer
finds nothing more to do about what it has brought up itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from support.state import WAYS, Case, Compared, cases, compared, on_purpose

CASES = cases()
AT_ONCE = 4

NOT_ADOPTED = {
    ("api_socket", WAYS[1]): {"web-1": "replaced"},  # it has the recorder's socket
    ("credential_spec_config", WAYS[0]): {"config-1": "replaced"},
    ("networks_ipam_options", WAYS[1]): {"web-1": "restarted"},
    ("volumes_from_read_only", WAYS[0]): {"container-1": "replaced", "reads-1": "replaced"},
    ("volumes_from_read_only", WAYS[1]): {"container-1": "replaced", "reads-1": "replaced"},
}
"""What becomes of containers that are touched on purpose; the reasons are in
docs/compatibility.md."""

LEFT = {
    "api_socket": {"web": "replacement"},  # it has the recorder's socket
    "credential_spec_config": {"config": "replacement"},  # it was never started
}
"""What services would feel once more, on purpose."""

pytestmark = [pytest.mark.docker, pytest.mark.parity]

Found = Callable[[Case], Compared]


@pytest.fixture(scope="module")
def found(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Found]:
    """Return what came of a case.  All that were selected are brought up, some at once."""
    selected = {
        str(item.callspec.params["case"]): item.callspec.params["case"]
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.module is request.module
        and "found" in item.fixturenames
    }
    root: Path = tmp_path_factory.mktemp("state")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found: dict[str, Future[Compared]] = {
            name: pool.submit(compared, case, root / name) for name, case in selected.items()
        }
        yield lambda case: found[str(case)].result()
        for future in found.values():
            future.cancel()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_make_the_same_of_a_file(case: Case, found: Found) -> None:
    differing = found(case).differing
    listed = on_purpose().get(str(case), ())
    unlisted = {
        path: values
        for path, values in differing.items()
        if not any(_is_below(path, place) for place in listed)
    }

    if unlisted:
        pytest.fail(_shown(unlisted), pytrace=False)
    for place in listed:
        assert any(_is_below(path, place) for path in differing), (
            f"docs/compatibility.md says that {place} differs in {case}, but the two agree"
        )


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("case", [case for case in CASES if case.can_be_adopted], ids=str)
def test_a_project_is_taken_over_without_touching_a_container(
    case: Case, way: str, found: Found
) -> None:
    assert found(case).touched[way] == NOT_ADOPTED.get((str(case), way), {})


@pytest.mark.parametrize("case", [case for case in CASES if case.can_be_adopted], ids=str)
def test_what_composer_has_brought_up_is_as_the_file_says(case: Case, found: Found) -> None:
    assert found(case).left == LEFT.get(str(case), {})


def test_each_difference_on_purpose_is_that_of_a_file() -> None:
    assert set(on_purpose()) <= {str(case) for case in CASES}


def _is_below(path: str, place: str) -> bool:
    """Say whether `place`, some steps of a path, is in `path`."""
    return f"/{place.strip('/')}/" in f"/{path}/"


def _shown(differing: Mapping[str, tuple[Any, Any]]) -> str:
    lines = (
        f"{path}\n    theirs {theirs}\n    ours   {ours}"
        for path, (theirs, ours) in differing.items()
    )
    return "\n" + "\n".join(lines)
