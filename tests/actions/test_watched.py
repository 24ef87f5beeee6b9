from __future__ import annotations

from pathlib import Path

import pytest

from composer.actions.watched import Served, served
from composer.ignorefile import Patterns
from composer.model.build import Watch
from composer.model.service import Service
from composer.planner.watch import Rule
from support.plans import project


def rule(source: Path, target: str) -> Rule:
    watch = Watch(path=str(source), action="sync", target=target)
    return Rule(
        service="web", index=0, watch=watch, sends=True, include=Patterns((), "/"), ignores=()
    )


def rebuilding(source: Path, *removed: str) -> Served:
    """Return a service whose image is being built, with what was removed before that."""
    one = Served("web", (rule(source, "/app"),), rebuild=True)
    one.journal = {f"/app/{name}": str(source / name) for name in removed}
    one.begin()
    assert one.journal == {}
    return one


def under(target: str, source: Path, before: Served) -> Served:
    """Return the service under another rule, after the files were read anew."""
    web = project(Service(name="web", image="busybox"))
    return served(web, [rule(source, target)], {}, {"web": before})["web"]


@pytest.mark.parametrize("well", [True, False])
def test_what_was_removed_before_a_build_is_known_again_if_it_fails_under_other_rules(
    tmp_path: Path, *, well: bool
) -> None:
    now = under("/srv", tmp_path, rebuilding(tmp_path, "gone"))

    assert now.journal == {}
    now.has_built(well=well)

    assert now.journal == ({} if well else {"/srv/gone": str(tmp_path / "gone")})


def test_what_was_removed_is_not_known_again_once_the_files_were_read_anew_well(
    tmp_path: Path,
) -> None:
    before = Served("web", (rule(tmp_path, "/app"),))
    before.journal = {"/app/gone": str(tmp_path / "gone")}
    before.forget_removed()

    now = under("/srv", tmp_path, before)
    now.has_built(well=False)

    assert now.journal == {}


def test_what_was_removed_before_the_first_of_two_builds_is_not_lost_by_the_second(
    tmp_path: Path,
) -> None:
    one = rebuilding(tmp_path, "first")
    one.journal["/app/second"] = str(tmp_path / "second")

    one.forget_removed()
    one.has_built(well=False)

    assert set(one.journal) == {"/app/first", "/app/second"}
