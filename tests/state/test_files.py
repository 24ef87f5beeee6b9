"""The same file, brought up by Docker Compose and by composer: the engine has the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from support.state import Case, cases, differences, on_purpose

CASES = cases()
AT_ONCE = 4

pytestmark = [pytest.mark.docker, pytest.mark.parity]

Found = dict[str, tuple[Any, Any]]


@pytest.fixture(scope="module")
def found(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Case], Found]]:
    """Return what differs in a case.  All that were selected are brought up, some at once."""
    selected = [
        item.callspec.params["case"]
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.module is request.module
        and "found" in item.fixturenames
    ]
    root: Path = tmp_path_factory.mktemp("state")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found: dict[str, Future[Found]] = {
            str(case): pool.submit(differences, case, root / str(case)) for case in selected
        }
        yield lambda case: found[str(case)].result()
        for future in found.values():
            future.cancel()


@pytest.mark.parametrize("case", CASES, ids=str)
def test_both_make_the_same_of_a_file(case: Case, found: Callable[[Case], Found]) -> None:
    differing = found(case)
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


def test_each_difference_on_purpose_is_that_of_a_file() -> None:
    assert set(on_purpose()) <= {str(case) for case in CASES}


def _is_below(path: str, place: str) -> bool:
    """Say whether `place`, some steps of a path, is in `path`."""
    return f"/{place.strip('/')}/" in f"/{path}/"


def _shown(differing: Found) -> str:
    lines = (
        f"{path}\n    theirs {theirs}\n    ours   {ours}"
        for path, (theirs, ours) in differing.items()
    )
    return "\n" + "\n".join(lines)
