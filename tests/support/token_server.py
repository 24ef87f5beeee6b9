"""A real registry that believes tokens alone, and the server that gives them away.

The registry answers 401 with the address of the server, the service and the scope; the server
says, signed, who may do what.  It keeps to the letter of the protocol: each parameter `scope`
names one repository.
"""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from support.registries import LOGIN, basic, make_certificate, manifests_of, real_registry
from support.sockets import web_server

_SERVICE, _ISSUER = "tests", "tests of composer"
_SECONDS = 60
_REFRESHING = "refresh-me"
"""The token that `docker login` gets for name and password, and keeps in their place."""


class TokenServer:
    """Lets LOGIN do everything, and everybody pull what begins with `public`.

    `given` is who got a token for what: "" for nobody, ("me", "repository:app:pull,push").
    """

    def __init__(self, directory: Path, public: str = "public/") -> None:
        self.certificate = make_certificate(directory)
        self.storage = directory / "storage"
        self.storage.mkdir()
        self.host = self.registry = ""
        self.given: list[tuple[str, str]] = []
        self._public = public

    def settings(self) -> dict[str, Any]:
        """Return what the registry has to know of this server."""
        return {
            "realm": f"http://{self.host}/token",
            "service": _SERVICE,
            "issuer": _ISSUER,
            "rootcertbundle": str(self.certificate.with_name("only.pem")),
        }

    def manifests(self, repository: str) -> set[str]:
        """Return the digests of the manifests that a repository has."""
        return manifests_of(self.storage, repository)

    def answer(self, request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        form = parse_qs(request.rfile.read(int(request.headers.get("Content-Length", 0))).decode())
        asked = form or parse_qs(urlsplit(request.path).query)
        authorization = request.headers.get("Authorization", "")
        known = authorization == basic(LOGIN) or asked.get("refresh_token") == [_REFRESHING]
        if asked.get("service") != [_SERVICE] or (not known and (authorization or form)):
            return 401, {}, b""
        who = LOGIN.partition(":")[0] if known else ""
        # The newer form has all of them in one parameter, the older one each in its own.
        scopes = " ".join(asked.get("scope", ())).split() if form else asked.get("scope", [])
        self.given += [(who, scope) for scope in scopes]
        token = self._token(who, [access for one in scopes if (access := self._access(who, one))])
        more = {"refresh_token": _REFRESHING} if known and "offline_token" in asked else {}
        told = {("access_token" if form else "token"): token, **more}
        return 200, {"Content-Type": "application/json"}, json.dumps(told).encode()

    def _access(self, who: str, scope: str) -> Mapping[str, Any] | None:
        """Return what somebody may do of what a scope asks for."""
        kind, name, *rest = scope.split(":")
        if len(rest) != 1:
            return None
        actions = rest[0]
        if who or (name.startswith(self._public) and "pull" in actions):
            return {"type": kind, "name": name, "actions": actions.split(",") if who else ["pull"]}
        return None

    def _token(self, who: str, access: list[Mapping[str, Any]]) -> str:
        now = int(time.time())
        pem = self.certificate.with_name("only.pem").read_text()
        chain = ["".join(pem.split("-----")[2].split())]
        times = {"exp": now + _SECONDS, "nbf": now - 10, "iat": now, "jti": uuid4().hex}
        claims = {"iss": _ISSUER, "sub": who, "aud": _SERVICE, "access": access, **times}
        head = {"typ": "JWT", "alg": "RS256", "x5c": chain}
        text = f"{_encoded(json.dumps(head).encode())}.{_encoded(json.dumps(claims).encode())}"
        sign = ("openssl", "dgst", "-sha256", "-sign", str(self.certificate))
        signed = subprocess.run(sign, input=text.encode(), capture_output=True, check=True).stdout
        return f"{text}.{_encoded(signed)}"


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@contextmanager
def token_registry(directory: Path) -> Iterator[TokenServer]:
    """Run a registry, and the server of tokens that it believes, in an empty directory."""
    directory.mkdir(parents=True)
    tokens = TokenServer(directory)

    with web_server(tokens.answer) as tokens.host:
        auth = {"token": tokens.settings()}
        with real_registry(tokens.storage, auth=auth) as tokens.registry:
            yield tokens
