"""Builds as a bake file of buildx, for `build --print`."""

from __future__ import annotations

from collections.abc import Mapping

from composer.model.operations import BuildImage
from composer.model.plan import Plan
from composer.model.resources import BuildSpec

Tree = Mapping[str, object]


def bake_tree(plan: Plan) -> Tree:
    """Return the builds of `plan` as a tree for JSON."""
    specs = [step.operation.spec for step in plan.steps if isinstance(step.operation, BuildImage)]
    return {
        "group": {"default": {"targets": [spec.service for spec in specs]}},
        "target": {spec.service: _target(spec) for spec in specs},
    }


def _target(spec: BuildSpec) -> Tree:
    build = spec.build
    tree: dict[str, object] = {
        "context": build.context,
        "contexts": dict(build.additional_contexts),
        "dockerfile": build.dockerfile,
        "dockerfile-inline": build.dockerfile_inline,
        "args": dict(build.args),
        "labels": dict(spec.labels),
        "tags": list(spec.tags),
        "cache-from": list(build.cache_from),
        "cache-to": list(build.cache_to),
        "target": build.target,
        "secret": [_secret(key, source) for key, source in spec.secrets.items()],
        "ssh": [f"{key}={path}" if path else key for key, path in build.ssh.items()],
        "platforms": list(build.platforms or ([spec.platform] if spec.platform else [])),
        "pull": spec.pull,
        "no-cache": spec.no_cache,
        "network": build.network,
        "entitlements": list(build.entitlements),
        "extra-hosts": dict(_host(entry) for entry in build.extra_hosts),
    }
    return {key: value for key, value in tree.items() if value}


def _secret(key: str, source: str) -> str:
    name = source.removeprefix("env:")
    return f"id={key},env={name}" if name != source else f"id={key},src={source}"


def _host(entry: str) -> tuple[str, str]:
    name, _, address = entry.partition("=" if "=" in entry else ":")
    return name, address
