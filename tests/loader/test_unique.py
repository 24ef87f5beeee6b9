from __future__ import annotations

import pytest

from composer.loader.unique import unique
from support.trees import plain, service, where

TEXTS = (
    "cap_add",
    "cap_drop",
    "device_cgroup_rules",
    "dns",
    "dns_opt",
    "dns_search",
    "expose",
    "external_links",
    "group_add",
    "links",
    "profiles",
    "security_opt",
    "volumes_from",
)


def once(attribute: str, items: str) -> object:
    return plain(unique(service(f"{attribute}: {items}")))["services"]["web"][attribute]


@pytest.mark.parametrize("attribute", TEXTS)
def test_a_text_stands_once(attribute: str) -> None:
    assert once(attribute, "[a, b, a]") == ["a", "b"]


@pytest.mark.parametrize("attribute", ["tags", "platforms", "entitlements"])
def test_a_text_stands_once_in_build(attribute: str) -> None:
    assert once("build", f"{{{attribute}: [a, b, a]}}") == {attribute: ["a", "b"]}


@pytest.mark.parametrize("attribute", ["aliases", "link_local_ips"])
def test_a_text_stands_once_in_a_network(attribute: str) -> None:
    items = f"{{n: {{{attribute}: [a, b, a]}}}}"

    assert once("networks", items) == {"n": {attribute: ["a", "b"]}}


@pytest.mark.parametrize("attribute", ["cache_from", "cache_to"])
def test_caches_may_repeat(attribute: str) -> None:
    assert once("build", f"{{{attribute}: [a, a]}}") == {attribute: ["a", "a"]}


def test_a_port_is_its_address_its_two_numbers_and_its_protocol() -> None:
    assert once(
        "ports",
        "[{target: 80, published: 80}, {target: 80, published: '80', protocol: tcp, mode: host},"
        " {target: 80, published: 81}, {target: 80, published: 80, protocol: udp},"
        " {target: 80, published: 80, host_ip: 1.2.3.4}, {target: 80, host_ip: 0.0.0.0}]",
    ) == [
        {"target": 80, "published": "80", "protocol": "tcp", "mode": "host"},
        {"target": 80, "published": 81},
        {"target": 80, "published": 80, "protocol": "udp"},
        {"target": 80, "published": 80, "host_ip": "1.2.3.4"},
        {"target": 80, "host_ip": "0.0.0.0"},
    ]


def test_a_short_port_is_its_text() -> None:
    assert once("ports", "['80:80', 80, '80:80', 80, '80:80/tcp']") == ["80:80", 80, "80:80/tcp"]


def test_a_volume_is_its_path_in_the_container() -> None:
    assert once(
        "volumes", "['data:/a', './x:/b/', {type: tmpfs, target: /a}, '/c', './y:/b:ro']"
    ) == [{"type": "tmpfs", "target": "/a"}, "./y:/b:ro", "/c"]


def test_a_device_is_its_path_in_the_container() -> None:
    assert once("devices", "['/dev/a', '/dev/b:/dev/a:r', {source: /dev/c, target: /dev/a}]") == [
        {"source": "/dev/c", "target": "/dev/a"}
    ]


@pytest.mark.parametrize(("attribute", "directory"), [("configs", ""), ("secrets", "/run/secrets")])
def test_a_config_or_secret_is_where_it_stands(attribute: str, directory: str) -> None:
    items = f"[a, {{source: b, target: {directory}/a}}, {{source: a, target: /x}}]"

    assert once(attribute, items) == [
        {"source": "b", "target": f"{directory}/a"},
        {"source": "a", "target": "/x"},
    ]


def test_an_env_file_is_its_path() -> None:
    assert once("env_file", "[a, b, {path: a, required: false}]") == [
        {"path": "a", "required": False},
        "b",
    ]


def test_a_tmpfs_is_its_path() -> None:
    assert once("tmpfs", "['/a:size=1', /b, '/a:size=2']") == ["/a:size=2", "/b"]


def test_the_mark_of_the_later_entry_comes_along() -> None:
    tree = unique(service("cap_add: [AAA, B, AAA]"))

    assert where(tree, "services", "web", "cap_add", 0) == "compose.yaml:1:36"


def test_a_tree_without_doubles_is_returned_as_it_is() -> None:
    tree = service("cap_add: [A, B], ports: ['1:1', '2:2']")

    assert unique(tree) is tree


def test_the_given_tree_is_not_changed() -> None:
    tree = service("cap_add: [A, A]")
    unique(tree)

    assert plain(tree)["services"]["web"]["cap_add"] == ["A", "A"]


def test_what_is_not_understood_is_left_alone() -> None:
    items = "[{published: 80}, {published: 80}, [1], [1], null, null]"

    assert once("ports", items) == [{"published": 80}, {"published": 80}, [1], [1], None, None]
