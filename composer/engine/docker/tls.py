"""TLS to the engine, with the certificates of its address and nothing else.

So variables such as REQUESTS_CA_BUNDLE, which programs have for other servers, cannot
break it.  Without a CA of its own an address believes those that the system believes.
"""

from __future__ import annotations

import socket
import ssl
from typing import Final

from composer.engine.docker.address import Address, Tls
from composer.engine.docker.url import split
from composer.errors import EngineUnavailable

_LISTEN_SECONDS: Final = 2
_EXPIRED, _NOT_YET = 10, 9
_OTHER_NAME: Final = (62, 64)  # of a host, of an address: X509_V_ERR_… in OpenSSL
_WANTS_A_CERTIFICATE: Final = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "HANDSHAKE_FAILURE")
_REFUSES_OURS: Final = (
    *("UNKNOWN_CA", "CERTIFICATE_EXPIRED", "CERTIFICATE_REVOKED", "CERTIFICATE_UNKNOWN"),
    *("UNSUPPORTED_CERTIFICATE", "ACCESS_DENIED", "DECRYPT_ERROR"),
)
_NO_TLS: Final = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNEXPECTED_EOF")
_UNLOCKED: Final = "'openssl pkey -in key.pem -out FILE' writes it without one; keep FILE safe"
_FILES: Final = "look at ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH, or in the docker context"


class Unfit(OSError):
    """A file for TLS that cannot be used."""

    def __init__(self, reason: str, help: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.help = help


def wrap(connection: socket.socket, tls: Tls, host: str) -> socket.socket:
    """Return `connection` with TLS on it; raises OSError, which `reason` explains."""
    return _context(tls).wrap_socket(connection, server_hostname=host)


def reason(address: Address, error: OSError) -> tuple[str, str] | None:
    """Return why TLS failed and what to do, None if it is something else that failed."""
    if isinstance(error, Unfit):
        return error.reason, error.help
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_its_certificate(address, error)
    if not isinstance(error, ssl.SSLError):
        return None
    tls = address.tls or Tls()
    said = error.reason or str(error)
    if any(word in said for word in _REFUSES_OURS) or (
        tls.cert and any(word in said for word in _WANTS_A_CERTIFICATE)
    ):
        return (
            f"it refuses our certificate {tls.cert} ({_words(said)})",
            "it must be signed by the CA that the engine was given, and not have expired",
        )
    if any(word in said for word in _WANTS_A_CERTIFICATE):
        return (
            f"it wants a certificate of its clients, and there is none ({_words(said)})",
            "put cert.pem and key.pem beside ca.pem, or name them: --tlscert, --tlskey",
        )
    if any(word in said for word in _NO_TLS):
        return (
            f"what answers there does not speak TLS ({_words(said)})",
            "an engine without TLS wants neither DOCKER_TLS_VERIFY nor --tls; one with TLS"
            " usually has port 2376",
        )
    return f"TLS failed ({_words(said)})", _FILES


def last_words(address: Address, error: OSError) -> OSError:
    """Return why an engine hangs up on us, `error` if it does not tell.

    In TLS 1.3 its refusal comes after the handshake, and is lost when we speak meanwhile.
    So we come again, and only listen.
    """
    if not isinstance(error, (ConnectionError, ssl.SSLEOFError)):
        return error
    from composer.engine.docker.dial import dial

    try:
        with dial(address) as plug:
            plug.settimeout(_LISTEN_SECONDS)
            plug.recv(1)
    except OSError as heard:
        return heard if isinstance(heard, ssl.SSLError) else error
    except EngineUnavailable as heard:
        return heard.__cause__ if isinstance(heard.__cause__, OSError) else error
    return error


def wanted(address: Address) -> EngineUnavailable:
    """Return what to tell somebody who speaks plainly to an engine that wants TLS."""
    return EngineUnavailable(
        f"no engine at {address.url} ({address.origin}): what answers there speaks TLS, and we"
        " did not",
        help="DOCKER_TLS_VERIFY=1 or --tlsverify asks for TLS; ca.pem, cert.pem and key.pem are"
        " looked for in DOCKER_CERT_PATH",
    )


def _context(tls: Tls) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=tls.ca)
    except OSError as error:
        raise _unfit(tls.ca or "the system's list of CAs", error) from error
    # Who made a CA as Docker's manual says has left out what newer Pythons insist on.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.cert and tls.key:
        try:
            context.load_cert_chain(tls.cert, tls.key, password=_no_pass_phrase)
        except OSError as error:
            raise _unfit(f"{tls.cert} with {tls.key}", error) from error
    elif tls.cert or tls.key:
        there, missing = (tls.cert, "key") if tls.cert else (tls.key, "certificate")
        raise Unfit(f"there is {there}, and no {missing} for it", _FILES)
    return context


def _no_pass_phrase() -> str:
    """Called for a key that is locked; OpenSSL would ask for a pass phrase on the terminal."""
    raise Unfit("the key for TLS is locked with a pass phrase", _UNLOCKED)


def _unfit(what: str, error: OSError) -> Unfit:
    if isinstance(error, Unfit):
        return error
    if isinstance(error, ssl.SSLError):
        return Unfit(
            f"{what} cannot be used for TLS ({_words(error.reason or str(error))})", _FILES
        )
    return Unfit(f"{what} cannot be read ({(error.strerror or str(error)).lower()})", _FILES)


def _of_its_certificate(address: Address, error: ssl.SSLCertVerificationError) -> tuple[str, str]:
    said = error.verify_message.rstrip(".")
    if error.verify_code in _OTHER_NAME:
        host = split(address.url).host
        return (
            f"its certificate is not for {host!r}",
            "use a name that stands in the certificate (subjectAltName), or have one made that"
            f" has {host!r} in it",
        )
    if error.verify_code == _EXPIRED:
        return "its certificate has expired", "renew it; or is this machine's clock wrong?"
    if error.verify_code == _NOT_YET:
        return "its certificate is not valid yet", "is this machine's clock, or that one's, wrong?"
    ca = address.tls.ca if address.tls else None
    return (
        f"its certificate is signed by nobody that we believe ({said})",
        f"{ca} must be the CA that has signed it"
        if ca
        else "put the CA that has signed it into DOCKER_CERT_PATH, as ca.pem; or --tlscacert FILE",
    )


def _words(said: str) -> str:
    """Return OpenSSL's words as words."""
    return said.replace("_", " ").lower()
