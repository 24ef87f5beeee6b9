"""What plain scalars mean: observed on Docker Compose 2.40."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.loader.scalars import describe, go_number, resolve

VALUES = [
    *(("", None), ("~", None), ("null", None), ("NULL", None), ("nULL", "nULL")),
    *(("true", True), ("TRUE", True), ("False", False), ("tRue", "tRue")),
    *((word, word) for word in ("yes", "no", "on", "off", "y", "n", "Yes", "NO")),
    *(("0", 0), ("-0", 0), ("00", 0), ("+12", 12), ("010", 8), ("0777", 511), ("017", 15)),
    *(("0o17", 15), ("0O17", 15), ("-0o17", -15), ("0o8", "0o8"), ("08", 8.0)),
    *(("0x1F", 31), ("0X1f", 31), ("-0x1F", -31), ("0x_1F", 31), ("0x", "0x")),
    *(("0b101", 5), ("0B11", 3), ("-0b11", -3), ("0b12", "0b12")),
    *(("1_000", 1000), ("1__0_", 10), ("0777_", 511), ("_1", "_1")),
    *(("1e3", 1000.0), ("12e3", 12000.0), ("1.", 1.0), ("1.e3", 1000.0), ("-.5", -0.5)),
    *((".5", 0.5), ("+.5e3", 500.0), ("._5", "._5"), (".5_0", 0.5), ("1_0.5_0", 10.5)),
    *((".inf", math.inf), ("-.Inf", -math.inf), ("+.INF", math.inf), ("inf", "inf")),
    *(("1e999", "1e999"), ("99999999999999999999", 1e20), ("18446744073709551615", 2**64 - 1)),
    *(("1:30", "1:30"), ("22:22", "22:22"), ("8080:80", "8080:80"), ("1.5.2", "1.5.2")),
    *((".", "."), ("-", "-"), ("+", "+"), ("2001-01-01", "2001-01-01"), ("3.8", 3.8)),
    *(("<<", "<<"), ("1e", "1e"), ("0x" + "f" * 99, "0x" + "f" * 99), ("٣", "٣")),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_a_plain_scalar_is(text: str, value: object):
    found = resolve(text)
    assert (found, type(found)) == (value, type(value))


def test_not_a_number_is_a_number():
    assert isinstance(number := resolve(".NaN"), float)
    assert math.isnan(number)


def test_a_number_of_a_thousand_digits_does_no_harm():
    assert resolve("9" * 5000) == "9" * 5000
    assert resolve("0" * 5000) == 0.0


NUMBERS = [
    *((5, "5"), (10**20, "100000000000000000000"), (-3, "-3")),
    *((1.0, "1"), (1.10, "1.1"), (-0.5, "-0.5"), (-0.0, "-0"), (0.0, "0"), (500.0, "500")),
    *(
        (100000.0, "100000"),
        (1e6, "1e+06"),
        (1000000.5, "1.0000005e+06"),
        (123456.789, "123456.789"),
    ),
    *((1234567.0, "1.234567e+06"), (0.0001, "0.0001"), (1e-5, "1e-05"), (1e21, "1e+21")),
    *(
        (1e20, "1e+20"),
        (1e100, "1e+100"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ),
]


@pytest.mark.parametrize(("value", "text"), NUMBERS)
def test_a_number_is_printed_like_go(value: float, text: str):
    assert go_number(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_printed_number_is_the_same_number(value: float):
    assert float(go_number(value)) == value


@given(st.text())
def test_every_text_resolves(text: str):
    assert isinstance(resolve(text), str | int | float | bool | None)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "a mapping"),
        ([], "a list"),
        ("", "a text"),
        (1.5, "a number"),
        (None, "null"),
        (True, "true"),
    ],
)
def test_kinds_have_words_for_people(value: object, words: str):
    assert describe(value) == words
