from __future__ import annotations

from typing import Any

import pytest

from support.trees import complaints, long, stacked_service


def ports(*items: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = long(f"ports: [{', '.join(items)}]")["ports"]
    return found


def short(*items: str) -> list[str]:
    """Return the ports as lines: address:published:target/protocol."""
    return [
        f"{port.get('host_ip', '')}:{port.get('published', '')}:{port['target']}/{port['protocol']}"
        for port in ports(*items)
    ]


def test_a_port_is_written_out() -> None:
    assert ports("'127.0.0.1:8080:80/udp'") == [
        {
            "mode": "ingress",
            "host_ip": "127.0.0.1",
            "target": 80,
            "published": "8080",
            "protocol": "udp",
        }
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("80", "::80/tcp"),
        ("'80'", "::80/tcp"),
        ("8000:80", ":8000:80/tcp"),
        ("'1.2.3.4::80'", "1.2.3.4::80/tcp"),
        ("'1.2.3.4:5:80/udp'", "1.2.3.4:5:80/udp"),
        ("'[::1]:6:80'", "::1:6:80/tcp"),
        ("'[::1]::80'", "::1::80/tcp"),
        ("'0:80'", ":0:80/tcp"),
        ("'80:80/TCP'", ":80:80/tcp"),
        ("'90:90/'", ":90:90/tcp"),
        ("'5:5/sctp'", ":5:5/sctp"),
        ("22:22", ":22:22/tcp"),
    ],
)
def test_a_port_may_be_short(text: str, found: str) -> None:
    assert short(text) == [found]


def test_a_range_is_one_port_each_in_the_order_of_their_text() -> None:
    assert short("'9-11'") == ["::10/tcp", "::11/tcp", "::9/tcp"]


def test_equal_ranges_are_paired() -> None:
    assert short("'1000-1002:20-22'") == [":1000:20/tcp", ":1001:21/tcp", ":1002:22/tcp"]


def test_the_engine_chooses_from_a_range_for_a_single_target() -> None:
    assert short("'3000-3005:90'") == [":3000-3005:90/tcp"]


def test_a_long_form_keeps_what_it_says() -> None:
    assert ports(
        "{target: 81, published: 90, protocol: udp, mode: host, name: x, app_protocol: http,"
        " host_ip: 1.2.3.4}",
        "{target: '80', published: '8000-8010'}",
        "{target: 80, published: ''}",
    ) == [
        {
            "target": 81,
            "published": "90",
            "protocol": "udp",
            "mode": "host",
            "name": "x",
            "app_protocol": "http",
            "host_ip": "1.2.3.4",
        },
        {"target": 80, "published": "8000-8010"},
        {"target": 80},
    ]


def test_another_published_port_is_added_and_the_same_one_is_not() -> None:
    found = stacked_service("ports: ['80:80', '1:1/udp']", "ports: ['81:80', '80:80/tcp']")

    assert [(port["published"], port["target"]) for port in found["ports"]] == [
        ("80", 80),
        ("1", 1),
        ("81", 80),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("99999", "16: container port '99999' is not between 1 and 65535"),
        ("0", "16: container port '0' is not between 1 and 65535"),
        ("'99999:80'", "17: published port '99999' is not between 0 and 65535"),
        ("'80:99999'", "20: container port '99999' is not between 1 and 65535"),
        ("'80:'", "16: port '80:' has no container port"),
        ("''", "16: a port is empty"),
        ("'/tcp'", "16: port '/tcp' has no container port"),
        ("'a:80'", "17: published port 'a' is neither a number nor a range"),
        ("'80:b'", "20: container port 'b' is neither a number nor a range"),
        ("'8=9'", "17: container port '8=9' is neither a number nor a range (did you mean '8:9'?)"),
        ("1.5", "16: container port '1.5' is neither a number nor a range"),
        ("-1", "16: container port '-1' is neither a number nor a range"),
        ("'1-2:3-5'", "16: port '1-2:3-5' publishes 2 ports for 3 container ports"),
        ("'1-3:3-4'", "16: port '1-3:3-4' publishes 3 ports for 2 container ports"),
        ("'2-1:3'", "17: port range '2-1' ends before it begins"),
        (
            "'80:80/foo'",
            "23: port '80:80/foo' has the unknown protocol 'foo' (protocols are tcp, udp and sctp)",
        ),
        ("'1:1/tpc'", "21: port '1:1/tpc' has the unknown protocol 'tpc' (did you mean 'tcp'?)"),
        (
            "'localhost:80:80'",
            "17: 'localhost' is not an IP address "
            "(a port is bound to an address, not to a name: write 127.0.0.1)",
        ),
        ("'1.2.3.400:80:80'", "17: '1.2.3.400' is not an IP address"),
        ("'::1:2:3'", "17: the IPv6 address '::1' has no brackets (write [::1]:2:3)"),
        (
            "'1.1.1.1:2:3:4'",
            "16: port '1.1.1.1:2:3:4' has too many parts "
            "(write [ADDRESS:][PUBLISHED:]TARGET[/PROTOCOL])",
        ),
        (
            "'[::1]:80'",
            "17: port '[::1]:80' has an address, but no published port "
            "(write [::1]::80 to let the engine choose one)",
        ),
        (
            "'1.1.1.1:80'",
            "17: port '1.1.1.1:80' has an address, but no published port "
            "(write 1.1.1.1::80 to let the engine choose one)",
        ),
        (
            "1:1 - 2:2",
            "16: port '1:1 - 2:2' goes on in the next line (line up every '- ')",
        ),
        ("{target: 99999}", "25: container port '99999' is not between 1 and 65535"),
        ("{target: '1-2'}", "25: container port '1-2' is not a number"),
        ("{target: 1, published: x}", "39: published port 'x' is neither a number nor a range"),
        ("{target: 1, published: 9-8}", "39: port range '9-8' ends before it begins"),
        (
            "{target: 1, host_ip: here}",
            "37: 'here' is not an IP address (a port is bound to an address, not to a name)",
        ),
    ],
)
def test_what_is_no_port_is_refused_at_the_part_to_blame(text: str, complaint: str) -> None:
    column, _, message = complaint.partition(": ")
    assert complaints(f"ports: [1, {text}]") == [
        f"error compose.yaml:3:{column}: service 'web': {message}"
    ]


def test_every_wrong_port_is_reported() -> None:
    assert len(complaints("ports: [a, b, '80:80']")) == 2
