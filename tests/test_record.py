"""Records are dataclasses, to people and to the standard library."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Mapping

import pytest

from composer.record import dataclass, field, fields, is_dataclass, replace


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0
    label: str | None = field(default=None, compare=False)
    tags: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    name: str


@dataclass(slots=True)
class Counter:
    count: int = 0
    seen: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Single:
    name: str


def test_what_is_not_given_has_its_default() -> None:
    point = Point(1)

    assert (point.x, point.y, point.label, point.tags) == (1, 0, None, {})


def test_a_default_that_is_made_is_made_anew_each_time() -> None:
    assert Counter().seen is not Counter().seen


def test_fields_are_given_by_place_or_by_name() -> None:
    assert Point(1, 2) == Point(y=2, x=1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: Point(), "Point is missing 'x'"),
        (lambda: Point(1, z=2), "Point has no field 'z'"),
        (lambda: Point(1, x=2), r"Point got two values for \['x'\]"),
        (lambda: Point(1, 2, None, {}, 5), "Point takes no 5 positional arguments"),
        (lambda: Named("web"), "Named takes no 1 positional arguments"),
        (lambda: replace(Point(1), z=2), "Point has no field 'z'"),
    ],
)
def test_what_does_not_fit_is_refused(wrong, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TypeError, match=message):
        wrong()


def test_what_records_do_not_have_is_refused_when_the_class_is_made() -> None:
    with pytest.raises(TypeError, match="Prepared: no record has __post_init__"):

        @dataclass()
        class Prepared:
            def __post_init__(self) -> None: ...

    with pytest.raises(TypeError, match="Heir: no record has"):

        @dataclass()
        class Heir(Point):
            z: int = 0


def test_a_frozen_record_cannot_be_changed() -> None:
    point = Point(1)

    with pytest.raises(dataclasses.FrozenInstanceError):
        point.x = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del point.x
    assert point == Point(1)


def test_a_record_that_is_not_frozen_can_be_changed_and_not_hashed() -> None:
    counter = Counter()
    counter.count += 1

    assert counter == Counter(1)
    with pytest.raises(TypeError):
        hash(counter)


def test_records_are_equal_by_class_and_compared_fields() -> None:
    assert Point(1, 2, "a") == Point(1, 2, "b")
    assert Point(1, 2) != Point(1, 3)
    assert Named(name="web") != Single("web")
    assert hash(Point(1, 2, "a")) == hash(Point(1, 2, "b"))


def test_a_record_without_equality_is_like_no_other() -> None:
    assert Single("web") != Single("web")


def test_a_record_shows_its_fields() -> None:
    assert repr(Point(1, label="a", tags={"b": "c"})) == "Point(x=1, y=0, label='a')"


def test_a_record_has_no_room_for_more_than_its_fields() -> None:
    assert not hasattr(Counter(), "__dict__")


def test_a_record_is_replaced_field_by_field() -> None:
    assert replace(Point(1, 2), y=3) == Point(1, 3)


def test_positional_patterns_match_the_fields_that_can_be_given_by_place() -> None:
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
    assert Named.__match_args__ == ()


def test_records_are_copied_and_pickled_like_other_values() -> None:
    assert copy.deepcopy(Point(1, 2)) == pickle.loads(pickle.dumps(Point(1, 2))) == Point(1, 2)


def test_the_standard_library_takes_a_record_for_a_dataclass() -> None:
    assert dataclasses.is_dataclass(Point)
    assert dataclasses.replace(Point(1), y=2) == Point(1, 2)
    assert dataclasses.asdict(Point(1)) == {"x": 1, "y": 0, "label": None, "tags": {}}
    for ours, theirs in zip(fields(Point), dataclasses.fields(Point), strict=True):
        assert (ours.name, ours.compare, ours.repr) == (theirs.name, theirs.compare, theirs.repr)


def test_classes_and_values_are_told_from_what_is_no_record() -> None:
    assert [is_dataclass(one) for one in (Point, Point(1), int, 1)] == [True, True, False, False]
