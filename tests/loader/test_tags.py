from __future__ import annotations

from composer.loader.tags import drop
from support.trees import plain, service, stacked_service, tree


def test_an_attribute_under_reset_is_gone() -> None:
    model = service("image: x, ports: ['1:1']")
    drop(model, [("services", "web", "ports")])

    assert plain(model) == {"services": {"web": {"image": "x"}}}


def test_a_whole_service_can_be_reset() -> None:
    model = tree("services: {a: {image: x}, b: {image: y}}")
    drop(model, [("services", "a")])

    assert plain(model) == {"services": {"b": {"image": "y"}}}


def test_resetting_what_is_not_there_changes_nothing() -> None:
    model = service("image: x")
    drop(model, [("services", "db", "ports"), ("networks",), (), ("services", "web", "image", "x")])

    assert plain(model) == {"services": {"web": {"image": "x"}}}


def test_a_map_that_also_stands_elsewhere_is_not_changed_there() -> None:
    model = tree("services: {a: {ports: ['1:1']}}")
    model["services"].put("b", model["services"]["a"])
    drop(model, [("services", "a", "ports")])

    assert plain(model) == {"services": {"a": {}, "b": {"ports": ["1:1"]}}}


def test_a_later_file_resets_an_attribute_and_a_variable() -> None:
    assert stacked_service(
        "image: x, ports: ['1:1'], environment: {A: 1, B: 2}",
        "ports: !reset [], environment: {A: !reset null}",
    ) == {"image": "x", "environment": {"B": "2"}}


def test_reset_on_an_item_speaks_of_that_item_only() -> None:
    assert stacked_service("cap_add: [A]", "cap_add: [!reset A, B]") == {"cap_add": ["A", "B"]}
