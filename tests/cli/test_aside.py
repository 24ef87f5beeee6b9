from __future__ import annotations

from collections.abc import Callable

import pytest

from composer.cli.aside import Aside

PATIENCE = 10.0


def goes_wrong() -> None:
    raise ValueError("a bug")


def nobody_listens() -> None:
    raise BrokenPipeError


def does(*work: Callable[[], object], ends: BaseException | None = None) -> None:
    """Do `work` aside in a command that is over then, by `ends` if that is given."""
    with Aside(PATIENCE) as aside:
        for one in work:
            aside.do(one)
        if ends is not None:
            raise ends


def test_what_comes_after_something_that_went_wrong_is_done_and_the_end_tells() -> None:
    done: list[str] = []

    with pytest.raises(ValueError, match="a bug"):
        does(goes_wrong, lambda: done.append("the last word"))

    assert done == ["the last word"]


def test_what_went_wrong_beside_is_told_with_the_error_that_ended_the_command() -> None:
    with pytest.raises(ValueError, match="a bug") as caught:
        does(goes_wrong, ends=RuntimeError("the plan failed"))

    assert str(caught.value.__context__) == "the plan failed"


def test_a_second_ctrl_c_is_not_hidden_by_what_went_wrong_beside() -> None:
    with pytest.raises(KeyboardInterrupt):
        does(goes_wrong, ends=KeyboardInterrupt())


def test_that_nobody_listens_is_no_reason_to_stop() -> None:
    done: list[str] = []

    does(nobody_listens, lambda: done.append("said"))

    assert done == ["said"]
