from __future__ import annotations

import pytest

from composer.loader.shell_words import Words, split


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("  a   b\tc\n", ("a", "b", "c")),
        ('a "b c" d', ("a", "b c", "d")),
        ("a 'b \"c\"' d", ("a", 'b "c"', "d")),
        ("""sh -c "a && b" c\\ d "e\\nf\"""", ("sh", "-c", "a && b", "c d", "enf")),
        ("a '' \"\"", ("a", "", "")),
        ("a\"b c\"d'e f'", ("ab cde f",)),
        ("a 'b\\'", ("a", "b\\")),
        ("echo $X ${Y} $(a b) `c d`", ("echo", "$X", "${Y}", "$(a b)", "`c d`")),
        ('"x $(y z)"', ("x $(y z)",)),
        ("a#b # c", ("a#b", "#", "c")),
        ("`a \\b 'c`' d` e", ("`a b c` d`", "e")),
        ("$(a 'b) c", ("$(a 'b)", "c")),
        ('a "$"(b;c)', ("a", "$(b;c)")),
        (") a;b )", (") a;b )",)),
    ],
)
def test_words_are_split_at_blanks_outside_quotes(text: str, words: tuple[str, ...]) -> None:
    assert split(text) == Words(words)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a && b", Words(("a",), "&& b")),
        ("a; b", Words(("a",), "; b")),
        ("a | b", Words(("a",), "| b")),
        ("a >b", Words(("a",), ">b")),
        ("a 2>b", Words(("a",), ">b")),
        ("a 2 >b", Words(("a", "2"), ">b")),
        ("a b2>c", Words(("a", "b2"), ">c")),
    ],
)
def test_an_operator_ends_the_command(text: str, found: Words) -> None:
    assert split(text) == found


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('a "b', 'has a " that is never closed'),
        ("a 'b", "has a ' that is never closed"),
        ("a \\", "ends with a lonely backslash"),
        ('a "b\\', 'has a " that is never closed'),
        ("a `b", "has a ` that is never closed"),
        ("a $(b", "has a $( that is never closed"),
        ("echo (a)", "has a ( outside quotes"),
        ("a)", "has a ) outside quotes"),
        ("$(a $(b c) d)", "has a ( outside quotes"),
        ('`a "`"', "has a ` that is never closed"),
    ],
)
def test_what_is_left_open_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(ValueError) as raised:
        split(text)

    assert str(raised.value) == complaint
