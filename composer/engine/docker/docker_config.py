"""Docker's own directory: config.json, and the contexts that `docker context` keeps there."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from composer.errors import EngineError, did_you_mean

CERTIFICATES = ("ca.pem", "cert.pem", "key.pem")
_PROXIES = {
    "httpProxy": "HTTP_PROXY",
    "httpsProxy": "HTTPS_PROXY",
    "noProxy": "NO_PROXY",
    "ftpProxy": "FTP_PROXY",
    "allProxy": "ALL_PROXY",
}
"""What config.json calls them, and what programs do."""


def config_directory(environment: Mapping[str, str]) -> str:
    if directory := environment.get("DOCKER_CONFIG"):
        return directory
    return os.path.join(environment.get("HOME") or os.path.expanduser("~"), ".docker")


def read_settings(directory: str) -> dict[str, Any]:
    """Return Docker's config.json, empty when it is missing or broken."""
    try:
        settings = _read_json(directory, "config.json")
    except (OSError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}


def complaint(directory: str) -> str:
    """Return what is wrong with config.json, "" if nothing is, or there is none."""
    path = os.path.join(directory, "config.json")
    try:
        settings = _read_json(path)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{path} cannot be read: {(error.strerror or str(error)).lower()}"
    except ValueError as error:
        return f"{path} is no JSON: {error}"
    return "" if isinstance(settings, dict) else f"{path} holds no settings"


def proxies(settings: Mapping[str, Any], url: str) -> dict[str, str]:
    """Return the variables that config.json has for the engine at `url`, by both of their names."""
    known = settings.get("proxies")
    known = known if isinstance(known, dict) else {}
    said = known.get(url, known.get("default"))
    said = said if isinstance(said, dict) else {}
    found: dict[str, str] = {}
    for key, name in _PROXIES.items():
        if value := str(said.get(key) or ""):
            found |= {name: value, name.lower(): value}
    return found


def headers(settings: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """Return what is sent along with every question; a variable replaces config.json's.

    Raises EngineError for one of the variable that is no KEY=VALUE, and for what cannot be sent.
    """
    listed = environment.get("DOCKER_CUSTOM_HEADERS")
    if not listed:
        said = settings.get("HttpHeaders")
        said = said if isinstance(said, dict) else {}
        return _sendable({str(key): str(value) for key, value in said.items()})
    import csv

    try:
        fields = next(csv.reader([listed], strict=True))
    except csv.Error as error:
        raise EngineError(f"DOCKER_CUSTOM_HEADERS is no list of KEY=VALUE: {error}") from None
    found = {}
    for field in fields:
        key, equals, value = field.partition("=")
        if not equals or not key.strip():
            raise EngineError(f"DOCKER_CUSTOM_HEADERS has {field!r}, which is no KEY=VALUE")
        found[key.strip()] = value
    return _sendable(found)


def _sendable(headers: dict[str, str]) -> dict[str, str]:
    for key, value in headers.items():
        if any(letter in "\r\n" or letter > "\xff" for letter in key + value):
            raise EngineError(
                f"header {key!r} has a character that cannot be sent",
                help="HttpHeaders of Docker's config.json or DOCKER_CUSTOM_HEADERS has it",
            )
    return headers


def context_endpoint(directory: str, name: str, origin: str) -> Mapping[str, Any]:
    """Return where the engine of a docker context is, as docker wrote it down.

    `origin` says who asked for it.  Raises EngineError if there is none.
    """
    path = os.path.join(directory, "contexts", "meta", _id(name), "meta.json")
    try:
        meta = _read_json(path)
    except FileNotFoundError:
        raise EngineError(
            f"docker context {name!r} ({origin}) does not exist", help=_known(directory, name)
        ) from None
    except (OSError, ValueError) as error:
        why = (getattr(error, "strerror", None) or str(error)).lower()
        raise EngineError(
            f"docker context {name!r} ({origin}) cannot be read: {path}: {why}",
            help=f"'docker context rm {name}' and 'docker context create {name} …' make it anew",
        ) from None
    endpoints = meta.get("Endpoints") if isinstance(meta, dict) else None
    endpoint = endpoints.get("docker") if isinstance(endpoints, dict) else None
    if not isinstance(endpoint, dict):
        raise EngineError(
            f"docker context {name!r} ({origin}) names no Docker Engine",
            help=f"see 'docker context inspect {name}'; another one: --context NAME",
        )
    return endpoint


def context_certificates(directory: str, name: str) -> str:
    """Return the directory that has the certificates of a docker context, if it has any."""
    return os.path.join(directory, "contexts", "tls", _id(name), "docker")


def contexts(directory: str) -> dict[str, str]:
    """Return the docker contexts that can be read, by name, with what is said of them."""
    found = {"default": ""}
    root = os.path.join(directory, "contexts", "meta")
    try:
        ids = os.listdir(root)
    except OSError:
        return found
    for id in ids:
        try:
            meta = _read_json(root, id, "meta.json")
            found[str(meta["Name"])] = str((meta.get("Metadata") or {}).get("Description") or "")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return dict(sorted(found.items()))


def _known(directory: str, name: str) -> str:
    names = contexts(directory)
    listed = f"there are: {', '.join(names)}"
    near = did_you_mean(name, names)
    return f"{near} {listed}" if near else listed


def _id(name: str) -> str:
    from composer.checksum import sha256_hex

    return sha256_hex(name.encode())


def _read_json(*path: str) -> Any:
    with open(os.path.join(*path), "rb") as file:
        return json.loads(file.read())
