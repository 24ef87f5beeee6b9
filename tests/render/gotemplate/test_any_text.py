"""Whatever is written between two braces, it is text or an error with a place, never a bug."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from composer.render.gotemplate.functions import NAMES
from composer.render.gotemplate.parse import parse
from composer.render.gotemplate.run import Filling
from composer.render.gotemplate.values import Row, Struct
from composer.render.gotemplate.words import KEYWORDS, BadTemplate

ROW = Row({"A": "text", "B": [Struct({"C": 1})], "D": {"k": "v"}, "E": 7, "L": str.upper})
SIGNS = ["{{", "}}", "{{- ", " -}}", ".", ".A", ".B", ".C", ".D", ".L", "$", "$x", ":=", "=", ","]
SIGNS += ["|", "(", ")", " ", "\n", "\t", "/*", "*/", '"', '"%*d %s"', "`", "'", "'a'", "\\", "é"]
SIGNS += ["0", "1", "-1", "1.5", "0x", "1e99", "99999999999", "true", *sorted(NAMES | KEYWORDS)]

texts = st.lists(st.sampled_from(SIGNS), max_size=12).map("".join)
actions = texts.map(lambda text: "{{" + text + "}}")


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(actions, texts), max_size=4).map("".join))
def test_any_text_is_filled_or_refused_at_a_place(text: str) -> None:
    assert place(text) in range(-1, len(text) + 1)


def place(text: str) -> int:
    """Return where `text` is wrong, -1 if it is not."""
    try:
        Filling(parse(text, NAMES)).fill(ROW)
    except BadTemplate as error:
        return error.at
    return -1
