"""Nodes × a value → text: what text/template's Execute does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from composer.errors import did_you_mean
from composer.render.gotemplate.functions import FUNCTIONS, Known, fits
from composer.render.gotemplate.nodes import (
    Body,
    Branch,
    Command,
    Function,
    Inclusion,
    Leap,
    Literal,
    Node,
    Pipe,
    Reference,
    Template,
    Text,
)
from composer.render.gotemplate.values import Struct, kind, shown, true
from composer.render.gotemplate.words import BadTemplate

_DEEPEST = 1000  # inclusions in each other, of which one may include itself
_NONE: object = object()
"""What a pipe's first command gets from before it."""


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


class Filling:
    """Fills a template.  `text` is what it has made so far, also after an error."""

    def __init__(self, template: Template, functions: Mapping[str, Known] = FUNCTIONS) -> None:
        self._template = template
        self._functions = functions
        self._parts: list[str] = []
        self._variables: list[tuple[str, object]] = []
        self._depth = 0

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def fill(self, dot: object) -> str:
        """Return the template filled for one value; raises BadTemplate."""
        self._parts = []
        self._variables = [("$", dot)]
        self._body(self._template.body, dot)
        return self.text

    # Statements

    def _body(self, body: Body, dot: object) -> None:
        for statement in body:
            match statement:
                case Text():
                    self._parts.append(statement.text)
                case Pipe():
                    value = self._pipe(statement, dot)
                    if not statement.variables:
                        self._print(value, statement)
                case Branch(kind="range"):
                    self._range(statement, dot)
                case Branch():
                    self._branch(statement, dot)
                case Leap():
                    raise _Break if statement.kind == "break" else _Continue
                case Inclusion():
                    self._include(statement, dot)

    def _print(self, value: object, pipe: Pipe) -> None:
        if callable(value):
            raise BadTemplate(f"{pipe.text} is {kind(value)}", pipe.at, len(pipe.text))
        self._parts.append(shown(value))

    def _branch(self, branch: Branch, dot: object) -> None:
        depth = len(self._variables)
        value = self._pipe(branch.pipe, dot)
        if true(value):
            self._body(branch.body, value if branch.kind == "with" else dot)
        else:
            self._body(branch.otherwise, dot)
        del self._variables[depth:]

    def _range(self, branch: Branch, dot: object) -> None:
        depth = len(self._variables)
        pipe = branch.pipe
        pairs = list(self._items(self._pipe(pipe, dot, assign=False), pipe))
        if not pairs:
            self._body(branch.otherwise, dot)
        try:
            for key, item in pairs:
                wanted = (item,) if len(pipe.variables) == 1 else (key, item)
                self._assign(pipe, wanted)
                try:
                    self._body(branch.body, item)
                except _Continue:
                    pass
                finally:
                    del self._variables[depth:]
        except _Break:
            pass

    def _items(self, value: object, pipe: Pipe) -> Iterator[tuple[object, object]]:
        match value:
            case None:
                return
            case str() if not value:  # a header that there is not
                return
            case list() | tuple():
                yield from enumerate(value)
            case Mapping() if not isinstance(value, Struct):
                yield from ((key, value[key]) for key in sorted(value))
            case int() if not isinstance(value, bool):
                yield from ((number, number) for number in range(value))
            case _:
                text = f"range goes over lists, and {pipe.text} is {kind(value)}"
                raise BadTemplate(text, pipe.at, len(pipe.text))

    def _include(self, inclusion: Inclusion, dot: object) -> None:
        body = self._template.defined.get(inclusion.name)
        if body is None:
            hint = did_you_mean(inclusion.name, self._template.defined)
            raise BadTemplate(
                f"there is no template {inclusion.name!r}", inclusion.at, len("template"), help=hint
            )
        if self._depth > _DEEPEST // 10:
            raise BadTemplate("templates that include each other for ever", inclusion.at)
        value = self._pipe(inclusion.pipe, dot) if inclusion.pipe else None
        outer, self._variables = self._variables, [("$", value)]
        self._depth += 1
        self._body(body, value)
        self._depth -= 1
        self._variables = outer

    # Values

    def _pipe(self, pipe: Pipe, dot: object, *, assign: bool = True) -> object:
        value = _NONE
        for command in pipe.commands:
            value = self._command(command, dot, value)
        if assign:
            self._assign(pipe, (value,))
        return value

    def _assign(self, pipe: Pipe, values: Sequence[object]) -> None:
        for name, value in zip(pipe.variables, values, strict=False):
            if pipe.declares:
                self._variables.append((name, value))
                continue
            places = [at for at, known in enumerate(self._variables) if known[0] == name]
            self._variables[places[-1]] = (name, value)

    def _command(self, command: Command, dot: object, last: object) -> object:
        first, *rest = command.parts
        if isinstance(first, Function):
            if first.name in ("and", "or"):
                return self._either(first, rest, dot, last)
            return self._call(first, self._arguments(rest, dot, last))
        if isinstance(first, Reference) and first.path:
            return self._follow(first, dot, self._arguments(rest, dot, last))
        if isinstance(first, Literal) and first.value is None:
            raise BadTemplate("nil is no command", first.at, len(first.text))
        if rest or last is not _NONE:
            raise BadTemplate(f"{first.text} takes no arguments", first.at, len(first.text))
        return self._value(first, dot)

    def _arguments(self, parts: Sequence[Node], dot: object, last: object) -> list[object]:
        given = [self._value(part, dot) for part in parts]
        return given if last is _NONE else [*given, last]

    def _value(self, node: Node, dot: object) -> object:
        match node:
            case Literal():
                return node.value
            case Reference():
                return self._follow(node, dot, [])
            case Function():
                return self._command(Command((node,)), dot, _NONE)
            case Pipe():
                return self._pipe(node, dot)

    def _either(
        self, function: Function, parts: Sequence[Node], dot: object, last: object
    ) -> object:
        """Return the first that decides: of `or` one that is true, of `and` one that is not."""
        decides = function.name == "or"
        value: object = _NONE
        for part in parts:
            value = self._value(part, dot)
            if true(value) is decides:
                return value
        value = value if last is _NONE else last
        if value is _NONE:
            raise self._wrong(function, "takes at least one argument")
        return value

    def _call(self, function: Function, values: Sequence[object]) -> object:
        known = self._functions[function.name]
        least = len(known.takes) - known.more
        if len(values) < least or (len(values) > least and not known.more):
            count = f"{'at least ' * known.more}{least} argument{'s' * (least != 1)}"
            raise self._wrong(function, f"takes {count}, not {len(values)}")
        for number, value in enumerate(values):
            wanted = known.takes[min(number, len(known.takes) - 1)]
            if not fits(value, wanted):
                article = "a " if wanted in ("text", "number", "list") else ""
                text = f"takes {article}{wanted}, not {kind(value)}, as argument {number + 1}"
                raise self._wrong(function, text)
        try:
            return known.call(*values)
        except ValueError as error:
            raise self._wrong(function, str(error), colon=True) from None

    def _wrong(self, function: Function, text: str, *, colon: bool = False) -> BadTemplate:
        return BadTemplate(f"{function.name}{':' * colon} {text}", function.at, len(function.name))

    def _follow(self, reference: Reference, dot: object, arguments: list[object]) -> object:
        """Return what the path leads to; its last name gets the arguments."""
        value = self._base(reference, dot)
        for number, name in enumerate(reference.path):
            last = number == len(reference.path) - 1
            value = self._field(reference, value, name, arguments if last else [])
        return value

    def _base(self, reference: Reference, dot: object) -> object:
        if not isinstance(reference.base, str):
            return self._value(reference.base, dot)
        if reference.base == ".":
            return dot
        return next(value for name, value in reversed(self._variables) if name == reference.base)

    def _field(
        self, reference: Reference, value: object, name: str, arguments: list[object]
    ) -> object:
        at, width = reference.at, len(reference.text)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise BadTemplate(f"{kind(value)} has no field {name!r}", at, width)
        if name not in value:
            if not isinstance(value, Struct):
                return None
            hint = did_you_mean(name, value) or f"there are {', '.join(sorted(value))}"
            raise BadTemplate(f"there is no field {name!r}", at, width, help=hint)
        found = value[name]
        if callable(found):
            return _called(found, reference, name, arguments)
        if arguments:
            raise BadTemplate(f".{name} takes no arguments", at, width)
        return found


def _called(
    method: Callable[..., object], reference: Reference, name: str, arguments: list[object]
) -> object:
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        text = f'.{name} takes one text: .{name} "…"'
        raise BadTemplate(text, reference.at, len(reference.text))
    return method(arguments[0])
