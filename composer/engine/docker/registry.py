"""What the Docker SDK knows about registries.  The only module that imports it.

Its import takes 100 ms, so it happens when there are credentials to look up,
and not before.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Mapping
from typing import Any

from composer.engine.docker.docker_config import read_settings
from composer.engine.port import Report
from composer.errors import EngineError
from composer.model.events import Progress
from composer.model.reference import Login

_KEYS = ("auths", "credsStore", "credHelpers")


def pull_headers(config: str, ref: str, report: Report, given: str = "") -> dict[str, str]:
    """Return the header with the credentials for the registry of `ref`, if there are any.

    `config` is Docker's directory; helpers named in its config.json are asked.  `given`
    is DOCKER_AUTH_CONFIG, whose credentials come first.
    """
    sources = _sources(config, report, given)
    if not sources:
        return {}
    import docker.auth
    from docker.errors import DockerException

    try:
        registry, _ = docker.auth.resolve_repository_name(ref)
    except DockerException as error:
        raise EngineError(f"{ref}: {str(error).lower()}") from error
    found = _resolved(sources, registry, ref)
    return {"X-Registry-Auth": _header(found)} if found else {}


def login(config: str, registry: str, report: Report, given: str = "") -> Login | None:
    """Return who we are at `registry`, as `docker login` left it; None for nobody."""
    found = _resolved(_sources(config, report, given), registry, registry)
    if not found:
        return None
    by_name = {key.lower(): text or "" for key, text in found.items()}
    return Login(
        username=by_name.get("username", ""),
        password=by_name.get("password", ""),
        token=by_name.get("identitytoken", ""),
    )


def credentials_file(config: str, given: str = "") -> str:
    """Return a config.json that holds all credentials itself, as the docker CLI writes it."""
    found = _everything(_sources(config, lambda progress: None, given), "credentials")
    auths = {registry: _written(entry) for registry, entry in sorted(found.items()) if entry}
    return json.dumps({"auths": auths}, indent="\t")


def _written(entry: dict[str, str]) -> dict[str, str]:
    """Return how an entry stands in config.json: name and password as one text."""
    by_name = {key.lower(): text or "" for key, text in entry.items()}
    written = {}
    if name := by_name.get("username"):
        pair = f"{name}:{by_name.get('password', '')}"
        written["auth"] = base64.b64encode(pair.encode()).decode()
    for key in ("identitytoken", "registrytoken"):
        if by_name.get(key):
            written[key] = by_name[key]
    return written


def build_headers(config: str, report: Report, given: str = "") -> dict[str, str]:
    """Return the header with all credentials: a build may pull from anywhere."""
    everything = _everything(_sources(config, report, given), "credentials for the build")
    return {"X-Registry-Config": _header(everything)} if everything else {}


def _sources(config: str, report: Report, given: str) -> list[Any]:
    """Return the SDK's view of each place that has credentials, those that count first.

    A helper that is not installed is no reason to do without public images.
    """
    sources = []
    if given:
        try:
            settings = json.loads(given)
        except ValueError as error:
            raise EngineError(f"DOCKER_AUTH_CONFIG is no JSON: {error}") from None
        auths = settings.get("auths") if isinstance(settings, dict) else None
        sources += _source({"auths": auths}, "DOCKER_AUTH_CONFIG")
    settings = _with_helpers_at_hand(read_settings(config), report)
    return sources + _source(settings, os.path.join(config, "config.json"))


def _source(settings: Mapping[str, Any], where: str) -> list[Any]:
    """Return the SDK's view of `settings`, none if no credentials are mentioned there."""
    if not any(settings.get(key) for key in _KEYS):
        return []
    import docker.auth
    from docker.errors import DockerException

    try:
        return [docker.auth.load_config(config_dict=dict(settings))]
    except (DockerException, ValueError, AttributeError, TypeError):
        raise EngineError(
            f"the credentials in {where} cannot be read",
            help="'auths' has an entry that is not as 'docker login' writes it; log in anew",
        ) from None


def _resolved(sources: list[Any], registry: str, asked: str) -> dict[str, Any] | None:
    if not sources:
        return None
    from docker.errors import DockerException

    for source in sources:
        try:
            if found := source.resolve_authconfig(registry):
                return dict(found)
        except DockerException as error:
            raise EngineError(f"{asked}: {str(error).lower()}") from error
    return None


def _everything(sources: list[Any], asked: str) -> dict[str, dict[str, str]]:
    """Return all credentials by their registries; what is in two sources counts from the first."""
    if not sources:
        return {}
    from docker.credentials.errors import StoreError
    from docker.errors import DockerException

    found: dict[str, dict[str, str]] = {}
    for source in reversed(sources):
        try:
            found |= source.get_all_credentials()
        except (DockerException, StoreError) as error:
            raise EngineError(f"{asked}: {str(error).lower()}") from error
    return found


def _with_helpers_at_hand(settings: dict[str, Any], report: Report) -> dict[str, Any]:
    def at_hand(helper: object) -> bool:
        program = f"docker-credential-{helper}"
        if shutil.which(program) is not None:
            return True
        report(Progress(f"warning: {program} is not installed: doing without its credentials"))
        return False

    helpers = settings.get("credHelpers")
    helpers = helpers if isinstance(helpers, dict) else {}
    store = settings.get("credsStore")
    return {
        **settings,
        "credHelpers": {name: helper for name, helper in helpers.items() if at_hand(helper)},
        "credsStore": store if store and at_hand(store) else None,
    }


def _header(credentials: Any) -> str:
    import docker.auth

    header = docker.auth.encode_header(credentials)
    return header.decode() if isinstance(header, bytes) else str(header)
