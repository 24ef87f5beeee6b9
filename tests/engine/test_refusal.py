from __future__ import annotations

import pytest

from composer.engine.docker.listing import inspected_state
from composer.engine.docker.refusal import refusal, registry_refusal, said, tidy
from composer.errors import (
    BrokenOff,
    Conflict,
    EngineError,
    LoginRequired,
    NameTaken,
    NotFound,
    Unstartable,
    Vanished,
)


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (404, "No such container: x", Vanished),
        (404, "No such image: x", NotFound),
        (409, 'Conflict. The container name "/x" is already in use', NameTaken),
        (403, "error while removing network: network x has active endpoints", Conflict),
        (403, "endpoint with name x already exists in network y", Conflict),
        (500, "driver failed: Bind for 0.0.0.0:80 failed: port is already allocated", Conflict),
        (500, "listen tcp4 0.0.0.0:80: bind: address already in use", Conflict),
        (500, "no space left on device", EngineError),
        (400, "invalid mount config", EngineError),
    ],
)
def test_the_kind_of_error_follows_from_status_and_words(
    status: int, message: str, kind: type[EngineError]
) -> None:
    assert type(refusal(status, message)) is kind


def test_what_was_asked_for_is_named_once() -> None:
    assert refusal(500, "it broke", "container x").message == "container x: it broke"
    assert refusal(404, "No such container x", "container x").message == "no such container x"


def test_a_refusal_without_words_has_a_message() -> None:
    assert refusal(500, "").message == "the engine answered with status 500"


@pytest.mark.parametrize(
    ("message", "tidied"),
    [
        ("Error response from daemon: No such image: x.\n", "no such image: x"),
        ("OCI runtime create failed", "OCI runtime create failed"),
        ('Get "https://x/v2/": EOF', 'Get "https://x/v2/": EOF'),
        ("two\nlines", "two lines"),
        ("A network", "a network"),
    ],
)
def test_messages_are_worded_as_ours(message: str, tidied: str) -> None:
    assert tidy(message) == tidied


def test_the_message_is_taken_out_of_the_answer() -> None:
    assert said(b'{"message": "no"}') == "no"
    assert said(b"plain text\n") == "plain text"
    assert said(b"[1]") == "[1]"
    assert said(b"") == ""


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        (
            "pull access denied for x/y, repository does not exist or may require 'docker login'",
            NotFound,
            "image x/y:1 does not exist, or asks for a login",
        ),
        (
            "manifest for x/y:1 not found: manifest unknown: manifest unknown",
            NotFound,
            "image x/y:1 is not in its registry (manifest for x/y:1 not found: manifest unknown)",
        ),
        (
            "Head https://x/v2/y/manifests/1: no basic auth credentials",
            LoginRequired,
            "the registry refuses x/y:1 without a login "
            "(Head https://x/v2/y/manifests/1: no basic auth credentials)",
        ),
        (
            'Get "https://x/v2/": unauthorized: incorrect username or password',
            LoginRequired,
            "the registry refuses x/y:1 without a login "
            '(Get "https://x/v2/": unauthorized: incorrect username or password)',
        ),
        (
            "dial tcp: lookup registry-1.docker.io: no such host",
            EngineError,
            "x/y:1: dial tcp: lookup registry-1.docker.io: no such host",
        ),
    ],
)
def test_a_failed_pull_says_why(message: str, kind: type[EngineError], text: str) -> None:
    error = registry_refusal("x/y:1", message)

    assert (type(error), error.message) == (kind, text)


@pytest.mark.parametrize(
    ("ref", "help_"),
    [
        ("me/Shop:V1", "write it in lower case: me/shop:V1"),
        ("Shop", "write it in lower case: shop"),
        ("my shop", "write [REGISTRY/]NAME[:TAG], the name in lower case"),
        ("My Shop", "write [REGISTRY/]NAME[:TAG], the name in lower case"),
    ],
)
def test_a_name_that_no_image_can_have_is_found_before_anything_moves(ref: str, help_: str) -> None:
    error = registry_refusal(ref, "invalid reference format: repository name must be lowercase")

    assert type(error) is NotFound  # as what look_around tells of, and no pull that fails
    assert (error.message, error.help) == (f"no image can be called {ref!r}", help_)


@pytest.mark.parametrize(
    "message",
    [
        'Head "http://x/v2/y/manifests/1": EOF',
        "unexpected EOF",
        "read tcp 1.2.3.4:5->6.7.8.9:443: read: connection reset by peer",
        "received unexpected HTTP status: 503 Service Unavailable",
        "toomanyrequests: slow down",
    ],
)
def test_what_may_go_better_next_time_is_broken_off(message: str) -> None:
    assert type(registry_refusal("x/y:1", message)) is BrokenOff


def test_a_registry_that_is_gone_is_broken_off_only_in_the_middle() -> None:
    message = "dial tcp 127.0.0.1:1: connect: connection refused"

    assert type(registry_refusal("x/y:1", message)) is EngineError
    assert type(registry_refusal("x/y:1", message, moved=True)) is BrokenOff


def test_the_registry_to_log_in_to_is_named() -> None:
    private = registry_refusal("registry.example:5000/x", "unauthorized")
    public = registry_refusal("me/x", "unauthorized")
    denied = registry_refusal("registry.example:5000/x", "pull access denied for x")

    assert private.help == "log in with 'docker login registry.example:5000'"
    assert public.help == "log in with 'docker login'"
    assert denied.help == "check the name, or log in with 'docker login registry.example:5000'"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            "failed to create shim task: OCI runtime create failed: runc create failed: unable to "
            'start container process: exec: "foo": executable file not found in $PATH: unknown',
            "container web-1: the command 'foo' does not exist in the image",
        ),
        (
            'OCI runtime create failed: exec: "/run.sh": stat /run.sh: no such file or directory',
            "container web-1: the command '/run.sh' does not exist in the image",
        ),
        (
            'unable to start container process: exec: "/etc/passwd": permission denied: unknown',
            "container web-1: the command '/etc/passwd' is not executable in the image",
        ),
    ],
)
def test_a_command_that_cannot_be_started_is_named(message: str, text: str) -> None:
    error = refusal(400, message, "container web-1")

    assert (error.message, error.help) == (
        text,
        "it is what 'entrypoint' and 'command' say, in the file or in the image",
    )


@pytest.mark.parametrize(
    "rest",
    [
        "mount /srv/a.conf:/etc/a.conf (via /proc/self/fd/6), flags: 0x5001: not a directory: "
        "unknown: Are you trying to mount a directory onto a file (or vice-versa)?",
        "create mount destination for /etc/a.conf mount: not a directory: unknown",
        "open /var/lib/docker/x/merged/etc/a.conf: is a directory: unknown",
    ],
)
def test_a_file_that_is_mounted_where_a_directory_is_is_named(rest: str) -> None:
    begin = 'OCI runtime create failed: error mounting "/srv/a.conf" to rootfs at "/etc/a.conf": '

    error = refusal(400, begin + rest, "container web-1")

    assert error.message == (
        "container web-1: '/srv/a.conf' cannot be mounted at '/etc/a.conf': "
        "one is a file, the other a directory"
    )
    assert error.help == (
        "where nothing is, the engine makes a directory: remove that, and put the file in its place"
    )


def test_a_mount_that_fails_otherwise_is_told_in_the_words_of_the_engine() -> None:
    message = 'error mounting "/srv/a" to rootfs at "/etc/a": permission denied'

    assert refusal(400, message).message == message


def test_a_container_that_was_being_started_when_the_engine_died_is_known_by_its_error() -> None:
    message = f"task {'0a' * 32}: already exists"

    error = refusal(500, message, "container web")

    assert type(error) is Unstartable
    assert (error.message, error.help) == (
        f"container web: {message}",
        "'composer up' replaces it",
    )


@pytest.mark.parametrize(
    ("status", "error", "lost"),
    [
        ("created", f"task {'0a' * 32}: already exists", True),
        ("created", "port is already allocated", False),
        ("running", f"task {'0a' * 32}: already exists", False),
    ],
)
def test_the_state_of_a_container_tells_that_the_engine_lost_it(
    status: str, error: str, lost: bool
) -> None:
    state = inspected_state({"State": {"Status": status, "Error": error}})

    assert state.unstartable is lost
