from __future__ import annotations

from support.trees import long

PLAIN = {"condition": "service_started", "required": True}


def test_a_name_has_to_be_started_and_is_required() -> None:
    assert long("depends_on: [a, b]") == {"depends_on": {"a": PLAIN, "b": PLAIN}}


def test_what_a_dependency_leaves_out_is_written_out() -> None:
    assert long("depends_on: {a: {}, b: {condition: service_healthy}, c: {required: false}}") == {
        "depends_on": {
            "a": PLAIN,
            "b": {"condition": "service_healthy", "required": True},
            "c": {"condition": "service_started", "required": False},
        }
    }


def test_a_service_like_an_extension_is_a_service() -> None:
    assert long("depends_on: {x-a: {}}") == {"depends_on": {"x-a": PLAIN}}
