"""Dataclasses that cost nothing until they are used.

The standard library writes, compiles and runs the source of six methods for
every dataclass, half a millisecond for each of more than a hundred classes; a
command uses a dozen of them.  Here the methods are shared, led by a description
of the class that is made at its first use, and the class is a dataclass to the
type checker and to `dataclasses.replace` and `fields` alike.  The only module
that imports dataclasses.

What the house does not use is not there: a record inherits from no other, has
no __post_init__, and is not ordered.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import cached_property
from itertools import repeat
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["MISSING", "Field", "dataclass", "field", "fields", "is_dataclass", "replace"]

_NONE: Any = object()
"""What a field without a default has in its place."""


class _Field:
    """One field: its name, and what it is when nobody says."""

    __slots__ = ("compare", "default", "default_factory", "name", "repr")

    def __init__(
        self,
        default: Any = _NONE,
        default_factory: Any = _NONE,
        *,
        repr: bool = True,
        compare: bool = True,
    ) -> None:
        self.name = ""
        self.default = default
        self.default_factory = default_factory
        self.repr = repr
        self.compare = compare


def _field(
    *,
    default: Any = _NONE,
    default_factory: Any = _NONE,
    repr: bool = True,
    compare: bool = True,
) -> Any:
    return _Field(default, default_factory, repr=repr, compare=compare)


def _dataclass(
    *, frozen: bool = False, slots: bool = False, kw_only: bool = False, eq: bool = True
) -> Callable[[type], type]:
    """Make a class a record."""

    def make(kind: type) -> type:
        namespace = dict(vars(kind))
        if "__post_init__" in namespace or any(map(_is_dataclass, kind.__bases__)):
            raise TypeError(f"{kind.__name__}: no record has __post_init__ or a base that is one")
        names = [name for name, hint in kind.__annotations__.items() if not _of_class(hint)]
        defaults = {name: namespace.pop(name) for name in names if name in namespace}
        description = _Description(names, defaults, kw_only=kw_only)
        methods = {**_METHODS, **(_FROZEN if frozen else {}), **(_EQUAL if eq else {})}
        if eq:
            methods["__hash__"] = _hash if frozen else None
        namespace = {**methods, **namespace, "__record__": description}
        namespace["__match_args__"] = () if kw_only else tuple(names)
        namespace["__dataclass_fields__"] = _StandardFields()
        for name in ("__dict__", "__weakref__"):
            namespace.pop(name, None)
        if slots:
            namespace["__slots__"] = tuple(names)
        made = type(kind)(kind.__name__, kind.__bases__, namespace)
        made.__qualname__ = kind.__qualname__
        return made

    return make


def _fields(record: Any) -> tuple[_Field, ...]:
    """Return the fields of a record, or of its class, in their order."""
    return tuple(record.__record__.fields)


def _is_dataclass(value: object) -> bool:
    """Say whether `value` is a record, or the class of one."""
    return hasattr(value, "__record__")


def _replace(record: Any, /, **changes: Any) -> Any:
    """Return a copy of `record` with some fields changed."""
    known: _Description = record.__record__
    kind: Any = type(record)
    values = {**known.values(record), **changes}
    if len(values) != len(known.names):
        raise TypeError(f"{kind.__name__} has no field {next(reversed(values))!r}")
    copy = kind.__new__(kind)
    _fill(copy, values)
    return copy


class _Description:
    """What the methods of a record know about it."""

    def __init__(self, names: list[str], defaults: Mapping[str, Any], *, kw_only: bool) -> None:
        self.names = names
        self.kw_only = kw_only
        self._defaults = defaults

    @cached_property
    def fields(self) -> list[_Field]:
        return [self._field(name) for name in self.names]

    def _field(self, name: str) -> _Field:
        default = self._defaults.get(name, _NONE)
        field = default if isinstance(default, _Field) else _Field(default)
        field.name = name
        return field

    @cached_property
    def defaults(self) -> dict[str, Any]:
        """The default of each field in their order, _NONE for one that has none."""
        return {field.name: field.default for field in self.fields}

    @cached_property
    def factories(self) -> dict[str, Callable[[], Any]]:
        made = (field for field in self.fields if field.default_factory is not _NONE)
        return {field.name: field.default_factory for field in made}

    @cached_property
    def required(self) -> frozenset[str]:
        without = {name for name, default in self.defaults.items() if default is _NONE}
        return frozenset(without - self.factories.keys())

    @cached_property
    def read(self) -> Callable[[Any], tuple[Any, ...]]:
        return _reader(self.names)

    @cached_property
    def compared(self) -> Callable[[Any], tuple[Any, ...]]:
        return _reader([field.name for field in self.fields if field.compare])

    def values(self, record: Any) -> dict[str, Any]:
        return dict(zip(self.names, self.read(record), strict=True))


def _reader(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what reads several attributes at once."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)


def _fill(record: Any, values: Mapping[str, Any]) -> None:
    deque(map(object.__setattr__, repeat(record), values.keys(), values.values()), 0)


def _init(self: Any, *args: Any, **given: Any) -> None:
    known: _Description = self.__record__
    if args:
        given = _named(self, known, args, given)
    values = {**known.defaults, **given}
    for name, make in known.factories.items():
        if name not in given:
            values[name] = make()
    if len(values) > len(known.names) or not known.required <= given.keys():
        raise TypeError(_misfit(self, known, given))
    _fill(self, values)


def _named(
    self: Any, known: _Description, args: tuple[Any, ...], given: dict[str, Any]
) -> dict[str, Any]:
    """Return all arguments by their names."""
    if known.kw_only or len(args) > len(known.names):
        raise TypeError(f"{type(self).__name__} takes no {len(args)} positional arguments")
    named = dict(zip(known.names, args, strict=False))
    if twice := named.keys() & given.keys():
        raise TypeError(f"{type(self).__name__} got two values for {sorted(twice)}")
    return named | given


def _misfit(self: Any, known: _Description, given: Mapping[str, Any]) -> str:
    if strange := sorted(given.keys() - set(known.names)):
        return f"{type(self).__name__} has no field {', '.join(map(repr, strange))}"
    missing = sorted(known.required - given.keys())
    return f"{type(self).__name__} is missing {', '.join(map(repr, missing))}"


def _repr(self: Any) -> str:
    shown = (
        f"{field.name}={getattr(self, field.name)!r}"
        for field in self.__record__.fields
        if field.repr
    )
    return f"{type(self).__qualname__}({', '.join(shown)})"


def _equal(self: Any, other: Any) -> Any:
    if type(self) is not type(other):
        return NotImplemented
    compared = self.__record__.compared
    return compared(self) == compared(other)


def _hash(self: Any) -> int:
    return hash(self.__record__.compared(self))


def _refuse_change(self: Any, name: str, value: object = None) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot change field {name!r}")


def _state(self: Any) -> dict[str, Any]:
    values: dict[str, Any] = self.__record__.values(self)
    return values


_METHODS: Mapping[str, Any] = {
    "__init__": _init,
    "__repr__": _repr,
    "__replace__": _replace,
    "__getstate__": _state,
    "__setstate__": _fill,
}
_FROZEN: Mapping[str, Any] = {"__setattr__": _refuse_change, "__delattr__": _refuse_change}
_EQUAL: Mapping[str, Any] = {"__eq__": _equal}


def _of_class(hint: object) -> bool:
    return isinstance(hint, str) and hint.startswith("ClassVar")


class _StandardFields:
    """The fields as the standard library has them, made when it asks."""

    def __get__(self, record: object, kind: Any) -> Any:
        import dataclasses

        rows = [(one.name, Any, _standard(dataclasses, one)) for one in kind.__record__.fields]
        twin: Any = dataclasses.make_dataclass(kind.__name__, rows, kw_only=True)
        return twin.__dataclass_fields__


def _standard(dataclasses: Any, field: _Field) -> Any:
    """Return a field of the standard library like `field`."""
    settings = {"repr": field.repr, "compare": field.compare}
    for name in ("default", "default_factory"):
        if (value := getattr(field, name)) is not _NONE:
            settings[name] = value
    return dataclasses.field(**settings)


if TYPE_CHECKING:
    from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass, replace
else:
    MISSING, Field, dataclass, field = _NONE, _Field, _dataclass, _field
    fields, is_dataclass, replace = _fields, _is_dataclass, _replace
