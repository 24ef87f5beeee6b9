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
from collections.abc import Mapping, Sequence
from email.message import Message
from typing import IO, Any, Final
from urllib.parse import urlencode, urlsplit

from composer.errors import FetchFailed
from composer.model.reference import ArtifactReference, Credentials, Login

_SECONDS: Final = 30
_LARGEST_TOKEN: Final = 1024 * 1024
_HOSTS_OF_THE_API: Final = {"docker.io": "registry-1.docker.io"}
_HERE: Final = re.compile(r"(localhost|127\.[0-9.]+|\[::1\])(:[0-9]+)?")
_PARAMETER: Final = re.compile(r'([a-z_]+)="([^"]*)"')


class Registry:
    """Reads manifests and blobs of the repository of `reference`."""

    def __init__(
        self, reference: ArtifactReference, credentials: Credentials, *, plain: bool = False
    ) -> None:
        self._reference = reference
        self._credentials = credentials
        self._host = _HOSTS_OF_THE_API.get(reference.registry, reference.registry)
        self._is_here = _HERE.fullmatch(self._host) is not None
        self._scheme = "http" if plain else "https"
        self._authorization: str | None = None

    def get(self, path: str, accept: Sequence[str], limit: int) -> bytes:
        """Return what is at `path` of the repository: "manifests/TAG", "blobs/DIGEST".

        Raises FetchFailed, also when it is longer than `limit` bytes.
        """
        try:
            return self._read(path, accept, limit)
        except urllib.error.HTTPError as error:
            challenge = error.headers.get("WWW-Authenticate", "")
            if error.code != 401 or self._authorization is not None:
                raise self._refused(error) from None
        try:
            self._authorization = self._log_in(challenge)
            return self._read(path, accept, limit)
        except urllib.error.HTTPError as error:
            raise self._refused(error) from None

    def _read(self, path: str, accept: Sequence[str], limit: int) -> bytes:
        address = f"{self._host}/v2/{self._reference.repository}/{path}"
        headers = {"Accept": ", ".join(accept)} if accept else {}
        if self._authorization:
            headers["Authorization"] = self._authorization
        try:
            return self._open(f"{self._scheme}://{address}", headers, limit)
        except ssl.SSLCertVerificationError as error:
            raise self._failed(f"its certificate is not trusted: {error.verify_message}") from None
        except ssl.SSLError:
            if not self._is_here or self._scheme == "http":
                hint = f"if it has none: --insecure-registry {self._host}"
                raise self._failed("it speaks no TLS that we understand", hint) from None
        self._scheme = "http"
        return self._open(f"http://{address}", headers, limit)

    def _open(
        self, url: str, headers: Mapping[str, str], limit: int, form: bytes | None = None
    ) -> bytes:
        """Return the body of an answer; raises HTTPError, SSLError and FetchFailed."""
        request = urllib.request.Request(url, form, dict(headers))
        request.add_header("User-Agent", "composer")
        handlers: list[urllib.request.BaseHandler] = [_Redirect()]
        if self._is_here:
            handlers.append(urllib.request.ProxyHandler({}))
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=_SECONDS) as answer:
                content: bytes = answer.read(limit + 1)
        except urllib.error.HTTPError as error:
            error.close()
            raise
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            if isinstance(reason, ssl.SSLError):
                raise reason from None
            raise self._failed(_words(reason)) from None
        except (ValueError, OverflowError) as error:
            raise self._failed(f"{urlsplit(url).netloc!r} is no address: {error}") from None
        if len(content) > limit:
            raise self._failed(f"it sent more than the {limit} bytes that were announced")
        return content

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
        query = {"service": asked.get("service", ""), "scope": scope}
        if login is not None and login.token:
            form = {**query, "grant_type": "refresh_token", "client_id": "composer"}
            body = urlencode({**form, "refresh_token": login.token}).encode()
            answer = self._open(realm, {}, _LARGEST_TOKEN, body)
        else:
            headers = {"Authorization": _basic(login)} if login else {}
            answer = self._open(f"{realm}?{urlencode(query)}", headers, _LARGEST_TOKEN)
        try:
            given: Any = json.loads(answer)
            return str(given.get("token") or given["access_token"])
        except (ValueError, KeyError, AttributeError):
            raise self._failed("its server of tokens gave none") from None

    def _refused(self, error: urllib.error.HTTPError) -> FetchFailed:
        if error.code in (401, 403):
            return FetchFailed(
                f"{self._reference}: the registry refuses, or wants to know who asks",
                help=f"docker login {self._reference.registry}",
            )
        if error.code == 404:
            return FetchFailed(f"{self._reference} does not exist")
        if error.code == 429:
            return self._failed("it has had too many requests from here", "try again later")
        return self._failed(f"it answered {error.code} {error.reason}")

    def _failed(self, why: str, help: str | None = None) -> FetchFailed:
        return FetchFailed(
            f"{self._reference} cannot be fetched from registry {self._host}: {why}", help=help
        )


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
