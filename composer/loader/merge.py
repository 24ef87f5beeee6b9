"""Merge a document onto another: compose-spec 13-merge.md, as Docker Compose really does it.

Scalars are replaced, maps merged by key, lists appended; `_RULES` holds the
exceptions.  Where one side may be written short and the other long, both are
brought to the form that merges by key first.  What an appended list repeats is
the business of unique.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from typing import Any

from composer.loader import forms
from composer.loader.nodes import MarkedList, MarkedMap, deep_copy
from composer.loader.rules import Rules
from composer.record import dataclass
from composer.source import Path, SourceMark


def merge(
    base: MarkedMap, over: MarkedMap, overrides: Collection[Path] = (), *, written: bool = False
) -> MarkedMap:
    """Return a new tree: `base` with `over` on top.

    What stands at one of `overrides`, paths in `over`, replaces instead of merging.
    With `written`, entries are merged to lists of `K=V`, not to maps.
    """
    rules = _written()[0] if written else _RULES
    return _Merge(frozenset(overrides)).maps(base, over, (), rules)


def merge_service(
    base: MarkedMap, over: MarkedMap, overrides: Collection[Path] = (), *, written: bool = False
) -> MarkedMap:
    """Return a service made of `base` with `over` on top; paths begin below the service."""
    rules = _written()[1] if written else _SERVICE
    return _Merge(frozenset(overrides)).maps(base, over, (), rules)


@dataclass(frozen=True, slots=True)
class _Rule:
    """How two values of one attribute become one.

    `form` is applied to both sides first.  `replace` takes the later one whole.
    With `null`, a later null is a value; elsewhere it keeps what is inherited.
    """

    form: forms.Form | None = None
    replace: bool = False
    null: bool = False
    join: Callable[[_Merge, Any, Any, Path], Any] | None = None


@dataclass(frozen=True, slots=True)
class _Merge:
    overrides: frozenset[Path]

    def maps(
        self, base: MarkedMap, over: MarkedMap, path: Path, rules: Rules[_Rule] | None
    ) -> MarkedMap:
        merged: MarkedMap = base.copy() if path else deep_copy(base)
        for key, value in over.items():
            below = rules.step(key) if rules is not None else None
            self._put(merged, over, key, value, (*path, key), below)
        return merged

    def _put(
        self,
        merged: MarkedMap,
        over: MarkedMap,
        key: str,
        value: Any,
        path: Path,
        rules: Rules[_Rule] | None,
    ) -> None:
        """Merge one key of `over` into `merged`."""
        rule = (rules.value if rules is not None else None) or _PLAIN
        if path in self.overrides and value is None and not rule.null:
            merged.drop(key)
        elif path in self.overrides or rule.replace or merged.get(key) is None:
            if value is not None or rule.null or key not in merged:
                _take(merged, over, key, value)
        elif value is not None:
            old = _formed(rule, merged[key], merged.mark_of(key))
            new = _formed(rule, value, over.mark_of(key))
            joined = self._join(old, new, path, rule, rules)
            if joined is new:
                _take(merged, over, key, deep_copy(new))
            else:
                merged[key] = joined
        elif rule.null:
            _take(merged, over, key, None)
        elif rule.form is forms.as_pairs:  # a null counts as a list of none
            merged[key] = forms.as_pairs(merged[key], merged.mark_of(key))

    def _join(self, old: Any, new: Any, path: Path, rule: _Rule, rules: Rules[_Rule] | None) -> Any:
        """Return what becomes of two values; `new` itself when it replaces the old one."""
        if rule.join is not None:
            return rule.join(self, old, new, path)
        if isinstance(old, MarkedMap) and isinstance(new, MarkedMap):
            return self.maps(old, new, path, rules)
        if isinstance(old, MarkedList) and isinstance(new, MarkedList):
            return _appended(old, new)
        return new


def _formed(rule: _Rule, value: Any, mark: SourceMark | None) -> Any:
    return value if rule.form is None else rule.form(value, mark)


def _take(merged: MarkedMap, over: MarkedMap, key: str, value: Any) -> None:
    """Set `key` to `value` with the marks it has in `over`, and no others."""
    merged.keys_at.pop(key, None)
    merged.values_at.pop(key, None)
    merged.put(key, deep_copy(value), over.keys_at.get(key), over.values_at.get(key))


def _appended(old: MarkedList, new: MarkedList) -> MarkedList:
    both = old.copy()
    for item, mark in zip(new, new.items_at, strict=True):
        both.add(deep_copy(item), mark)
    return both


def _hosts(merge: _Merge, old: Any, new: Any, path: Path) -> Any:
    """Hosts are appended but for those that are there already."""
    if not isinstance(old, MarkedList) or not isinstance(new, MarkedList):
        return new
    known = {_host(item) for item in old if isinstance(item, str)}
    added = MarkedList(new.mark)
    for item, mark in zip(new, new.items_at, strict=True):
        if not isinstance(item, str) or _host(item) not in known:
            added.add(item, mark)
    return _appended(old, added)


def _host(item: str) -> str:
    """Return what `HOST=ADDRESS` and `HOST:ADDRESS` have in common."""
    return item if "=" in item else item.replace(":", "=", 1)


def _logging(merge: _Merge, old: Any, new: Any, path: Path) -> Any:
    """Options mean something to one driver only: another driver replaces them all."""
    if not isinstance(old, MarkedMap) or not isinstance(new, MarkedMap):
        return new
    if old.get("driver") and new.get("driver") and old["driver"] != new["driver"]:
        return new
    return merge.maps(old, new, path, None)


def _gpus(merge: _Merge, old: Any, new: Any, path: Path) -> Any:
    """Requests are appended; `all` replaces, and is replaced."""
    if not isinstance(old, MarkedList) or not isinstance(new, MarkedList):
        return new
    return _appended(old, new)


def _pools(merge: _Merge, old: Any, new: Any, path: Path) -> Any:
    """The later address pools count, each upon the earlier one of its subnet."""
    if not isinstance(old, MarkedList) or not isinstance(new, MarkedList):
        return new
    known = {_subnet(pool): pool for pool in old}
    pools = MarkedList(new.mark)
    for at, (pool, mark) in enumerate(zip(new, new.items_at, strict=True)):
        base = known.get(_subnet(pool))
        if isinstance(base, MarkedMap) and isinstance(pool, MarkedMap):
            pools.add(merge.maps(base, pool, (*path, at), None), mark)
        else:
            pools.add(deep_copy(pool), mark)
    return pools


def _subnet(pool: Any) -> str | None:
    subnet = pool.get("subnet") if isinstance(pool, MarkedMap) else None
    return subnet if isinstance(subnet, str) else None


def _entries(form: forms.Form, *at: str) -> dict[str, _Rule]:
    """Return the rows for attributes of `K=V` entries, in which null is a value."""
    rows: dict[str, _Rule] = {}
    for attribute in at:
        rows[attribute] = _Rule(form=form)
        rows[f"{attribute}.*"] = _Rule(null=True)
    return rows


_PLAIN = _Rule()
_REPLACED = _Rule(replace=True)
_COMMAND = _Rule(replace=True, null=True)
_REFERENCES = _Rule(form=forms.as_references)

_SERVICE_RULES: dict[str, _Rule] = {
    **_entries(forms.as_entries(None), "environment", "build.args", "build.ssh"),
    **_entries(forms.as_entries(""), "annotations", "labels", "sysctls", "deploy.labels"),
    **_entries(forms.as_entries(""), "build.labels", "build.additional_contexts"),
    **dict.fromkeys(
        ("dns", "dns_opt", "dns_search", "env_file", "label_file", "tmpfs"),
        _Rule(form=forms.as_list),
    ),
    **dict.fromkeys(("extra_hosts", "build.extra_hosts"), _Rule(form=forms.as_hosts, join=_hosts)),
    "build": _Rule(form=forms.as_build),
    "build.no_cache_filter": _Rule(form=forms.as_list),
    "build.ulimits.*": _REPLACED,
    "command": _COMMAND,
    "depends_on": _Rule(form=forms.as_dependencies),
    "entrypoint": _COMMAND,
    "gpus": _Rule(join=_gpus),
    "healthcheck.test": _REPLACED,
    "logging": _Rule(join=_logging),
    "models": _REFERENCES,
    "networks": _REFERENCES,
    "ulimits.*": _REPLACED,
}

_LABELS = tuple(f"{section}.*.labels" for section in ("networks", "volumes", "configs", "secrets"))


def _of_project(service: dict[str, _Rule], **others: _Rule) -> Rules[_Rule]:
    """Return the rules of a whole model; those of `service` hold for a job too."""
    return Rules.of(
        {
            **{
                f"{section}.*.{attribute}": rule
                for section in ("services", "jobs")
                for attribute, rule in service.items()
            },
            "networks.*.ipam.config": _Rule(join=_pools),
            **others,
        }
    )


_SERVICE: Rules[_Rule] = Rules.of(_SERVICE_RULES)
_RULES: Rules[_Rule] = _of_project(_SERVICE_RULES, **_entries(forms.as_entries(""), *_LABELS))


@cache
def _written() -> tuple[Rules[_Rule], Rules[_Rule]]:
    """Return the rules of a model and of a service whose entries become lists."""
    pairs = _Rule(form=forms.as_pairs)
    entries = ("annotations", "build.args", "build.labels", "deploy.labels", "environment")
    service = {**_SERVICE_RULES, **dict.fromkeys((*entries, "labels", "sysctls"), pairs)}
    labels = {
        **_entries(forms.as_entries(""), *_LABELS),
        **dict.fromkeys(("networks.*.labels", "volumes.*.labels"), pairs),
    }
    return _of_project(service, **labels), Rules.of(service)
