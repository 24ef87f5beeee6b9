"""What the label of a successor tells: the reason and names of attributes, never values."""

from __future__ import annotations

import json

import pytest

from composer.model.names import Label
from composer.model.operations import CreateContainer
from composer.model.options import Recreate, UpOptions
from composer.model.plan import Plan
from composer.planner.records import Record, record_of
from composer.planner.up import plan_up
from composer.record import replace
from support.plans import live, project, service, world

UP = UpOptions()


def labels(plan: Plan) -> dict[str, str]:
    """Return the labels of the only container that the plan creates."""
    (spec,) = [s.operation.spec for s in plan.steps if isinstance(s.operation, CreateContainer)]
    return dict(spec.labels)


def test_a_successor_tells_why_and_in_which_attributes_without_their_values() -> None:
    whole = project(service("db", environment={"PASSWORD": "tuna"}))
    old = replace(whole.services["db"], environment={"PASSWORD": "swordfish"})
    was = live(whole, "db", as_it_was=old)
    found = labels(plan_up(whole, world(whole, was), UP))

    assert record_of(replace(was, labels=found)) == Record(
        "configuration changed", ("environment.PASSWORD",), "demo-db-1", was.id[:12]
    )
    assert "tuna" not in found[Label.REPLACED_BECAUSE]
    assert "swordfish" not in found[Label.REPLACED_BECAUSE]


def test_one_that_was_set_aside_by_an_interrupted_run_is_the_predecessor() -> None:
    whole = project(service("db"))
    was = live(whole, "db")
    aside = replace(was, name=f"{was.id[:12]}_demo-db-1", state=replace(was.state, status="dead"))
    found = labels(plan_up(whole, world(whole, aside), UP))

    record = record_of(replace(was, labels=found))
    assert record is not None
    assert (record.reason, record.id) == ("it is dead", was.id[:12])


def test_a_container_that_replaces_nobody_has_no_such_label() -> None:
    whole = project(service("db"))
    assert Label.REPLACED_BECAUSE not in labels(plan_up(whole, world(whole), UP))


def test_the_label_is_no_reason_to_replace_a_container() -> None:
    whole = project(service("db"))
    was = live(whole, "db")
    forced = replace(UP, recreate=Recreate.FORCE)
    found = labels(plan_up(whole, world(whole, was), forced))
    assert plan_up(whole, world(whole, live(whole, "db", labels=found)), UP) == Plan()


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "{}", json.dumps({"reason": 1})])
def test_a_label_that_somebody_else_wrote_tells_nothing(text: str) -> None:
    whole = project(service("db"))
    assert record_of(live(whole, "db", labels={Label.REPLACED_BECAUSE: text})) is None
