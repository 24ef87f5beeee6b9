from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from composer.errors import InvalidProject
from composer.loader.canonical import canonical
from composer.loader.extends import extend
from composer.loader.include import include
from composer.loader.merge import merge
from composer.loader.nodes import MarkedList, MarkedMap
from composer.loader.paths import resolve
from composer.loader.unique import unique
from composer.loader.validate import validate
from support.problems import assert_problems
from support.trees import lengthen, plain, service, tree, where

SINKS = sorted(Path(__file__).parent.glob("data/*.yaml"))


@pytest.mark.parametrize("path", SINKS, ids=lambda path: path.stem)
def test_a_long_form_is_its_own_long_form(path: Path) -> None:
    once, _ = canonical(tree(path.read_text()))
    twice, problems = canonical(once)

    assert problems == []
    assert plain(twice) == plain(once)


@pytest.mark.parametrize("path", SINKS, ids=lambda path: path.stem)
def test_a_long_form_satisfies_the_schema(path: Path) -> None:
    root = tree(path.read_text())
    assert validate(root) == []

    assert validate(canonical(root)[0]) == []


def test_the_given_tree_is_not_changed() -> None:
    root = service("ports: ['80:80'], environment: [A=1], build: ., labels: {a: 1}, dns: ''")
    before = plain(root)
    canonical(root)

    assert plain(root) == before


def test_null_says_nothing_and_is_left_out() -> None:
    assert lengthen(
        "volumes: \nservices: {web: {image: x, ports: , deploy: {replicas: , labels: }, dns: }}"
    ) == {"services": {"web": {"image": "x", "deploy": {}}}}


def test_a_service_of_nothing_is_left_to_the_schema() -> None:
    assert lengthen("services: {web: }") == {"services": {"web": None}}


def test_extensions_are_kept_as_they_are() -> None:
    text = "x-a: {ports: , b: [1.0]}\nservices: {web: {x-b: , image: x, deploy: {x-c: [null]}}}"

    assert lengthen(text) == plain(tree(text))


def test_an_extension_among_names_is_a_name() -> None:
    assert lengthen("services: {x-web: {build: .}}\nvolumes: {x-data: }") == {
        "services": {"x-web": {"build": {"context": "."}}},
        "volumes": {"x-data": {}},
    }


def test_jobs_have_the_attributes_of_services() -> None:
    assert lengthen("jobs: {j: {environment: [A=1], command: a b}}") == {
        "jobs": {"j": {"environment": {"A": "1"}, "command": ["a", "b"]}}
    }


def test_include_is_left_alone() -> None:
    assert lengthen("include: [a.yaml, {path: b.yaml}]") == {
        "include": ["a.yaml", {"path": "b.yaml"}]
    }


def test_what_was_short_still_points_to_its_text() -> None:
    root, _ = canonical(tree("services:\n  web:\n    ports: ['80:80']\n    build: .\n"))

    assert where(root, "services", "web", "ports", 0, "published") == "compose.yaml:3:13"
    assert where(root, "services", "web", "build", "context") == "compose.yaml:4:12"


def test_problems_of_all_services_are_reported_at_their_own_items() -> None:
    text = """services:
  web:
    ports: ['80:80', '99999']
  db:
    volumes:
      - 'data:/x:r0'
"""
    _, problems = canonical(tree(text))

    assert_problems(
        problems,
        """
        error: service 'web': container port '99999' is not between 1 and 65535
          --> compose.yaml:3:23
           |
         3 |     ports: ['80:80', '99999']
           |                       ^^^^^

        warning[unknown-volume-option]: service 'db': volume 'data:/x:r0' has the unknown option 'r0', which is ignored
          --> compose.yaml:6:9
           |
         6 |       - 'data:/x:r0'
           |         ^^^^^^^^^^^^
           = help: options are ro, rw, nocopy, z, Z, rprivate, private, rshared, shared, rslave, slave, cached, delegated, consistent
        """,  # noqa: E501
    )


def marked(value: Any) -> Any:
    if isinstance(value, dict):
        node = MarkedMap()
        for key, one in value.items():
            node.put(key, marked(one))
        return node
    if isinstance(value, list):
        items = MarkedList()
        for one in value:
            items.add(marked(one))
        return items
    return value


KEYS = st.sampled_from(
    [
        "services",
        "jobs",
        "networks",
        "volumes",
        "configs",
        "web",
        "x-a",
        "build",
        "context",
        "args",
        "labels",
        "ports",
        "target",
        "published",
        "volumes",
        "source",
        "type",
        "bind",
        "environment",
        "depends_on",
        "logging",
        "driver",
        "options",
        "extends",
        "service",
        "file",
        "env_file",
        "extra_hosts",
        "devices",
        "gpus",
        "healthcheck",
        "test",
        "command",
        "ulimits",
        "external",
        "name",
        "deploy",
        "resources",
        "limits",
        "cpus",
        "ipam",
        "config",
        "subnet",
        "tmpfs",
        "develop",
        "watch",
        "path",
        "dns",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.sampled_from(["", "a", "a=b", "80:80", "1-2:3", "./x:/y:ro", "all", "web", "~", "a 'b"]),
    st.text(max_size=8),
)
TREES = st.recursive(
    SCALARS,
    lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(KEYS, below, max_size=4)),
    max_leaves=20,
)
SERVICES = st.dictionaries(KEYS, TREES, max_size=6)
ROOTS = st.one_of(
    st.fixed_dictionaries({"services": st.fixed_dictionaries({"web": SERVICES})}),
    st.dictionaries(KEYS, TREES, max_size=4),
)


@settings(max_examples=200, deadline=None)
@given(ROOTS, ROOTS)
def test_nonsense_never_breaks_a_pass(base: dict[str, Any], over: dict[str, Any]) -> None:
    merged = unique(merge(marked(base), marked(over)))
    long, _ = canonical(merged)

    plain(resolve(unique(long), "/project"))
    plain(resolve(merged, "/project"))


@settings(max_examples=100, deadline=None)
@given(ROOTS)
def test_merging_a_model_with_itself_keeps_its_keys(root: dict[str, Any]) -> None:
    assert merge(marked(root), marked(root)).keys() == root.keys()


@settings(max_examples=100, deadline=None)
@given(ROOTS)
def test_extending_nonsense_finds_problems_at_most(root: dict[str, Any]) -> None:
    with suppress(InvalidProject):
        plain(extend(marked(root), None, "/project", lambda path: marked(root)))


@settings(max_examples=100, deadline=None)
@given(ROOTS)
def test_including_into_nonsense_finds_problems_at_most(root: dict[str, Any]) -> None:
    project = tree("services: {web: {image: x, deploy: {}}}\nvolumes: {web: {}}")
    with suppress(InvalidProject):
        plain(include(marked({"include": ["x.yaml"], **root}), "/project", lambda entry: project))
