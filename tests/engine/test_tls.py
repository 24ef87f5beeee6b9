"""TLS to an engine: what is believed, and what is told when it fails."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from composer.engine.docker.address import Address, Tls
from composer.engine.docker.wire import Wire
from composer.errors import EngineUnavailable
from support.certificates import Authority, key_of
from support.sockets import Serve, listening_on_tcp, with_tls
from support.wire import Script


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority that the engine and we believe, with `engine-cert.pem` and a client's."""
    authority = Authority(tmp_path_factory.mktemp("ours"))
    authority.issue("engine")
    authority.for_client(authority.directory)
    return authority


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that the engine does not believe."""
    authority = Authority(tmp_path_factory.mktemp("theirs"), "another ca")
    authority.for_client(authority.directory)
    return authority


@contextmanager
def engine(serve: Serve) -> Iterator[str]:
    """Yield the address of an engine that handles each connection with `serve`."""

    with listening_on_tcp(serve) as port:
        yield f"tcp://127.0.0.1:{port}"


def secured(
    authority: Authority,
    name: str = "engine",
    *,
    clients: bool = True,
    newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> Serve:
    """Return how an engine serves that shows the certificate of `name`.

    With `clients` it wants one of theirs; Go's servers, which engines are, refuse as OpenSSL does.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = authority.directory / f"{name}-cert.pem"
    context.load_cert_chain(certificate, key_of(certificate))
    context.maximum_version = newest
    if clients:
        context.load_verify_locations(authority.certificate)
        context.verify_mode = ssl.CERT_REQUIRED
    return with_tls(context, Script({"GET /info": {"a": 1}}).serve)


def files(authority: Authority, ca: Authority | None = None) -> Tls:
    directory = authority.directory
    return Tls(
        ca=str((ca or authority).certificate),
        cert=str(directory / "cert.pem"),
        key=str(directory / "key.pem"),
    )


def refused(url: str, tls: Tls | None) -> tuple[str, str]:
    """Return what is told of an engine that cannot be spoken to, and what helps."""
    with pytest.raises(EngineUnavailable) as caught:
        Wire(Address(url, tls, "from DOCKER_HOST"))
    message = caught.value.message
    assert message.startswith(f"no engine at {url} (from DOCKER_HOST): ")
    return message.partition("): ")[2], caught.value.help or ""


def assert_it_answers(address: Address) -> None:
    with closing(Wire(address)) as wire:
        assert wire.get("/info") == {"a": 1}


def test_other_bundles_of_certificates_do_not_disturb(
    ours: Authority, theirs: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(theirs.certificate))

    with engine(secured(ours)) as url:
        assert_it_answers(Address(url, files(ours)))


def test_proxies_are_not_asked(ours: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    with engine(secured(ours)) as url:
        assert_it_answers(Address(url, files(ours)))


def test_without_a_ca_of_its_own_the_system_is_asked(
    ours: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    tls = Tls(cert=files(ours).cert, key=files(ours).key)
    with engine(secured(ours)) as url:
        why, help = refused(url, tls)
        assert why.startswith("its certificate is signed by nobody that we believe (")
        assert "as ca.pem" in help

        monkeypatch.setenv("SSL_CERT_FILE", str(ours.certificate))
        assert_it_answers(Address(url, tls))


def test_an_engine_of_another_authority_is_not_believed(ours: Authority, theirs: Authority) -> None:
    with engine(secured(ours)) as url:
        why, help = refused(url, files(ours, ca=theirs))

    assert why.startswith("its certificate is signed by nobody that we believe (")
    assert help == f"{theirs.certificate} must be the CA that has signed it"


def test_an_engine_under_another_name_is_not_believed(ours: Authority) -> None:
    ours.issue("elsewhere", names="DNS:elsewhere.example")
    with engine(secured(ours, "elsewhere")) as url:
        why, help = refused(url, files(ours))

    assert why == "its certificate is not for '127.0.0.1'"
    assert "subjectAltName" in help


def test_an_engine_whose_certificate_has_expired_is_not_believed(ours: Authority) -> None:
    ours.issue("expired", days=-1)
    with engine(secured(ours, "expired")) as url:
        why, help = refused(url, files(ours))

    assert why == "its certificate has expired"
    assert "clock" in help


def test_without_verification_any_engine_is_believed(ours: Authority) -> None:
    ours.issue("expired", days=-1, names="DNS:elsewhere.example")
    with engine(secured(ours, "expired", clients=False)) as url:
        assert_it_answers(Address(url, Tls(verify=False)))


OLD, NEW = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3


@pytest.mark.parametrize("newest", [OLD, NEW])
def test_an_engine_that_wants_a_certificate_of_ours_says_so(
    ours: Authority, newest: ssl.TLSVersion
) -> None:
    with engine(secured(ours, newest=newest)) as url:
        why, help = refused(url, Tls(ca=str(ours.certificate)))

    assert why.startswith("it wants a certificate of its clients, and there is none (")
    assert "cert.pem and key.pem" in help


@pytest.mark.parametrize("newest", [OLD, NEW])
def test_an_engine_that_does_not_believe_us_says_so(
    ours: Authority, theirs: Authority, newest: ssl.TLSVersion
) -> None:
    with engine(secured(ours, newest=newest)) as url:
        why, help = refused(url, files(theirs, ca=ours))

    assert why.startswith(f"it refuses our certificate {theirs.directory}/cert.pem (")
    assert "signed by the CA that the engine was given" in help


def test_an_engine_without_tls_is_told_from_one_with_it(ours: Authority) -> None:
    def serve(plug: socket.socket) -> None:
        with plug:
            plug.recv(1000)
            plug.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n")

    with engine(serve) as url:
        why, help = refused(url, files(ours))

    assert why.startswith("what answers there does not speak TLS (")
    assert "neither DOCKER_TLS_VERIFY nor --tls" in help


HTTPS_WANTED = b"Client sent an HTTP request to an HTTPS server.\n"


def answers_as_go(plug: socket.socket) -> None:
    """Answer a plain question as the TLS server of an engine does."""
    with plug:
        plug.recv(1000)
        plug.sendall(b"HTTP/1.0 400 Bad Request\r\n\r\n" + HTTPS_WANTED)


def answers_with_an_alert(plug: socket.socket) -> None:
    """Answer a plain question as other TLS servers do, such as a proxy."""
    with plug:
        plug.recv(1000)
        plug.sendall(bytes.fromhex("15030100020246"))


@pytest.mark.parametrize("serve", [answers_as_go, answers_with_an_alert])
def test_an_engine_with_tls_is_told_from_one_without_it(serve: Serve) -> None:
    with engine(serve) as url:
        why, help = refused(url, None)

    assert why == "what answers there speaks TLS, and we did not"
    assert "DOCKER_TLS_VERIFY=1 or --tlsverify" in help


# Files that cannot be used


def broken(ours: Authority, **changes: str | None) -> tuple[str, str]:
    good = files(ours)
    names = {"ca": good.ca, "cert": good.cert, "key": good.key, **changes}
    with engine(secured(ours)) as url:
        return refused(url, Tls(**names))


def test_a_ca_that_is_none_is_told(ours: Authority, tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("nonsense")

    why, help = broken(ours, ca=str(path))

    assert why.startswith(f"{path} cannot be used for TLS (")
    assert "DOCKER_CERT_PATH" in help


def test_a_key_for_another_certificate_is_told(ours: Authority, theirs: Authority) -> None:
    key = str(theirs.directory / "key.pem")

    why, _ = broken(ours, key=key)

    assert why == f"{files(ours).cert} with {key} cannot be used for TLS (key values mismatch)"


def test_a_certificate_without_its_key_is_told(ours: Authority) -> None:
    assert broken(ours, key=None)[0] == f"there is {files(ours).cert}, and no key for it"


def test_a_key_that_is_locked_is_told_and_nobody_is_asked(ours: Authority, tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    Authority._openssl(
        *("pkey", "-in", ours.directory / "key.pem", "-aes256"),
        *("-passout", "pass:secret", "-out", key),
    )

    why, help = broken(ours, key=str(key))

    assert why == "the key for TLS is locked with a pass phrase"
    assert "openssl pkey" in help


def test_a_file_that_is_gone_is_told(ours: Authority, tmp_path: Path) -> None:
    why, _ = broken(ours, ca=str(tmp_path / "gone.pem"))

    assert why == f"{tmp_path}/gone.pem cannot be read (no such file or directory)"
