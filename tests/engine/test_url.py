from __future__ import annotations

import pytest

from composer.engine.docker.url import Place, parse, split
from composer.errors import EngineError


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("unix:///run/x.sock", "unix:///run/x.sock"),
        ("unix://", "unix:///var/run/docker.sock"),
        ("unix://x.sock", "unix://x.sock"),
        ("/run/x.sock", "unix:///run/x.sock"),
        ("./x.sock", "unix://./x.sock"),
        (" tcp://there:1 ", "tcp://there:1"),
        ("there:1", "tcp://there:1"),
        ("there", "tcp://there:2375"),
        ("tcp://There", "tcp://There:2375"),
        ("tcp://", "tcp://localhost:2375"),
        (":1", "tcp://localhost:1"),
        ("tcp://there:0", "tcp://there:0"),
        ("tcp://there/engine/", "tcp://there:2375/engine"),
        ("[::1]", "tcp://[::1]:2375"),
        ("tcp://[fe80::1]:1/x", "tcp://[fe80::1]:1/x"),
        ("ssh://Far", "ssh://Far"),
        ("ssh://me@far:22/run/x.sock", "ssh://me@far:22/run/x.sock"),
    ],
)
def test_what_is_left_out_is_filled_in_as_docker_does(text: str, url: str) -> None:
    assert parse(text, "from --host") == url


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("ftp://x", "'ftp://x' (from --host) is of no known kind", "an address looks like unix:/"),
        ("npipe:////./pipe/docker_engine", "cannot be used", "a pipe of Windows"),
        ("fd://", "'fd://' (from --host) cannot be used", "systemd hands a socket"),
        ("http://x:1", "'http://x:1' (from --host) cannot be used", "write tcp:// in place of"),
        ("https://x:1", "cannot be used", "DOCKER_TLS_VERIFY=1 or --tlsverify"),
        ("unix://tcp://x", "is of no known kind", "an address looks like"),
        ("tcp://x:port", "is not complete: port could not be cast", "an address looks like"),
        ("tcp://x:99999", "is not complete: port out of range", "an address looks like"),
        ("tcp://[::1", "is not complete: invalid ipv6 url", "an address looks like"),
        ("ssh://", "'ssh://' (from --host) names no host", "only HOST is needed"),
        ("ssh://me:secret@far", "'ssh://me@far' (from --host) holds a password", "ssh://USER@HOST"),
        ("ssh://far?x=1", "has a query", "ssh://USER@HOST"),
        ("ssh://far#x", "has a fragment", "ssh://USER@HOST"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_with_who_gave_it(
    text: str, message: str, help: str
) -> None:
    with pytest.raises(EngineError) as caught:
        parse(text, "from --host")

    assert message in caught.value.message
    assert "secret" not in caught.value.message
    assert help in (caught.value.help or "")


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("tcp://[::1]:2375/x", Place("::1", 2375, path="/x")),
        ("ssh://Far", Place("Far")),
        ("ssh://a%40b@far:22/run/x.sock/", Place("far", 22, "a@b", "/run/x.sock")),
        ("ssh://[fe80::1]", Place("fe80::1")),
        ("ssh://far/", Place("far")),
    ],
)
def test_an_address_is_taken_apart(url: str, place: Place) -> None:
    assert split(url) == place
