from __future__ import annotations

import pytest

from support.trees import lengthen, long


@pytest.mark.parametrize("attribute", ["annotations", "labels", "sysctls"])
@pytest.mark.parametrize("entries", ["[a=1, b=, c, d=e=f]", "{a: 1, b: '', c: , d: e=f}"])
def test_entries_are_texts_by_name(attribute: str, entries: str) -> None:
    assert long(f"{attribute}: {entries}") == {attribute: {"a": "1", "b": "", "c": "", "d": "e=f"}}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("true", "true"),
        ("TRUE", "true"),
        ("yes", "yes"),
        ("1", "1"),
        ("1.0", "1"),
        ("1.50", "1.5"),
        ("1e6", "1e+06"),
        ("0777", "511"),
        ("'0777'", "0777"),
        ("null", ""),
    ],
)
def test_a_value_is_printed_as_go_prints_it(value: str, text: str) -> None:
    assert long(f"labels: {{a: {value}}}") == {"labels": {"a": text}}


@pytest.mark.parametrize("section", ["networks", "volumes", "configs", "secrets"])
def test_resources_have_labels_too(section: str) -> None:
    for labels in ("[a, b=1]", "{a: , b: 1}"):
        assert lengthen(f"{section}: {{x: {{labels: {labels}}}}}") == {
            section: {"x": {"labels": {"a": "", "b": "1"}}}
        }


def test_build_and_deploy_have_labels_too() -> None:
    for labels in ("[a=1]", "{a: 1}"):
        assert long(f"build: {{labels: {labels}}}, deploy: {{labels: {labels}}}") == {
            "build": {"labels": {"a": "1"}},
            "deploy": {"labels": {"a": "1"}},
        }


def test_a_label_like_an_extension_is_a_label() -> None:
    assert long("labels: {x-a: 1}") == {"labels": {"x-a": "1"}}


def test_label_files_are_a_list() -> None:
    assert long("label_file: a") == {"label_file": ["a"]}
