"""What `check` finds, against what loading finds: never less, and nothing else that is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from composer.errors import InvalidProject, Problem
from composer.loader.pipeline import load
from composer.loader.survey import survey
from composer.loader.warning_names import ADVICE, LOADING
from composer.model.options import LoadOptions
from support.loading import options, write

PARITY = Path(__file__).parents[1] / "parity"
REFUSED = sorted((PARITY / "refused").rglob("*.y*ml"))
TAKEN = sorted((PARITY / "files").rglob("*.y*ml"))


def asked(path: Path) -> LoadOptions:
    return options(path.parent, files=(path.name,), environment={})


def found_by_loading(asked: LoadOptions) -> tuple[Problem, ...]:
    try:
        return load(asked).warnings
    except InvalidProject as error:
        return error.problems


def said(problems: tuple[Problem, ...], severity: str) -> set[tuple[str, str]]:
    return {(str(one.mark), one.message) for one in problems if one.severity == severity}


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: str(path.relative_to(PARITY)))
def test_every_error_of_loading_is_found(path: Path) -> None:
    errors = said(found_by_loading(asked(path)), "error")

    assert errors <= said(survey(asked(path)).problems, "error")


@pytest.mark.parametrize("path", TAKEN, ids=lambda path: str(path.relative_to(PARITY)))
def test_check_adds_nothing_but_advice_to_what_loading_finds(path: Path) -> None:
    problems, found = found_by_loading(asked(path)), survey(asked(path)).problems

    assert {one.name for one in problems if one.severity == "warning"} <= LOADING.keys()
    failed = bool(said(problems, "error"))  # then loading does not tell its warnings
    assert bool(said(found, "error")) == failed
    explained = {str(one.mark) for one in found if one.name == "eaten-dollar"}
    warnings = {one for one in said(problems, "warning") if one[0] not in explained}
    assert warnings <= said(found, "warning")
    added = [one for one in found if (str(one.mark), one.message) not in warnings]
    new = {one.name for one in added if one.severity == "warning"}
    assert new <= {*ADVICE, *(LOADING if failed else ())}


def test_an_early_error_does_not_lose_the_warnings_of_other_files(tmp_path: Path) -> None:
    write(tmp_path, "one.yaml", "services: {web: {image: 'nginx:${TAG}'}}")
    write(tmp_path, "two.yaml", "services: {web: {prots: []}}")

    found = survey(options(tmp_path, files=("one.yaml", "two.yaml"), environment={}))
    assert [(str(one.mark), one.name) for one in found.problems] == [
        ("one.yaml:1:32", "unset-variable"),
        ("two.yaml:1:18", ""),
    ]


def test_an_extended_file_is_looked_at_where_it_matters(tmp_path: Path) -> None:
    write(tmp_path, "base.yaml", "services: {base: {image: nginx, privileged: true}}")
    write(tmp_path, "compose.yaml", "services: {web: {extends: {file: base.yaml, service: base}}}")

    found = survey(options(tmp_path, environment={}))
    assert [(str(one.mark), one.name) for one in found.problems] == [
        ("base.yaml:1:26", "latest-tag"),
        ("base.yaml:1:45", "privileged"),
    ]
