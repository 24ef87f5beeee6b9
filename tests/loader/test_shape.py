"""The fast check agrees with the full validator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from composer.loader.shape import KEYWORDS, compile_schema

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "schemas" / "compose.schema.json").read_text(encoding="utf-8"))
FULL = Draft202012Validator(SCHEMA)
FAST = compile_schema(SCHEMA)
SAMPLES = sorted((Path(__file__).parent / "data").glob("kitchen_sink_*.yaml"))

WORDS = sorted(
    {
        *SCHEMA["properties"],
        *(key for part in SCHEMA["$defs"].values() for key in part.get("properties", {})),
        *("x-a", "web", "a b", "10s", "512m", "all", "bind", "service_healthy", "", "true"),
    }
)
WORD = st.sampled_from(WORDS)
SCALARS = WORD | st.none() | st.booleans() | st.integers(-2, 70000) | st.sampled_from([1.5, 2.0])
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(WORD, below, max_size=3),
    max_leaves=8,
)


def sections() -> st.SearchStrategy[dict[str, Any]]:
    """Documents that go deep enough to reach the rules of services."""
    service = st.dictionaries(
        st.sampled_from(sorted(SCHEMA["$defs"]["service"]["properties"])), VALUES, max_size=3
    )
    return st.dictionaries(WORD, VALUES, max_size=2) | st.fixed_dictionaries(
        {"services": st.dictionaries(WORD, service, max_size=2)}
    )


@settings(max_examples=300, deadline=None)
@given(sections())
def test_it_says_what_the_full_validator_says(document: dict[str, Any]):
    assert FAST(document) == FULL.is_valid(document)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_large_samples_are_valid(path: Path):
    assert FAST(yaml.safe_load(path.read_text(encoding="utf-8")))


def changes(node: Any) -> list[tuple[Any, Any]]:
    """Return container and key of every value below `node`."""
    pairs = list(node.items()) if isinstance(node, dict) else list(enumerate(node))
    below = [
        pair for _, value in pairs if isinstance(value, (dict, list)) for pair in changes(value)
    ]
    return [(node, key) for key, _ in pairs] + below


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_each_value_of_the_samples_may_be_spoilt_and_both_agree(path: Path):
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for number, (container, key) in enumerate(changes(document)):
        kept = container[key]
        container[key] = ([{}], {"zz": 1}, None, 1.5, "no such", -70000)[number % 6]
        assert FAST(document) == FULL.is_valid(document), (key, container[key])
        container[key] = kept


def test_a_whole_float_is_a_whole_number():
    check = compile_schema({"type": "integer"})
    assert [check(value) for value in (1, 1.0, 1.5, True, "1")] == [True, True, False, False, False]


def schemas(schema: Any) -> list[dict[str, Any]]:
    """Return a schema and all that it is made of."""
    parts = [schema] if isinstance(schema, dict) else []
    for key in ("items", "additionalProperties", "propertyNames"):
        parts += schemas(schema[key]) if isinstance(schema, dict) and key in schema else []
    for key in ("$defs", "properties", "patternProperties"):
        for part in schema.get(key, {}).values() if isinstance(schema, dict) else ():
            parts += schemas(part)
    return parts


def test_every_keyword_of_the_schema_is_understood():
    assert {key for schema in schemas(SCHEMA) for key in schema} <= KEYWORDS


def test_an_unknown_keyword_is_refused():
    with pytest.raises(ValueError, match="anyOf"):
        compile_schema({"anyOf": []})


def test_an_unknown_keyword_further_down_is_refused_when_it_is_reached():
    check = compile_schema({"properties": {"a": {"not": {}}}})
    with pytest.raises(ValueError, match="not"):
        check({"a": 1})
