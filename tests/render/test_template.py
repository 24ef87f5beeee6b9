from __future__ import annotations

import pytest

from composer.cli.failure import problems_of
from composer.errors import UsageError
from composer.render.problem import render
from composer.render.template import Struct, go_json, render_rows

WEB = {
    "Name": "demo-web-1",
    "Code": 0,
    "Health": "healthy",
    "Label": lambda name: {"a.b-c_d": "x<y&z>"}.get(name, ""),
    "Ports": [
        Struct({"IP": "0.0.0.0", "Port": 8080, "Type": "tcp"}),
        Struct({"IP": "::", "Port": 8080, "Type": "tcp"}),
    ],
}
DB = {"Name": "demo-db-1", "Code": 7, "Health": "", "Label": lambda name: "", "Ports": []}
HEADERS = {"Name": "NAME", "Code": "EXIT CODE"}


def filled(template: str) -> str:
    return render_rows(template, [WEB, DB], HEADERS)


def refusal(template: str) -> str:
    with pytest.raises(UsageError) as refused:
        filled(template)
    return "\n".join(render(problem) for problem in problems_of(refused.value))


def test_a_template_is_one_line_for_each_row() -> None:
    assert filled("{{.Name}}: {{.Code}}") == "demo-web-1: 0\ndemo-db-1: 7\n"


def test_blanks_around_it_and_two_escapes_are_docker_s() -> None:
    assert filled(r"  {{.Code}}\t{{.Name}}\n ") == "0\tdemo-web-1\n\n7\tdemo-db-1\n\n"


def test_a_table_has_headers_as_docker_has_them() -> None:
    assert filled(r'table {{upper .Name}}\t{{.Code}}\t{{.Label "a.b-c_d"}}\t{{.Health}}') == (
        "NAME         EXIT CODE   b c d     HEALTH\n"
        "DEMO-WEB-1   0           x<y&z>    healthy\n"
        "DEMO-DB-1    7                     \n"
    )


def test_a_table_s_header_has_nothing_where_rows_go_into_the_depth() -> None:
    assert filled(r"table {{range .Ports}}{{.Port}} {{end}}\t{{.Name}}") == (
        "             NAME\n8080 8080    demo-web-1\n             demo-db-1\n"
    )


def test_json_is_all_fields_in_alphabetical_order() -> None:
    assert filled("json").splitlines()[1] == (
        '{"Code":7,"Health":"","Name":"demo-db-1","Ports":[]}'
    )


def test_json_of_a_row_is_escaped_as_go_does_and_json_of_a_field_is_not() -> None:
    row = {"Ports": "80->80", "Name": "ä&b"}

    assert render_rows("{{json .}} {{json .Ports}}", [row], {}) == (
        '{"Name":"ä\\u0026b","Ports":"80-\\u003e80"} "80->80"\n'
    )
    assert go_json(row) == '{"Name":"ä\\u0026b","Ports":"80-\\u003e80"}'


def test_a_struct_keeps_the_order_of_its_fields() -> None:
    assert filled("{{json .Ports}}").splitlines()[0] == (
        '[{"IP":"0.0.0.0","Port":8080,"Type":"tcp"},{"IP":"::","Port":8080,"Type":"tcp"}]'
    )


def test_an_error_shows_its_place_in_the_format() -> None:
    assert refusal(r"table {{.Code}}\t{{.Nmae}}") == (
        "error: there is no field 'Nmae'\n"
        "  --> --format:1:20\n"
        "   |\n"
        r" 1 | table {{.Code}}\t{{.Nmae}}" + "\n"
        "   |                    ^^^^^\n"
        "   = help: did you mean 'Name'?"
    )


def test_an_error_in_a_later_line_is_told_there() -> None:
    assert "  --> --format:2:3\n" in refusal("{{.Name}}\n{{upper .Code}}")
