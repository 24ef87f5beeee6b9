from __future__ import annotations

import pytest

from composer.loader.canonical import canonical
from support.trees import complaints, lengthen, long, plain, said, stacked_service, tree


@pytest.mark.parametrize("attribute", ["configs", "secrets"])
def test_a_reference_may_be_only_a_name(attribute: str) -> None:
    assert long(f"{attribute}: [a, {{source: b, target: /x, uid: '1'}}]") == {
        attribute: [{"source": "a"}, {"source": "b", "target": "/x", "uid": "1"}]
    }


@pytest.mark.parametrize("mode", ["0440", "'0440'", "'440'", "288", "0o440", "'0o440'"])
@pytest.mark.parametrize("attribute", ["configs", "secrets"])
def test_a_mode_is_octal_text(attribute: str, mode: str) -> None:
    assert long(f"{attribute}: [{{source: a, mode: {mode}}}]") == {
        attribute: [{"source": "a", "mode": "0440"}]
    }


def test_options_of_a_driver_are_texts() -> None:
    assert lengthen("secrets: {s: {driver: d, driver_opts: {a: 1}}}") == {
        "secrets": {"s": {"driver": "d", "driver_opts": {"a": "1"}}}
    }


def test_what_is_no_mode_is_refused() -> None:
    assert complaints("configs: [{source: a, mode: '9'}]") == [
        "error compose.yaml:3:33: 'configs[0].mode' of service 'web' "
        "must be a file mode such as '0440', not '9'"
    ]


def test_an_override_replaces_what_stands_at_the_same_place() -> None:
    assert stacked_service("secrets: [a, b]", "secrets: [{source: c, target: /run/secrets/a}]") == {
        "secrets": [{"source": "c", "target": "/run/secrets/a"}, {"source": "b"}]
    }


def test_an_external_name_of_old_is_brought_to_todays_form() -> None:
    found, problems = canonical(tree("secrets:\n  s:\n    external: {name: x}\n"))

    assert plain(found) == {"secrets": {"s": {"external": True, "name": "x"}}}
    assert said(problems) == [
        "warning compose.yaml:3:5: secret 's': external.name is deprecated"
        " (write external: true, and name beside it)"
    ]


def test_an_external_name_must_not_differ_from_the_name() -> None:
    _, problems = canonical(tree("volumes: {v: {name: a, external: {name: b}}}"))

    assert said(problems)[1:] == [
        "error compose.yaml:1:24: volume 'v': name 'a' and external.name 'b' differ"
        " (write external: true)"
    ]


def test_a_config_declared_as_nothing_is_empty() -> None:
    assert lengthen("configs: {c: }") == {"configs": {"c": {}}}
