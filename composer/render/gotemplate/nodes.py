"""What a template is made of.  `at` is where in its text a node begins, `text` the node itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from composer.record import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, a text, true, false, or nil."""

    value: object
    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """What `path` leads to from dot (`.A.B`), a variable (`$x.A`) or a node (`(…).A`).

    `base` is "." or the variable's name or the node; an empty path is the base itself.
    """

    base: str | Node
    path: tuple[str, ...]
    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    at: int

    @property
    def text(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Command:
    """The first part may be a function or a field that takes the others as arguments."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Pipe:
    """Commands, each of which gets the value of the one before as its last argument.

    The value is that of the last; `variables` get it too, made anew with `declares`.
    """

    commands: tuple[Command, ...]
    at: int
    text: str
    variables: tuple[str, ...] = ()
    declares: bool = False


@dataclass(frozen=True, slots=True)
class Branch:
    """`kind` is if, with or range."""

    kind: str
    pipe: Pipe
    body: Body
    otherwise: Body = ()


@dataclass(frozen=True, slots=True)
class Leap:
    """break or continue."""

    kind: str


@dataclass(frozen=True, slots=True)
class Inclusion:
    """{{template "name" pipe}}."""

    name: str
    pipe: Pipe | None
    at: int


Node: TypeAlias = "Literal | Reference | Function | Pipe"
Statement: TypeAlias = "Text | Pipe | Branch | Leap | Inclusion"
Body: TypeAlias = "tuple[Statement, ...]"


@dataclass(frozen=True, slots=True)
class Template:
    """`body`, and the templates that it defines by name."""

    body: Body
    defined: Mapping[str, Body]
