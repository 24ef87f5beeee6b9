from __future__ import annotations

import pytest

from support.trees import complaints, long, stacked_service


@pytest.mark.parametrize(
    "hosts",
    [
        "[b=2.2.2.2, a=1.1.1.1]",
        "['b:2.2.2.2', 'a:1.1.1.1']",
        "{b: 2.2.2.2, a: 1.1.1.1}",
        "{b: [2.2.2.2], a: [1.1.1.1]}",
    ],
)
def test_hosts_are_a_sorted_list_in_every_form(hosts: str) -> None:
    assert long(f"extra_hosts: {hosts}") == {"extra_hosts": ["a=1.1.1.1", "b=2.2.2.2"]}


@pytest.mark.parametrize("hosts", ["['a=1.1.1.1,2.2.2.2']", "{a: [1.1.1.1, 2.2.2.2]}"])
def test_a_host_may_have_several_addresses(hosts: str) -> None:
    assert long(f"extra_hosts: {hosts}") == {"extra_hosts": ["a=1.1.1.1", "a=2.2.2.2"]}


def test_a_comma_in_a_map_is_part_of_the_address() -> None:
    assert long("extra_hosts: {a: '1.1.1.1,2.2.2.2'}") == {"extra_hosts": ["a=1.1.1.1,2.2.2.2"]}


def test_what_is_said_twice_in_one_place_stays_twice() -> None:
    assert long("extra_hosts: [a=1.1.1.1, 'a:1.1.1.1']") == {
        "extra_hosts": ["a=1.1.1.1", "a=1.1.1.1"]
    }


@pytest.mark.parametrize("host", ["'a=::1'", "'a:::1'", "'a:[::1]'", "'a=[::1]'"])
def test_an_address_of_version_6_may_stand_in_brackets(host: str) -> None:
    assert long(f"extra_hosts: [{host}]") == {"extra_hosts": ["a=::1"]}


def test_the_gateway_of_the_host_is_an_address() -> None:
    assert long("extra_hosts: ['a:host-gateway']") == {"extra_hosts": ["a=host-gateway"]}


def test_an_override_adds_an_address() -> None:
    assert stacked_service("extra_hosts: ['a:1.1.1.1']", "extra_hosts: {a: 2.2.2.2}") == {
        "extra_hosts": ["a=1.1.1.1", "a=2.2.2.2"]
    }


def test_an_override_does_not_add_what_is_there_with_another_separator() -> None:
    assert stacked_service("extra_hosts: ['a:1.1.1.1']", "extra_hosts: [a=1.1.1.1]") == {
        "extra_hosts": ["a=1.1.1.1"]
    }


def test_an_override_does_not_add_what_is_there() -> None:
    assert stacked_service("extra_hosts: [a=1.1.1.1]", "extra_hosts: {b: 2.2.2.2, a: 1.1.1.1}") == {
        "extra_hosts": ["a=1.1.1.1", "b=2.2.2.2"]
    }


@pytest.mark.parametrize(("hosts", "item"), [("[a]", "a"), ("['a=']", "a="), ("{a: }", "a")])
def test_a_host_without_an_address_is_refused(hosts: str, item: str) -> None:
    [complaint] = complaints(f"extra_hosts: {hosts}")

    assert complaint.endswith(
        f"service 'web': extra host '{item}' has no address (write a=ADDRESS)"
    )
