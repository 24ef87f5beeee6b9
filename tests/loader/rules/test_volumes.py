from __future__ import annotations

from typing import Any

import pytest

from composer.loader.normalise import normalise
from support.trees import complaints, lengthen, long, stacked_service, tree

BOUND = {"create_host_path": True}


def volume(text: str) -> dict[str, Any]:
    [found] = long(f"volumes: [{text}]")["volumes"]
    return dict(found)


@pytest.mark.parametrize("source", [".", "./x", "../x", "/x", "~", "~/x", "~me/x"])
def test_a_source_like_a_path_is_bound_and_made_when_missing(source: str) -> None:
    assert volume(f"'{source}:/b'") == {
        "type": "bind",
        "source": source,
        "target": "/b",
        "bind": BOUND,
    }


def test_any_other_source_names_a_volume() -> None:
    assert volume("'data:/a'") == {
        "type": "volume",
        "source": "data",
        "target": "/a",
        "volume": {},
    }


def test_a_target_alone_is_an_anonymous_volume() -> None:
    assert volume("/data") == {"type": "volume", "target": "/data", "volume": {}}
    assert volume("/c") == {"type": "volume", "target": "/c"}


@pytest.mark.parametrize(
    ("text", "source", "target"),
    [
        (r"C:\x:/e", r"C:\x", "/e"),
        (r"C:\x y\z:D:\e", r"C:\x y\z", r"D:\e"),
        ("c:/x:/e", "c:/x", "/e"),
        ("c:/x:d:/e", "c:/x", "d:/e"),
        (r"\\.\pipe\docker:\\.\pipe\docker", r"\\.\pipe\docker", r"\\.\pipe\docker"),
    ],
)
def test_a_drive_belongs_to_its_path(text: str, source: str, target: str) -> None:
    assert volume(f"'{text}'") == {
        "type": "bind",
        "source": source,
        "target": target,
        "bind": BOUND,
    }


def test_a_drive_with_options() -> None:
    found = volume(r"'c:\x:/e:ro'")

    assert (found["source"], found["target"], found["read_only"]) == (r"c:\x", "/e", True)


@pytest.mark.parametrize("options", ["", ":ro"])
def test_a_single_letter_names_a_volume_and_says_so(options: str) -> None:
    assert complaints(f"volumes: ['a:/b{options}']") == [
        f"warning compose.yaml:3:15: service 'web': volume 'a:/b{options}' is the volume named 'a'"
        " (docker compose takes a single letter for a Windows drive)"
    ]


@pytest.mark.parametrize(
    ("target", "clean"), [("/a/", "/a"), ("/a//b/./c", "/a/b/c"), ("/a/../b", "/b"), ("/", "/")]
)
def test_a_target_is_cleaned(target: str, clean: str) -> None:
    assert volume(f"'data:{target}'")["target"] == clean
    model = tree(f"services: {{web: {{volumes: [{{type: volume, target: {target}}}]}}}}")
    normalise(model, "demo")
    assert model["services"]["web"]["volumes"][0]["target"] == clean


def test_a_source_is_not_cleaned() -> None:
    assert volume("'/x/../y:/b'")["source"] == "/x/../y"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("ro", {"read_only": True, "volume": {}}),
        ("rw", {"volume": {}}),
        ("ro,rw", {"volume": {}}),
        ("nocopy", {"volume": {"nocopy": True}}),
        ("ro,nocopy", {"read_only": True, "volume": {"nocopy": True}}),
        ("z", {"bind": {"selinux": "z"}, "volume": {}}),
    ],
)
def test_options_of_a_volume(options: str, found: dict[str, Any]) -> None:
    assert volume(f"'data:/a:{options}'") == {
        "type": "volume",
        "source": "data",
        "target": "/a",
        **found,
    }


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("ro", {"read_only": True, "bind": BOUND}),
        ("Z", {"bind": {"selinux": "Z", **BOUND}}),
        ("rslave", {"bind": {"propagation": "rslave", **BOUND}}),
        (
            "private,nocopy",
            {"bind": {"propagation": "private", **BOUND}, "volume": {"nocopy": True}},
        ),
        ("cached", {"bind": BOUND}),
        ("delegated,consistent", {"bind": BOUND}),
    ],
)
def test_options_of_a_bind(options: str, found: dict[str, Any]) -> None:
    assert volume(f"'/s:/a:{options}'") == {
        "type": "bind",
        "source": "/s",
        "target": "/a",
        **found,
    }


@pytest.mark.parametrize(
    ("option", "help"),
    [
        ("cachd", "did you mean 'cached'?"),
        (
            "r0",
            "options are ro, rw, nocopy, z, Z, rprivate, private, rshared, shared, rslave, slave,"
            " cached, delegated, consistent",
        ),
    ],
)
def test_an_unknown_option_is_ignored_with_a_warning(option: str, help: str) -> None:
    text = f"data:/a:ro,{option}"

    assert complaints(f"volumes: ['{text}']") == [
        f"warning compose.yaml:3:15: service 'web': volume '{text}' has the unknown option"
        f" '{option}', which is ignored ({help})"
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "volume '' has nothing before its colon"),
        ("data::/b", "volume 'data::/b' has no path in the container"),
        (":/b", "volume ':/b' has nothing before its colon"),
        ("data:", "volume 'data:' has no path in the container"),
        ("data:/b:", "volume 'data:/b:' has no options at its end"),
        ("data:/b:ro:z", "volume 'data:/b:ro:z' has more parts than SOURCE:TARGET:OPTIONS"),
    ],
)
def test_what_is_no_volume_is_refused(text: str, complaint: str) -> None:
    assert complaints(f"volumes: ['{text}']") == [
        f"error compose.yaml:3:15: service 'web': {complaint}"
    ]


def test_a_long_form_keeps_what_it_says() -> None:
    text = (
        "{type: volume, source: data, target: /a, read_only: true, consistency: cached,"
        " volume: {nocopy: true, subpath: x, labels: {a: 1, b: }}}"
    )

    assert volume(text) == {
        "type": "volume",
        "source": "data",
        "target": "/a",
        "read_only": True,
        "consistency": "cached",
        "volume": {"nocopy": True, "subpath": "x", "labels": {"a": "1", "b": ""}},
    }


def test_labels_of_a_mount_may_be_a_list() -> None:
    assert volume("{type: volume, target: /a, volume: {labels: [a=1]}}")["volume"] == {
        "labels": {"a": "1"}
    }


def test_texts_of_a_long_form_become_what_they_mean() -> None:
    assert volume("{type: tmpfs, target: /t, tmpfs: {size: 1m, mode: '0755'}}")["tmpfs"] == {
        "size": "1m",
        "mode": 0o755,
    }
    assert volume("{type: bind, source: /s, target: /t, bind: {create_host_path: 'no'}}")[
        "bind"
    ] == {"create_host_path": False}


def test_an_override_replaces_what_stands_at_the_same_target() -> None:
    found = stacked_service(
        "volumes: ['data:/a', './b:/b/', '/anon']",
        "volumes: ['more:/a', {type: tmpfs, target: /b}, '/anon/']",
    )

    assert [(one["type"], one.get("source"), one["target"]) for one in found["volumes"]] == [
        ("volume", "more", "/a"),
        ("tmpfs", None, "/b"),
        ("volume", None, "/anon"),
    ]


def test_a_volume_declared_as_nothing_is_a_volume() -> None:
    assert lengthen("volumes: {data: }") == {"volumes": {"data": {}}}


def test_a_volume_declares_options_and_labels_as_texts() -> None:
    assert lengthen("volumes: {data: {driver_opts: {a: 1, b: 1.50}, labels: [x, y=1]}}") == {
        "volumes": {"data": {"driver_opts": {"a": "1", "b": "1.5"}, "labels": {"x": "", "y": "1"}}}
    }
