from __future__ import annotations

import pytest

from composer.graph import closure, dependencies_first, find_cycle, order, reduced
from composer.model.operations import Start, Stop
from composer.model.plan import Step


def step(name: str, *after: str) -> Step:
    return Step(Start(name), "test", frozenset(f"start {before}" for before in after))


def test_a_cycle_is_told_from_its_smallest_name() -> None:
    assert find_cycle({"c": ["a"], "b": ["c"], "a": ["b"]}) == ("a", "b", "c", "a")


def test_a_service_that_depends_on_itself_is_a_cycle() -> None:
    assert find_cycle({"a": ["a"]}) == ("a", "a")


def test_a_diamond_is_no_cycle() -> None:
    assert find_cycle({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}) is None


def test_dependencies_come_first_and_else_the_order_stays() -> None:
    edges = {"web": ["db"], "cache": [], "db": [], "job": ["web"]}
    assert dependencies_first(edges) == ("db", "web", "cache", "job")


def test_a_chain_of_ten_thousand_is_ordered() -> None:
    chain = {str(n): [str(n + 1)] for n in range(10_000)} | {"10000": []}
    assert dependencies_first(chain)[0] == "10000"


def test_the_closure_holds_what_is_needed_indirectly() -> None:
    assert closure({"a": ["b"], "b": ["c"], "c": [], "d": []}, ["a"]) == {"a", "b", "c"}


def test_steps_are_ordered_by_after_and_else_stay_as_given() -> None:
    steps = [step("web", "db"), step("other"), step("db")]
    assert [s.id for s in order(steps)] == ["start other", "start db", "start web"]


def test_one_step_asked_for_twice_is_one_step_after_all_of_it() -> None:
    merged = order([step("a"), step("b"), step("c", "a"), step("c", "b")])
    assert merged[-1].after == {"start a", "start b"}
    assert len(merged) == 3


def test_two_different_operations_with_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="two different operations"):
        order([Step(Stop("a", 1), ""), Step(Stop("a", 2), "")])


def test_steps_that_wait_for_each_other_are_refused() -> None:
    with pytest.raises(ValueError, match="wait for each other"):
        order([step("a", "b"), step("b", "a")])


def test_what_another_predecessor_implies_is_left_out() -> None:
    steps = order([step("a"), step("b", "a"), step("c", "a", "b")])
    assert reduced(steps)["start c"] == {"start b"}
