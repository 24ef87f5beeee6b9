from __future__ import annotations

import pytest

from composer.cli.flags import assignments, number, scales
from composer.cli.parser import Parser, Switch
from composer.errors import UsageError


@pytest.fixture
def parser() -> Parser:
    made = Parser("composer up", "Create things")
    made.operand("services", "SERVICE", "*")
    made.add_argument("-d", "--detach", action=Switch, help="Leave it running")
    made.add_argument("-V", "--renew", action=Switch)
    made.add_argument("-t", "--timeout", type=number("--timeout"), metavar="SECONDS", help="Time")
    made.add_argument("--scale", action="append", default=[])
    return made


def refusal(parser: Parser, *argv: str) -> str:
    with pytest.raises(UsageError) as caught:
        parser.parse(argv)
    return f"{caught.value.message} ({caught.value.help})"


def test_flags_and_services_may_be_mixed(parser: Parser) -> None:
    given = parser.parse(["web", "-d", "db", "--scale", "web=2"])

    assert (given.services, given.detach, given.scale) == (("web", "db"), True, ["web=2"])


def test_short_flags_may_share_a_dash_and_hold_their_value(parser: Parser) -> None:
    given = parser.parse(["-dVt5"])

    assert (given.detach, given.renew, given.timeout) == (True, True, 5)


@pytest.mark.parametrize(
    "argv", [["-t5"], ["-t=5"], ["-t", "5"], ["--timeout=5"], ["--timeout", "5"]]
)
def test_a_value_may_be_written_in_five_ways(parser: Parser, argv: list[str]) -> None:
    assert parser.parse(argv).timeout == 5


def test_a_value_may_begin_with_a_dash(parser: Parser) -> None:
    assert parser.parse(["--timeout", "-1"]).timeout == -1


def test_a_switch_can_be_switched_off(parser: Parser) -> None:
    assert parser.parse(["-d", "--detach=false"]).detach is False


def test_what_follows_two_dashes_is_never_a_flag(parser: Parser) -> None:
    assert parser.parse(["--", "-d"]).services == ("-d",)


def test_names_of_flags_are_not_abbreviated(parser: Parser) -> None:
    assert refusal(parser, "--det") == "unknown flag: --det (did you mean '--detach'?)"


def test_an_unknown_letter_is_named_with_its_word(parser: Parser) -> None:
    assert refusal(parser, "-dz") == "unknown shorthand flag: 'z' in -dz (see composer up --help)"


def test_dashes_do_not_make_flags_alike(parser: Parser) -> None:
    assert refusal(parser, "--detour") == "unknown flag: --detour (see composer up --help)"


def test_a_switch_is_true_or_false_and_nothing_else(parser: Parser) -> None:
    assert refusal(parser, "--detach=maybe").startswith(
        'invalid argument "maybe" for "-d, --detach" flag: neither true nor false'
    )


def test_a_flag_without_its_value_is_refused(parser: Parser) -> None:
    what = "(--timeout SECONDS: Time)"
    assert refusal(parser, "--timeout") == f"flag needs an argument: --timeout {what}"
    assert refusal(parser, "-dt") == f"flag needs an argument: 't' in -dt {what}"


def test_a_number_that_is_none_is_named_with_its_flag(parser: Parser) -> None:
    assert refusal(parser, "-t", "x") == (
        'invalid argument "x" for "-t, --timeout" flag: not a whole number (see composer up --help)'
    )


def test_the_first_operand_ends_the_flags_of_a_parser_that_is_not_interspersed() -> None:
    parser = Parser("composer exec", interspersed=False)
    parser.operand("service", "SERVICE")
    parser.operand("command", "COMMAND", "+")
    parser.add_argument("-T", action=Switch)

    given = parser.parse(["-T", "web", "sh", "-c", "--", "ls -l"])

    assert (given.service, given.command) == ("web", ("sh", "-c", "--", "ls -l"))
    usage = "(composer exec [OPTIONS] SERVICE COMMAND...)"
    assert refusal(parser, "web") == f"COMMAND is missing {usage}"
    assert refusal(parser) == f"SERVICE is missing {usage}"


def test_one_operand_too_many_is_refused() -> None:
    assert refusal(Parser("composer version"), "x").startswith("unexpected argument 'x'")


def test_help_needs_no_operands() -> None:
    parser = Parser("composer exec")
    parser.operand("service", "SERVICE")

    assert parser.parse(["--help"]).help is True


def test_help_is_a_table_of_flags(parser: Parser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")

    assert parser.format_help() == (
        "Usage:  composer up [OPTIONS] [SERVICE...]\n"
        "\n"
        "Create things\n"
        "\n"
        "Options:\n"
        "  -d, --detach            Leave it running\n"
        "  -V, --renew\n"
        "  -t, --timeout SECONDS   Time\n"
        "      --scale SCALE\n"
    )


def test_scales_are_numbers_of_replicas() -> None:
    assert scales(["web=2", "db=0", "web=3"]) == {"web": 3, "db": 0}
    with pytest.raises(UsageError, match="--scale takes SERVICE=N, not 'web'"):
        scales(["web"])
    with pytest.raises(UsageError, match="'x' is not a number of replicas"):
        scales(["web=x"])


def test_an_assignment_has_a_key() -> None:
    with pytest.raises(UsageError, match="--scale takes KEY=VALUE, not '=2'"):
        assignments(["=2"], "--scale")
