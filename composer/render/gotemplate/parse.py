"""Words → nodes, as text/template's parser reads them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NoReturn

from composer.errors import did_you_mean
from composer.render.gotemplate.literals import character, number, unquoted
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
    Statement,
    Template,
    Text,
)
from composer.render.gotemplate.words import BadTemplate, Word, words

_OPERANDS = frozenset(
    {"(", "dot", "field", "letter", "name", "number", "string", "variable", "keyword"}
)


def parse(template: str, functions: Collection[str]) -> Template:
    """Return what `template` means; raises BadTemplate.  `functions` are those there are."""
    parser = _Parser(template, functions)
    body, stopper = parser.body()
    if stopper.kind != "end":
        parser.fail(stopper, f"{{{{{stopper.text}}}}} without an action that it belongs to")
    return Template(body, parser.defined)


class _Parser:
    """`defined` are templates by name; `_variables` those in sight; `_loops` how many ranges."""

    def __init__(self, template: str, functions: Collection[str]) -> None:
        self.defined: dict[str, Body] = {}
        self._template = template
        self._functions = functions
        self._words = words(template)
        self._next = 0
        self._variables = ["$"]
        self._loops = 0

    # Words

    def _peek(self) -> Word:
        return self._words[self._next]

    def _take(self) -> Word:
        word = self._words[self._next]
        self._next = min(self._next + 1, len(self._words) - 1)
        return word

    def _skip_space(self) -> Word:
        """Return the next word that is no space, and leave it there."""
        while self._peek().kind == "space":
            self._take()
        return self._peek()

    def _is(self, kind: str, text: str = "") -> bool:
        word = self._skip_space()
        return word.kind == kind and text in ("", word.text)

    def fail(self, word: Word, message: str, help: str | None = None) -> NoReturn:
        raise BadTemplate(message, word.at, max(len(word.text), 1), help=help)

    def _close(self, what: str) -> None:
        word = self._skip_space()
        if word.kind != "}}":
            self.fail(word, f"{word.text!r} is too much in {what}")
        self._take()

    # Statements

    def body(self) -> tuple[Body, Word]:
        """Return statements up to {{end}}, {{else}} or the end, and the word that stopped them."""
        found: list[Statement] = []
        while True:
            word = self._take()
            if word.kind == "end":
                return tuple(found), word
            if word.kind == "text":
                found.append(Text(word.text))
                continue
            first = self._skip_space()
            if first.kind == "keyword" and first.text in ("end", "else"):
                self._take()
                return tuple(found), first
            found += self._statement(first)

    def _statement(self, first: Word) -> list[Statement]:
        if first.kind != "keyword" or first.text == "nil":
            pipe = self._pipe("an action")
            self._close("an action")
            return [pipe]
        self._take()
        match first.text:
            case "if" | "with" | "range":
                return [self._branch(first)]
            case "break" | "continue":
                self._close(f"{{{{{first.text}}}}}")
                if not self._loops:
                    self.fail(first, f"{{{{{first.text}}}}} outside of a range")
                return [Leap(first.text)]
            case "template":
                return [self._inclusion(first)]
            case _:
                return self._definition(first)

    def _branch(self, opened: Word) -> Branch:
        depth = len(self._variables)
        pipe = self._pipe(opened.text, range=opened.text == "range")
        self._close(opened.text)
        self._loops += opened.text == "range"
        body, stopper = self.body()
        self._loops -= opened.text == "range"
        otherwise = self._otherwise(opened, stopper)
        del self._variables[depth:]
        return Branch(opened.text, pipe, body, otherwise)

    def _otherwise(self, opened: Word, stopper: Word) -> Body:
        """Take {{else}} and what follows, and the {{end}} of what was opened."""
        if stopper.text != "else":
            self._ended(opened, stopper)
            return ()
        word = self._skip_space()
        if word.kind == "keyword" and word.text in ("if", "with"):
            return (self._branch(self._take()),)  # it takes the {{end}} of both
        self._close("{{else}}")
        body, stopper = self.body()
        self._ended(opened, stopper)
        return body

    def _ended(self, opened: Word, stopper: Word) -> None:
        if stopper.kind == "end":
            self.fail(opened, f"{{{{{opened.text}}}}} without its {{{{end}}}}")
        if stopper.text != "end":
            self.fail(stopper, "a second {{else}}")
        self._close("{{end}}")

    def _inclusion(self, opened: Word) -> Inclusion:
        name = self._name_of(opened)
        pipe = None if self._is("}}") else self._pipe("template")
        self._close("{{template}}")
        return Inclusion(name, pipe, opened.at)

    def _definition(self, opened: Word) -> list[Statement]:
        """Take {{define}} or {{block}}; the latter is used where it stands."""
        name = self._name_of(opened)
        pipe = self._pipe("block") if opened.text == "block" else None
        self._close(f"{{{{{opened.text}}}}}")
        outer, self._variables = self._variables, ["$"]
        loops, self._loops = self._loops, 0
        self.defined[name], stopper = self.body()
        self._variables, self._loops = outer, loops
        self._ended(opened, stopper)
        return [] if pipe is None else [Inclusion(name, pipe, opened.at)]

    def _name_of(self, opened: Word) -> str:
        word = self._skip_space()
        if word.kind != "string":
            self.fail(word, f"{opened.text} needs a name in quotes")
        return str(self._literal(self._take()).value)

    # Pipes

    def _pipe(self, where: str, *, range: bool = False, until: str = "}}") -> Pipe:
        first = self._skip_space()
        variables, declares = self._targets(range=range)
        commands = []
        while not self._is(until):
            commands.append(self._command(where))
            if not self._is("|"):
                break
            self._take()
            if self._is(until):
                self.fail(self._peek(), "nothing stands behind |")
        if not commands:
            self.fail(self._skip_space(), f"{where} needs a value")
        self._variables += variables if declares else ()
        text = self._template[first.at : self._peek().at].strip()
        return Pipe(tuple(commands), first.at, text, variables, declares)

    def _targets(self, *, range: bool) -> tuple[tuple[str, ...], bool]:
        """Take `$x :=`, `$x =` or, in a range, `$i, $x :=`; nothing if it is none of these."""
        begin = self._next
        names = []
        while self._is("variable"):
            names.append(self._take())
            if not (range and len(names) < 2 and self._is(",")):
                break
            self._take()
        if not names or not (self._is("declare") or self._is("=")):
            self._next = begin
            return (), False
        declares = self._take().kind == "declare"
        for name in names:
            if not declares:
                self._known(name)
        return tuple(name.text for name in names), declares

    def _command(self, where: str) -> Command:
        parts: list[Node] = []
        while self._skip_space().kind in _OPERANDS:
            parts.append(self._operand())
            if self._peek().kind not in ("space", "|", ")", "}}"):
                word = self._peek()
                self.fail(word, f"{word.text!r} cannot stand behind {parts[-1].text!r}")
        if not parts:
            word = self._skip_space()
            self.fail(word, f"{word.text or 'the end'!r} where {where} needs a value")
        first = parts[0]
        if len(parts) > 1 and isinstance(first, Literal):
            self._no_arguments(first)
        return Command(tuple(parts))

    def _no_arguments(self, first: Literal) -> NoReturn:
        raise BadTemplate(f"{first.text} takes no arguments", first.at, len(first.text))

    def _operand(self) -> Node:
        term = self._term(self._take())
        path: list[str] = []
        while self._peek().kind == "field":
            path.append(self._take().text[1:])
        if not path:
            return term
        text = self._template[term.at : self._peek().at]
        if isinstance(term, Reference):
            return Reference(term.base, (*term.path, *path), term.at, text)
        if isinstance(term, (Literal, Function)):
            what = "a function" if isinstance(term, Function) else "a value"
            help = "put it in parentheses" if isinstance(term, Function) else None
            raise BadTemplate(
                f"{term.text} is {what} and has no field", term.at, len(text), help=help
            )
        return Reference(term, tuple(path), term.at, text)

    def _term(self, word: Word) -> Node:
        if word.kind == "(":
            pipe = self._pipe("( )", until=")")
            if not self._is(")"):
                self.fail(word, "( without its )")
            self._take()
            return pipe
        if word.kind == "dot":
            return Reference(".", (), word.at, ".")
        if word.kind == "field":
            return Reference(".", (word.text[1:],), word.at, word.text)
        if word.kind == "variable":
            self._known(word)
            return Reference(word.text, (), word.at, word.text)
        if word.kind == "name" and word.text not in ("true", "false"):
            self._is_function(word)
            return Function(word.text, word.at)
        if word.kind == "keyword" and word.text != "nil":
            self.fail(word, f"{word.text!r} stands at the beginning of an action only")
        return self._literal(word)

    def _literal(self, word: Word) -> Literal:
        readers: dict[str, Callable[[str], object]] = {
            "string": unquoted,
            "letter": character,
            "number": number,
        }
        constants = {"true": True, "false": False, "nil": None}
        if word.text in constants:
            return Literal(constants[word.text], word.at, word.text)
        try:
            return Literal(readers[word.kind](word.text), word.at, word.text)
        except ValueError as error:
            self.fail(word, f"{word.text}: {error}")

    def _known(self, word: Word) -> None:
        if word.text not in self._variables:
            hint = did_you_mean(word.text, self._variables[1:])
            self.fail(word, f"there is no variable {word.text!r}", hint)

    def _is_function(self, word: Word) -> None:
        if word.text not in self._functions:
            hint = did_you_mean(word.text, self._functions) or f"a field has a dot: .{word.text}"
            self.fail(word, f"there is no function {word.text!r}", hint)
