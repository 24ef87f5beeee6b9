from __future__ import annotations

import pytest

from composer.loader.merge import merge, merge_service
from support.trees import plain, service, stacked, stacked_service, tree, where

WEB = ("services", "web")


def test_a_later_scalar_wins() -> None:
    assert stacked_service("image: a, tty: true", "image: b") == {"image": "b", "tty": True}


def test_maps_are_merged_by_key_at_any_depth() -> None:
    assert stacked_service(
        "deploy: {resources: {limits: {cpus: 1, memory: 1g}}, replicas: 2}",
        "deploy: {resources: {limits: {memory: 2g}}}",
    ) == {"deploy": {"resources": {"limits": {"cpus": 1, "memory": "2g"}}, "replicas": 2}}


def test_lists_are_appended() -> None:
    assert stacked_service("cap_add: [A, B]", "cap_add: [C]") == {"cap_add": ["A", "B", "C"]}


def test_a_new_service_is_added() -> None:
    assert stacked("services: {a: {image: x}}", "services: {b: {image: y}}") == {
        "services": {"a": {"image": "x"}, "b": {"image": "y"}}
    }


@pytest.mark.parametrize(
    ("attribute", "base", "over"),
    [
        ("command", "a b", "c"),
        ("command", "[a, b]", "[c]"),
        ("entrypoint", "[a, b]", "[c]"),
    ],
)
def test_a_command_is_replaced(attribute: str, base: str, over: str) -> None:
    assert stacked_service(f"{attribute}: {base}", f"{attribute}: {over}") == {attribute: ["c"]}


def test_the_test_of_a_health_check_is_replaced_and_the_rest_of_it_merged() -> None:
    assert stacked_service(
        "healthcheck: {test: [CMD, a], interval: 1s}", "healthcheck: {test: b, retries: 3}"
    ) == {"healthcheck": {"test": ["CMD-SHELL", "b"], "interval": "1s", "retries": 3}}


@pytest.mark.parametrize(
    "attribute",
    [
        "annotations",
        "build.additional_contexts",
        "build.args",
        "build.labels",
        "deploy.labels",
        "environment",
        "labels",
        "sysctls",
    ],
)
@pytest.mark.parametrize("base", ["[a=1, b=2]", "{a: 1, b: 2}"])
@pytest.mark.parametrize("over", ["[b=3, c=4]", "{b: 3, c: 4}"])
def test_entries_are_merged_by_key_in_either_form(attribute: str, base: str, over: str) -> None:
    outer, _, inner = attribute.rpartition(".")
    texts = [f"{inner}: {text}" for text in (base, over)]
    if outer:
        texts = [f"{outer}: {{{text}}}" for text in texts]

    found = stacked_service(*texts)

    assert (found[outer] if outer else found)[inner] == {"a": "1", "b": "3", "c": "4"}


@pytest.mark.parametrize("section", ["networks", "volumes", "configs", "secrets"])
def test_labels_of_resources_are_merged_by_key(section: str) -> None:
    merged = stacked(
        f"{section}: {{x: {{labels: [a=1, b=2]}}}}", f"{section}: {{x: {{labels: [b=3, a]}}}}"
    )

    assert merged == {section: {"x": {"labels": {"a": "", "b": "3"}}}}


@pytest.mark.parametrize("section", ["networks", "volumes", "configs", "secrets"])
def test_a_null_label_of_a_resource_empties_the_inherited_one(section: str) -> None:
    merged = stacked(
        f"{section}: {{x: {{labels: [a=1]}}}}", f"{section}: {{x: {{labels: {{a: }}}}}}"
    )

    assert merged == {section: {"x": {"labels": {"a": ""}}}}


def nested(attribute: str, value: str) -> str:
    """Return `attribute`, a dotted path, with its value as a text in flow style."""
    outer, _, inner = attribute.rpartition(".")
    return f"{outer}: {{{inner}: {value}}}" if outer else f"{inner}: {value}"


def inherited(attribute: str, base: str, over: str) -> object:
    """Return what becomes of two values that are both as they were written."""
    found = plain(merge_service(tree(nested(attribute, base)), tree(nested(attribute, over))))
    for key in attribute.split("."):
        found = found[key]
    return found


@pytest.mark.parametrize(
    ("attribute", "null"),
    [
        ("annotations", ""),
        ("build.additional_contexts", ""),
        ("build.args", None),
        ("build.labels", ""),
        ("build.ssh", None),
        ("deploy.labels", ""),
        ("environment", None),
        ("labels", ""),
        ("sysctls", ""),
    ],
)
def test_entries_as_written_are_merged_by_key(attribute: str, null: str | None) -> None:
    assert inherited(attribute, "[a=1, b=2]", "[b=3, c]") == {"a": "1", "b": "3", "c": null}
    assert inherited(attribute, "{a: 1, b: 2}", "{b: }") == {"a": 1, "b": None}


@pytest.mark.parametrize(
    "attribute",
    ["build.no_cache_filter", "dns", "dns_opt", "dns_search", "env_file", "label_file", "tmpfs"],
)
def test_texts_as_written_are_appended(attribute: str) -> None:
    assert inherited(attribute, "a", "b") == ["a", "b"]


@pytest.mark.parametrize("attribute", ["extra_hosts", "build.extra_hosts"])
def test_hosts_as_written_are_appended(attribute: str) -> None:
    assert inherited(attribute, "{a: 1.1.1.1}", "['b:2.2.2.2']") == ["a=1.1.1.1", "b:2.2.2.2"]
    assert inherited(attribute, "{a: 1.1.1.1}", "{a: 2.2.2.2}") == ["a=1.1.1.1", "a=2.2.2.2"]


def test_references_as_written_are_merged_by_name() -> None:
    assert inherited("models", "[a]", "[b]") == {"a": None, "b": None}
    assert inherited("networks", "[a]", "[b]") == {"a": None, "b": None}


def test_all_gpus_are_no_more_when_said_twice() -> None:
    assert inherited("gpus", "all", "all") == "all"


@pytest.mark.parametrize("attribute", ["command", "entrypoint", "healthcheck.test"])
def test_a_command_as_written_is_replaced(attribute: str) -> None:
    assert inherited(attribute, "[a]", "[b]") == ["b"]


@pytest.mark.parametrize("attribute", ["ulimits.n", "build.ulimits.n"])
def test_a_limit_as_written_is_replaced(attribute: str) -> None:
    outer, _, name = attribute.rpartition(".")
    value = "{%s: {soft: %s}}"

    assert inherited(outer, value % (name, 1), "{n: {hard: 2}}") == {"n": {"hard": 2}}


@pytest.mark.parametrize(
    "attribute", ["dns", "dns_search", "env_file", "label_file", "tmpfs", "build.cache_from"]
)
def test_a_text_and_a_list_are_appended(attribute: str) -> None:
    outer, _, inner = attribute.rpartition(".")
    base, over = (f"{inner}: {text}" for text in ("a", "[b]"))
    if outer:
        base, over = f"{outer}: {{{inner}: [a]}}", f"{outer}: {{{inner}: [b]}}"

    found = stacked_service(base, over)
    entries = (found[outer] if outer else found)[inner]

    assert [one["path"] if isinstance(one, dict) else one for one in entries] == ["a", "b"]


@pytest.mark.parametrize("base", ["[a]", "{a: {aliases: [x]}}", "{a: }"])
@pytest.mark.parametrize("over", ["[b]", "{b: }"])
def test_networks_are_merged_by_name_in_either_form(base: str, over: str) -> None:
    assert set(stacked_service(f"networks: {base}", f"networks: {over}")["networks"]) == {"a", "b"}


def test_a_network_named_again_keeps_its_settings() -> None:
    assert stacked_service("networks: {a: {aliases: [x]}}", "networks: [a]") == {
        "networks": {"a": {"aliases": ["x"]}}
    }


def test_a_dependency_named_again_only_has_to_be_started() -> None:
    assert stacked_service(
        "depends_on: {db: {condition: service_healthy, restart: true}}", "depends_on: [db]"
    ) == {"depends_on": {"db": {"condition": "service_started", "restart": True, "required": True}}}


def test_models_are_merged_by_name() -> None:
    assert stacked_service("models: [a]", "models: {b: {endpoint_var: X}}") == {
        "models": {"a": None, "b": {"endpoint_var": "X"}}
    }


def test_a_build_that_is_only_a_context_is_merged_as_a_map() -> None:
    assert stacked_service("build: .", "build: {dockerfile: X}") == {
        "build": {"context": ".", "dockerfile": "X"}
    }
    assert stacked_service("build: {dockerfile: X}", "build: ./y") == {
        "build": {"dockerfile": "X", "context": "./y"}
    }


@pytest.mark.parametrize("driver", ["driver: a, ", ""])
def test_logging_options_of_one_driver_are_merged(driver: str) -> None:
    merged = stacked_service(
        "logging: {driver: a, options: {x: 1}}", f"logging: {{{driver}options: {{y: 2}}}}"
    )

    assert merged == {"logging": {"driver": "a", "options": {"x": "1", "y": "2"}}}


def test_another_logging_driver_replaces_the_options_too() -> None:
    assert stacked_service(
        "logging: {driver: a, options: {x: 1}}", "logging: {driver: b, options: {y: 2}}"
    ) == {"logging": {"driver": "b", "options": {"y": "2"}}}


def test_a_limit_is_replaced_as_a_whole() -> None:
    assert stacked_service(
        "ulimits: {a: {soft: 1, hard: 2}, b: 1, c: 5}", "ulimits: {a: 3, b: {soft: 1, hard: 2}}"
    ) == {"ulimits": {"a": 3, "b": {"soft": 1, "hard": 2}, "c": 5}}


def test_later_address_pools_count_each_upon_the_earlier_one_of_its_subnet() -> None:
    assert stacked(
        "networks: {n: {ipam: {config: ["
        "{subnet: 10.0.0.0/24, gateway: 10.0.0.1}, {subnet: 10.9.0.0/24}]}}}",
        "networks: {n: {ipam: {config: ["
        "{subnet: 10.1.0.0/24}, {subnet: 10.0.0.0/24, ip_range: 10.0.0.0/25}]}}}",
    )["networks"]["n"]["ipam"]["config"] == [
        {"subnet": "10.1.0.0/24"},
        {"subnet": "10.0.0.0/24", "gateway": "10.0.0.1", "ip_range": "10.0.0.0/25"},
    ]


def test_lists_of_gpus_are_appended() -> None:
    assert stacked_service("gpus: [{count: 1}]", "gpus: [{driver: nvidia}]") == {
        "gpus": [{"count": 1}, {"driver": "nvidia"}]
    }


def test_all_gpus_replace_a_list_of_them() -> None:
    assert stacked_service("gpus: [{driver: nvidia}]", "gpus: all") == {"gpus": [{"count": -1}]}


def test_options_of_a_provider_are_appended_as_lists_and_replaced_as_scalars() -> None:
    assert stacked_service(
        "provider: {type: t, options: {a: [1], b: 2}}",
        "provider: {type: t, options: {a: [2], b: 3}}",
    ) == {"provider": {"type": "t", "options": {"a": ["1", "2"], "b": ["3"]}}}


def test_an_extension_is_merged_like_anything_else() -> None:
    assert stacked("x-a: {b: 1, c: [1]}", "x-a: {c: [2], d: 3}") == {
        "x-a": {"b": 1, "c": [1, 2], "d": 3}
    }


@pytest.mark.parametrize("attribute", ["ports: ['80:80']", "image: a", "environment: {A: '1'}"])
def test_null_keeps_what_is_inherited(attribute: str) -> None:
    name = attribute.partition(":")[0]

    assert stacked_service(attribute, f"{name}: null") == stacked_service(attribute)


@pytest.mark.parametrize("attribute", ["command", "entrypoint"])
def test_null_clears_a_command(attribute: str) -> None:
    assert stacked_service(f"image: x, {attribute}: a", f"{attribute}: ") == {"image": "x"}


def test_a_null_variable_is_a_value() -> None:
    assert stacked_service("environment: {A: 1}", "environment: [A]") == {
        "environment": {"A": None}
    }


@pytest.mark.parametrize("over", ["[a]", "{a: }"])
def test_a_null_label_empties_the_inherited_one(over: str) -> None:
    assert stacked_service("labels: {a: 1}", f"labels: {over}") == {"labels": {"a": ""}}


def test_a_null_option_keeps_the_inherited_one() -> None:
    assert stacked_service("storage_opt: {a: 1}", "storage_opt: {a: }") == {
        "storage_opt": {"a": "1"}
    }


def test_a_service_given_as_null_adds_nothing() -> None:
    assert stacked("services: {web: {image: x}}", "services: {web: }") == {
        "services": {"web": {"image": "x"}}
    }


def test_override_replaces_where_it_stands_and_merges_elsewhere() -> None:
    assert stacked_service(
        "ports: ['80:80'], environment: {A: 1}, labels: {a: 1}",
        "ports: !override ['81:81'], environment: !override {B: 2}, labels: {b: 2}",
    ) == {
        "ports": [{"mode": "ingress", "target": 81, "published": "81", "protocol": "tcp"}],
        "environment": {"B": "2"},
        "labels": {"a": "1", "b": "2"},
    }


def test_override_reaches_a_single_key() -> None:
    assert stacked_service(
        "deploy: {resources: {limits: {cpus: 1, memory: 1g}}, replicas: 2}",
        "deploy: {resources: !override {limits: {pids: 5}}}",
    ) == {"deploy": {"resources": {"limits": {"pids": 5}}, "replicas": 2}}


def test_override_with_null_removes() -> None:
    assert stacked_service("image: x, ports: ['80:80']", "ports: !override null") == {"image": "x"}


def test_what_does_not_fit_together_is_replaced_and_left_to_the_schema() -> None:
    assert stacked_service("cap_add: [A]", "cap_add: {b: 1}") == {"cap_add": {"b": 1}}


def test_neither_side_is_changed() -> None:
    base = service("environment: [A=1], ports: ['1:1'], deploy: {labels: {a: b}}")
    over = service("environment: {B: 2}, ports: ['2:2'], deploy: {labels: [c=d]}")
    before = (plain(base), plain(over))

    merged = merge(base, over)
    merged["services"]["web"]["ports"].add("3:3")
    merged["services"]["web"]["deploy"]["labels"]["x"] = "y"

    assert (plain(base), plain(over)) == before


def test_a_value_points_to_the_file_it_comes_from() -> None:
    base = tree("services:\n  web:\n    image: x\n    environment: [A=1, B=2]\n", "a.yaml")
    over = tree("services:\n  web:\n    image: y\n    environment:\n      B: 3\n", "b.yaml")

    merged = merge(base, over)

    assert where(merged, *WEB, "image") == "b.yaml:3:12"
    assert where(merged, *WEB, "environment", "A") == "a.yaml:4:19"
    assert where(merged, *WEB, "environment", "B") == "b.yaml:5:10"


def test_an_appended_item_points_to_its_own_file() -> None:
    base = tree("services: {web: {ports: ['1:1']}}", "a.yaml")
    over = tree("services: {web: {ports: ['2:2']}}", "b.yaml")

    merged = merge(base, over)

    assert where(merged, *WEB, "ports", 0) == "a.yaml:1:26"
    assert where(merged, *WEB, "ports", 1) == "b.yaml:1:26"


def test_a_service_alone_is_merged_by_the_same_rules() -> None:
    base = tree("environment: [A=1]\ncommand: a\nlogging: {driver: a, options: {x: 1}}")
    over = tree("environment: {B: 2}\ncommand:\nlogging: {driver: b}")

    assert plain(merge_service(base, over)) == {
        "environment": {"A": "1", "B": 2},
        "command": None,
        "logging": {"driver": "b"},
    }


def test_jobs_are_merged_like_services() -> None:
    assert stacked("jobs: {j: {environment: [A=1]}}", "jobs: {j: {environment: [A=2]}}") == {
        "jobs": {"j": {"environment": {"A": "2"}}}
    }
