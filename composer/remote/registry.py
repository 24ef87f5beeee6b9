"""One repository of a registry, over its HTTP API, version 2.

A registry on this machine may speak http, as it may for the engine; another one
when the user says so.  Who we are is told to the registry and to the server of
tokens that it names, never to a host that it redirects to.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from email.message import Message
from typing import IO, Any, Final, TypeAlias
from urllib.parse import urlencode, urljoin, urlsplit

from composer.errors import FetchFailed
from composer.model.reference import ArtifactReference, Credentials, Login
from composer.record import dataclass, field

_SECONDS: Final = 30
_LARGEST_TOKEN: Final = 1024 * 1024
_LARGEST_EXPLANATION: Final = 64 * 1024
_CREATED: Final = 201
_WHO_ASKS: Final = 401
_WAYS: Final = ("bearer", "basic")
_EMPTY_BODY: Final = {"Content-Length": "0"}
_HOSTS_OF_THE_API: Final = {"docker.io": "registry-1.docker.io"}
_HERE: Final = re.compile(r"(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?")
_PARAMETER: Final = re.compile(r'([a-z_]+)="([^"]*)"')

Response: TypeAlias = http.client.HTTPResponse
"""An answer of http.client that is open."""

Body: TypeAlias = bytes | Callable[[], Any]
"""What is sent, or what returns a stream of it."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request.  `url` "" is that of the repository's `path`."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    url: str = ""


class Registry:
    """Reads and writes manifests and blobs of the repository of `reference`.

    `called` is what people call it; the reference itself if that is None.
    """

    def __init__(
        self,
        reference: ArtifactReference,
        credentials: Credentials,
        *,
        plain: bool = False,
        called: str | None = None,
    ) -> None:
        self._reference = reference
        self._called = called or str(reference)
        self._credentials = credentials
        self._host = _HOSTS_OF_THE_API.get(reference.registry, reference.registry)
        self._is_here = _HERE.fullmatch(self._host) is not None
        self._scheme = "http" if plain else "https"
        self._authorization: str | None = None
        self._doing = "fetched from"

    @property
    def host(self) -> str:
        return self._host

    @property
    def repository(self) -> str:
        return self._reference.repository

    def get(self, path: str, accept: Sequence[str], limit: int) -> bytes:
        """Return what is at `path` of the repository: "manifests/TAG", "blobs/DIGEST".

        Raises FetchFailed, also when it is longer than `limit` bytes.
        """
        headers = {"Accept": ", ".join(accept)} if accept else {}
        with self._ask(_Asked("GET", path, headers)) as answer:
            return self._whole(answer, limit)

    def open(self, path: str) -> Response:
        """Return the answer that brings what is at `path`, to be read and closed."""
        return self._ask(_Asked("GET", path))

    def head(self, path: str, accept: Sequence[str]) -> Message | None:
        """Return what is said of the thing at `path`, None if there is none."""
        headers = {"Accept": ", ".join(accept)} if accept else {}
        try:
            with self._ask(_Asked("HEAD", path, headers)) as answer:
                return answer.headers
        except Absent:
            return None

    def put_blob(self, digest: str, size: int, body: Body) -> bool:
        """Bring a blob into the repository; say whether it was not there already."""
        self._doing = "published to"
        if self.head(f"blobs/{digest}", ()) is not None:
            return False
        with self._ask(_Asked("POST", "blobs/uploads/", _EMPTY_BODY, b"")) as answer:
            place = urljoin(answer.url, answer.headers.get("Location", ""))
        url = f"{place}{'&' if '?' in place else '?'}{urlencode({'digest': digest})}"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size)}
        self._ask(_Asked("PUT", "blobs", headers, body, url=url)).close()
        return True

    def mount(self, digest: str, repository: str) -> bool:
        """Have a blob of another repository of this registry here too; say whether it is."""
        self._doing = "published to"
        query = urlencode({"mount": digest, "from": repository})
        with self._ask(_Asked("POST", f"blobs/uploads/?{query}", _EMPTY_BODY, b"")) as answer:
            return answer.status == _CREATED

    def put_manifest(self, name: str, kind: str, content: bytes) -> None:
        self._doing = "published to"
        self._ask(_Asked("PUT", f"manifests/{name}", {"Content-Type": kind}, content)).close()

    def _ask(self, asked: _Asked) -> Response:
        """Return the answer, open, and log in before if that is wanted.  Raises FetchFailed."""
        try:
            return self._sent(asked)
        except urllib.error.HTTPError as error:
            challenge = _challenge(error.headers.get_all("WWW-Authenticate", ()))
            if error.code != _WHO_ASKS or not challenge or callable(asked.body):
                raise self._refused(error) from None
        try:
            self._authorization = self._log_in(challenge)
            return self._sent(asked)
        except urllib.error.HTTPError as error:
            raise self._refused(error) from None

    def _sent(self, asked: _Asked) -> Response:
        address = f"{self._host}/v2/{self._reference.repository}/{asked.path}"
        try:
            url = self._safe(asked.url) or f"{self._scheme}://{address}"
            return self._reach(self._authorized(asked, url))
        except ssl.SSLError as error:
            trusted = not isinstance(error, ssl.SSLCertVerificationError)
            if not (trusted and self._is_here and self._scheme == "https"):
                hint = f"if it has none: --insecure-registry {self._host}"
                raise self._insecure(error, hint) from None
        self._scheme = "http"
        return self._open(self._authorized(asked, f"http://{address}"))

    def _safe(self, url: str) -> str:
        """Return a place that the registry has named: one of its own, as safe as the registry.

        Behind a proxy that speaks TLS for it, it may believe that it speaks http.
        """
        parts = urlsplit(url)
        if parts.netloc == self._host and self._scheme == "https":
            return parts._replace(scheme=self._scheme).geturl()
        return url

    def _authorized(self, asked: _Asked, url: str) -> urllib.request.Request:
        """Return the request; it tells who we are if it goes to the registry itself."""
        body = asked.body() if callable(asked.body) else asked.body
        request = urllib.request.Request(url, body, dict(asked.headers), method=asked.method)
        if self._authorization and urlsplit(url).netloc == self._host:
            request.add_header("Authorization", self._authorization)
        return request

    def _open(self, request: urllib.request.Request) -> Response:
        """Return an answer, to be read and closed.  Raises HTTPError and FetchFailed."""
        try:
            return self._reach(request)
        except ssl.SSLError as error:
            raise self._insecure(error) from None

    def _reach(self, request: urllib.request.Request) -> Response:
        """The same, but raises SSLError too."""
        request.add_header("User-Agent", "composer")
        handlers: list[urllib.request.BaseHandler] = [_Redirect()]
        if self._is_here:
            handlers.append(urllib.request.ProxyHandler({}))
        try:
            answer: Response = urllib.request.build_opener(*handlers).open(
                request, timeout=_SECONDS
            )
        except urllib.error.HTTPError as error:
            with suppress(OSError, http.client.HTTPException):  # the code says enough
                error.said = error.read(_LARGEST_EXPLANATION)  # type: ignore[attr-defined]
            error.close()
            raise
        except (OSError, http.client.HTTPException) as error:
            raise self._broken(error) from None
        except (ValueError, OverflowError) as error:
            raise self._failed(
                f"{urlsplit(request.full_url).netloc!r} is no address: {error}"
            ) from None
        return answer

    def _whole(self, answer: Response, limit: int) -> bytes:
        try:
            content = answer.read(limit + 1)
        except (OSError, http.client.HTTPException) as error:
            raise self._failed(_words(error)) from None
        if len(content) > limit:
            raise self._failed(f"it sent more than the {limit} bytes that were announced")
        return content

    def _insecure(self, error: ssl.SSLError, hint: str | None = None) -> FetchFailed:
        if isinstance(error, ssl.SSLCertVerificationError):
            return self._failed(f"its certificate is not trusted: {error.verify_message}")
        return self._failed("it speaks no TLS that we understand", hint)

    def _broken(self, error: Exception) -> Exception:
        reason = getattr(error, "reason", error)
        return reason if isinstance(reason, ssl.SSLError) else self._failed(_words(reason))

    def _log_in(self, challenge: str) -> str:
        """Return the header that answers a challenge; "" when there is nobody to be."""
        scheme, _, rest = challenge.partition(" ")
        login = self._credentials(self._reference.registry)
        if scheme.lower() == "basic":
            return _basic(login) if login else ""
        if scheme.lower() != "bearer":
            raise self._failed(f"it asks who we are in an unknown way: {scheme!r}")
        return f"Bearer {self._token(dict(_PARAMETER.findall(rest)), login)}"

    def _token(self, asked: Mapping[str, str], login: Login | None) -> str:
        """Return what the server of tokens gives us, or everybody."""
        realm = asked.get("realm", "")
        if urlsplit(realm).scheme not in ("https", self._scheme):
            raise self._failed(f"it names no safe place to log in: {realm!r}")
        scope = asked.get("scope") or f"repository:{self._reference.repository}:pull"
        service = asked.get("service", "")
        if login is not None and login.token:
            form = {"service": service, "scope": scope, "refresh_token": login.token}
            more = {"grant_type": "refresh_token", "client_id": "composer"}
            request = urllib.request.Request(realm, urlencode({**form, **more}).encode())
        else:
            headers = {"Authorization": _basic(login)} if login else {}
            # Here several are several parameters, as the protocol has it.
            query = urlencode({"service": service, "scope": scope.split()}, doseq=True)
            request = urllib.request.Request(f"{realm}?{query}", None, headers)
        answer = self._given(request)
        try:
            given: Any = json.loads(answer)
            return str(given.get("token") or given["access_token"])
        except (ValueError, KeyError, AttributeError):
            raise self._failed("its server of tokens gave none") from None

    def _given(self, request: urllib.request.Request) -> bytes:
        """Return the answer of the server of tokens; what is wrong with it is said of it."""
        try:
            with self._open(request) as opened:
                return self._whole(opened, _LARGEST_TOKEN)
        except urllib.error.HTTPError as error:
            if error.code in (_WHO_ASKS, 403, 429):
                raise
            why = f"its server of tokens answered {error.code} {error.reason}"
            raise self._failed(why) from None
        except FetchFailed as failed:
            host = urlsplit(request.full_url).netloc
            text = f"{failed.message} (its server of tokens, {host})"
            raise FetchFailed(text, help=failed.help) from None

    def _refused(self, error: urllib.error.HTTPError) -> FetchFailed:
        if error.code in (_WHO_ASKS, 403):
            return FetchFailed(
                f"{self._called}: the registry refuses, or wants to know who asks",
                help=f"docker login {self._reference.registry}",
            )
        if error.code == 404:
            return Absent(f"{self._called} does not exist")
        if error.code == 429:
            return self._failed("it has had too many requests from here", "try again later")
        failed = self._failed(f"it answered {error.code} {error.reason}{_said(error)}")
        return Unwanted(failed.message) if 400 <= error.code < 500 else failed

    def _failed(self, why: str, help: str | None = None) -> FetchFailed:
        return FetchFailed(
            f"{self._called} cannot be {self._doing} registry {self._host}: {why}", help=help
        )


class Absent(FetchFailed):
    """The registry does not have it."""


class Unwanted(FetchFailed):
    """The registry does not take what it was given."""


def _said(error: urllib.error.HTTPError) -> str:
    """Return what the registry says of its refusal, ": " before it."""
    try:
        errors = json.loads(getattr(error, "said", b""))["errors"]
        return "".join(f": {one['message']}" for one in errors[:1])
    except (ValueError, KeyError, TypeError):
        return ""


class _Redirect(urllib.request.HTTPRedirectHandler):
    """Follows a registry to where it keeps its blobs, without telling who we are there."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: Message,
        newurl: str,
    ) -> urllib.request.Request | None:
        request = super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]
        if request is not None and urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            request.remove_header("Authorization")
        return request


def _challenge(offered: Sequence[str]) -> str:
    """Return the way to say who we are that we take, of those that are offered, "" for none."""
    known = [one for kind in _WAYS for one in offered if one.lower().startswith(f"{kind} ")]
    return next(iter((*known, *offered)), "")


def _basic(login: Login) -> str:
    return "Basic " + base64.b64encode(f"{login.username}:{login.password}".encode()).decode()


def _words(reason: object) -> str:
    """Return why nobody answered, in words for people."""
    match reason:
        case socket.gaierror():
            return "its host is not known"
        case TimeoutError():
            return "no answer in time"
        case ConnectionRefusedError():
            return "nobody answers there"
        case http.client.HTTPException():
            return "it answers, but not in http"
        case OSError():
            return (reason.strerror or str(reason)).lower()
        case _:
            return str(reason).lower()
