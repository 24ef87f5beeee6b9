from __future__ import annotations

import pytest

from support.trees import complaints, long, stacked_service


@pytest.mark.parametrize(
    ("text", "source", "target", "permissions"),
    [
        ("/dev/a", "/dev/a", "/dev/a", "rwm"),
        ("/dev/a:/dev/b", "/dev/a", "/dev/b", "rwm"),
        ("/dev/a:/dev/b:r", "/dev/a", "/dev/b", "r"),
        ("/dev/a::r", "/dev/a", "/dev/a", "r"),
        ("/dev/a:/dev/b:", "/dev/a", "/dev/b", ""),
        ("vendor.com/class=name", "vendor.com/class=name", "vendor.com/class=name", "rwm"),
    ],
)
def test_a_device_may_be_short(text: str, source: str, target: str, permissions: str) -> None:
    assert long(f"devices: ['{text}']") == {
        "devices": [{"source": source, "target": target, "permissions": permissions}]
    }


def test_a_long_form_stays_as_it_is() -> None:
    assert long("devices: [{source: /dev/a}, {source: /dev/b, target: /c, permissions: r}]") == {
        "devices": [
            {"source": "/dev/a"},
            {"source": "/dev/b", "target": "/c", "permissions": "r"},
        ]
    }


def test_an_override_replaces_the_device_at_the_same_target() -> None:
    found = stacked_service("devices: ['/dev/a', '/dev/b']", "devices: ['/dev/c:/dev/a']")

    assert [(one["source"], one["target"]) for one in found["devices"]] == [
        ("/dev/c", "/dev/a"),
        ("/dev/b", "/dev/b"),
    ]


@pytest.mark.parametrize("text", ["a:b:c:d", "", ":b"])
def test_what_is_no_device_is_refused(text: str) -> None:
    assert complaints(f"devices: ['{text}']") == [
        f"error compose.yaml:3:15: service 'web': device '{text}' is not"
        " SOURCE[:TARGET[:PERMISSIONS]]"
    ]


def test_all_gpus_are_one_request() -> None:
    assert long("gpus: all") == {"gpus": [{"count": -1}]}
    assert long("gpus: [{count: all, options: [a=b]}, {count: '2', options: {a: 1}}]") == {
        "gpus": [{"count": -1, "options": {"a": "b"}}, {"count": 2, "options": {"a": "1"}}]
    }


def test_reserved_devices_are_counted() -> None:
    devices = "[{capabilities: [gpu], count: all, options: [a=b]}, {count: '2', options: {a: 1}}]"
    text = f"deploy: {{resources: {{reservations: {{devices: {devices}}}}}}}"

    assert long(text)["deploy"]["resources"]["reservations"] == {
        "devices": [
            {"capabilities": ["gpu"], "count": -1, "options": {"a": "b"}},
            {"count": 2, "options": {"a": "1"}},
        ]
    }
