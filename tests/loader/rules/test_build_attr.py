from __future__ import annotations

import pytest

from support.trees import long


def build(text: str) -> object:
    return long(f"build: {text}")["build"]


def test_a_text_is_the_context() -> None:
    assert build("./x") == {"context": "./x"}


@pytest.mark.parametrize("args", ["[A=1, B]", "{A: 1, B: }"])
def test_an_argument_without_a_value_comes_from_the_environment(args: str) -> None:
    assert build(f"{{args: {args}}}") == {"args": {"A": "1", "B": None}}


@pytest.mark.parametrize("ssh", ["[default, 'k=./id']", "{default: , k: ./id}"])
def test_keys_for_ssh_are_a_map(ssh: str) -> None:
    assert build(f"{{ssh: {ssh}}}") == {"ssh": {"default": None, "k": "./id"}}


@pytest.mark.parametrize("contexts", ["[a=./b, c=service:d]", "{a: ./b, c: 'service:d'}"])
def test_additional_contexts_are_a_map(contexts: str) -> None:
    assert build(f"{{additional_contexts: {contexts}}}") == {
        "additional_contexts": {"a": "./b", "c": "service:d"}
    }


def test_a_secret_may_be_only_a_name() -> None:
    assert build("{secrets: [s, {source: t, target: u, mode: 0400}]}") == {
        "secrets": [{"source": "s"}, {"source": "t", "target": "u", "mode": "0400"}]
    }


def test_a_context_without_a_place_and_a_label_without_a_value_are_empty() -> None:
    assert build("{additional_contexts: {a: }, labels: {b: , c: 1}}") == {
        "additional_contexts": {"a": ""},
        "labels": {"b": "", "c": "1"},
    }


def test_switches_may_be_texts() -> None:
    assert build("{no_cache: 'true', pull: 'off', privileged: yes}") == {
        "no_cache": True,
        "pull": False,
        "privileged": True,
    }


def test_attestations_are_texts() -> None:
    assert build("{provenance: true, sbom: false}") == {"provenance": "true", "sbom": "false"}
    assert build("{sbom: generator=x}") == {"sbom": "generator=x"}


def test_the_rest_of_a_build_in_its_short_forms() -> None:
    assert build("{no_cache_filter: a, extra_hosts: {h: 1.1.1.1}, ulimits: {n: '5'}}") == {
        "no_cache_filter": ["a"],
        "extra_hosts": ["h=1.1.1.1"],
        "ulimits": {"n": 5},
    }
