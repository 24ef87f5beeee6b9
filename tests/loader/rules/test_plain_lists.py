"""Attributes that are lists of texts, limits and numbers: one or many, text or number."""

from __future__ import annotations

import pytest

from support.trees import complaints, long


@pytest.mark.parametrize("attribute", ["dns", "dns_search", "label_file", "tmpfs"])
def test_one_text_is_a_list_of_one(attribute: str) -> None:
    assert long(f"{attribute}: a") == {attribute: ["a"]}


def test_empty_name_servers_are_left_out() -> None:
    assert long("dns: ['', 1.1.1.1]") == {"dns": ["1.1.1.1"]}
    assert long("dns: ''") == {"dns": []}


def test_numbers_in_lists_are_texts() -> None:
    assert long("expose: [80, 81-82, 83/udp], group_add: [1, a]") == {
        "expose": ["80", "81-82", "83/udp"],
        "group_add": ["1", "a"],
    }


def test_limits_stay_numbers_or_pairs() -> None:
    assert long("ulimits: {a: 5, b: '7', c: {soft: 1, hard: 2}, d: -1}") == {
        "ulimits": {"a": 5, "b": 7, "c": {"soft": 1, "hard": 2}, "d": -1}
    }


def test_options_are_texts_and_null_is_empty() -> None:
    assert long("logging: {options: {a: 1, b: 1.50, c: }}, storage_opt: {size: 1}") == {
        "logging": {"options": {"a": "1", "b": "1.5", "c": ""}},
        "storage_opt": {"size": "1"},
    }


def test_options_of_a_provider_are_lists() -> None:
    assert long("provider: {type: t, options: {a: 1, b: [x, 2], c: true}}") == {
        "provider": {"type": "t", "options": {"a": ["1"], "b": ["x", "2"], "c": ["true"]}}
    }


def test_limits_of_deploy_are_numbers() -> None:
    assert long(
        "deploy: {resources: {limits: {cpus: '0.50', pids: '5', memory: 1g},"
        " reservations: {cpus: '.25',"
        " generic_resources: [{discrete_resource_spec: {value: '3'}}]}}}"
    ) == {
        "deploy": {
            "resources": {
                "limits": {"cpus": 0.5, "pids": 5, "memory": "1g"},
                "reservations": {
                    "cpus": 0.25,
                    "generic_resources": [{"discrete_resource_spec": {"value": 3}}],
                },
            }
        }
    }


def test_weights_are_numbers() -> None:
    assert long("blkio_config: {weight: '5', weight_device: [{path: /a, weight: '6'}]}") == {
        "blkio_config": {"weight": 5, "weight_device": [{"path": "/a", "weight": 6}]}
    }


def test_sizes_and_durations_stay_as_they_are() -> None:
    text = "mem_limit: 1g, shm_size: 5, stop_grace_period: 1m30s, restart: always, cpus: 0.5"

    assert long(text) == {
        "mem_limit": "1g",
        "shm_size": 5,
        "stop_grace_period": "1m30s",
        "restart": "always",
        "cpus": 0.5,
    }


def test_switches_may_be_texts() -> None:
    assert long("attach: 'no', use_api_socket: 'TRUE'") == {
        "attach": False,
        "use_api_socket": True,
    }


@pytest.mark.parametrize(
    ("attributes", "complaint"),
    [
        ("attach: maybe", "3:13: 'attach' of service 'web' must be true or false, not 'maybe'"),
        (
            "blkio_config: {weight: '1k'}",
            "3:28: 'blkio_config.weight' of service 'web' must be a whole number, not '1k'",
        ),
        (
            "deploy: {resources: {limits: {cpus: '0,5'}}}",
            "3:41: 'deploy.resources.limits.cpus' of service 'web' must be a number, not '0,5'",
        ),
    ],
)
def test_what_is_no_number_or_switch_is_refused(attributes: str, complaint: str) -> None:
    assert complaints(attributes) == [f"error compose.yaml:{complaint}"]


def test_a_watch_rule_has_one_path_and_lists_of_patterns() -> None:
    text = "path: [a, b], action: rebuild, ignore: x, include: y, initial_sync: 'true'"

    assert long(f"develop: {{watch: [{{{text}}}]}}") == {
        "develop": {
            "watch": [
                {
                    "path": path,
                    "action": "rebuild",
                    "ignore": ["x"],
                    "include": ["y"],
                    "initial_sync": True,
                }
                for path in ("a", "b")
            ]
        }
    }


def test_a_watch_rule_may_run_a_command() -> None:
    text = "exec: {command: a b, environment: [A=1, B], privileged: 'true'}"

    assert long(f"develop: {{watch: [{{path: a, {text}}}]}}")["develop"]["watch"] == [
        {
            "path": "a",
            "exec": {
                "command": ["a", "b"],
                "environment": {"A": "1", "B": None},
                "privileged": True,
            },
        }
    ]
