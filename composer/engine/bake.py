"""Builds → the bake file of docker buildx, which carries out all of them at once.

The content is Docker Compose's, for the same project.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from composer.model.build import Build
from composer.model.resources import BuildSpec
from composer.pattern import pattern

Tree = Mapping[str, object]

_REMOTE = pattern(r"^(https?|git|ssh)://|^git@|^github\.com/|\.git(#.*)?$")
_TEMPLATE = pattern(r"[$%]\{")


def is_remote(context: str) -> bool:
    """Say whether `context` is a git or HTTP address and not a directory."""
    return not context.startswith(("/", ".")) and _REMOTE.search(context) is not None


def target_names(specs: Sequence[BuildSpec]) -> dict[str, str]:
    """Return for each service how its target is called, where a dot means something else."""
    found: dict[str, str] = {}
    for spec in specs:
        name = spec.service.replace(".", "_")
        while name in found.values():
            name += "_"
        found[spec.service] = name
    return found


def bake_tree(
    specs: Sequence[BuildSpec], pushed: Sequence[str] = (), *, loaded: bool = False
) -> Tree:
    """Return a bake file as a tree for JSON.  Images of the services `pushed` are pushed.

    With `loaded` others come into the engine whichever builder builds them, as Docker
    Compose's do not if they are for several platforms.
    """
    names = target_names(specs)
    return {
        "group": {"default": {"targets": list(names.values())}},
        "target": {
            names[spec.service]: _target(
                spec, names, push=spec.push or spec.service in pushed, loaded=loaded
            )
            for spec in specs
        },
    }


def allowances(specs: Sequence[BuildSpec]) -> tuple[str, ...]:
    """Return what bake wants to be allowed for what the file asks for."""
    words = {word for spec in specs for word in entitlements(spec.build)}
    words |= {"network.host" for spec in specs if spec.build.network == "host"}
    words |= {"ssh" for spec in specs if spec.build.ssh}
    return tuple(sorted(words))


def entitlements(build: Build) -> tuple[str, ...]:
    return (*build.entitlements, *(("security.insecure",) if build.privileged else ()))


def dockerfile_path(build: Build) -> str | None:
    """Return where the Dockerfile is: within a remote context, or on this machine."""
    if build.dockerfile_inline is not None:
        return None
    name = build.dockerfile or "Dockerfile"
    if is_remote(build.context):
        return name
    directory, base = posixpath.split(posixpath.join(build.context, name))
    return posixpath.join(os.path.realpath(directory), base)


def _target(spec: BuildSpec, names: Mapping[str, str], *, push: bool, loaded: bool) -> Tree:
    build = spec.build
    platforms = list(build.platforms or ([spec.platform] if spec.platform else []))
    tree: dict[str, object] = {
        "context": build.context,
        "contexts": _contexts(spec, names),
        "dockerfile": dockerfile_path(build),
        "dockerfile-inline": build.dockerfile_inline,
        "args": {name: value for name, value in build.args.items() if value is not None},
        "labels": {**build.labels, **spec.labels},
        "tags": [*spec.tags[1:], *spec.tags[:1]],
        "cache-from": list(build.cache_from),
        "cache-to": list(build.cache_to),
        "target": build.target,
        "secret": [_secret(id, source) for id, source in sorted(spec.secrets.items())],
        "ssh": [f"{id}={path or ''}" for id, path in build.ssh.items()],
        "platforms": platforms,
        "pull": spec.pull or build.pull,
        "no-cache": spec.no_cache or build.no_cache,
        "no-cache-filter": list(build.no_cache_filter),
        "network": build.network,
        "shm-size": str(int(build.shm_size)) if build.shm_size else None,
        "ulimits": list(_ulimits(build)),
        "entitlements": list(entitlements(build)),
        "extra-hosts": _hosts(build.extra_hosts),
        "attest": list(_attestations(build)),
        **_outcome(spec, several=len(platforms) > 1 and (push or not loaded), push=push),
    }
    return {key: _literal(value) for key, value in tree.items() if value}


def _outcome(spec: BuildSpec, *, several: bool, push: bool) -> Tree:
    if spec.check:
        return {"call": "lint"}
    if several:
        return {"output": [f"type=image,push={'true' if push else 'false'}"]}
    return {"output": ["type=registry" if push else "type=docker"]}


def _literal(value: object) -> object:
    """Return a value for bake, to which `${` and `%{` would mean something."""
    if isinstance(value, str):
        return _TEMPLATE.sub(lambda match: match[0][0] + match[0], value)
    if isinstance(value, list):
        return [_literal(one) for one in value]
    if isinstance(value, dict):
        return {key: _literal(one) for key, one in value.items()}
    return value


def _contexts(spec: BuildSpec, names: Mapping[str, str]) -> dict[str, str]:
    found = dict(spec.build.additional_contexts)
    for name, service in spec.upon.items():
        if service in names:
            found[name] = f"target:{names[service]}"
    return found


def _attestations(build: Build) -> Iterator[str]:
    for kind, asked in (("provenance", build.provenance), ("sbom", build.sbom)):
        if asked and asked != "false":
            yield f"type={kind}" if asked == "true" else f"type={kind},{asked}"


def _secret(id: str, source: str) -> str:
    variable = source.removeprefix("env:")
    return (
        f"id={id},type=env,env={variable}"
        if variable != source
        else (f"id={id},type=file,src={source}")
    )


def _ulimits(build: Build) -> Iterator[str]:
    for name, limit in sorted(build.ulimits.items()):
        yield (
            f"{name}={limit.soft}:{limit.hard}"
            if limit.single is None
            else (f"{name}={limit.single}")
        )


def _hosts(entries: Iterable[str]) -> dict[str, str]:
    """Return the addresses by name, several of one name as one text."""
    found: dict[str, str] = {}
    for entry in entries:
        name, _, address = entry.partition("=" if "=" in entry else ":")
        found[name] = f"{found[name]},{address}" if name in found else address
    return found
