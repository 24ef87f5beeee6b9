from __future__ import annotations

import pytest

from composer.errors import UsageError
from composer.render.template import go_json, render_rows

ROWS = [
    {"Name": "web-1", "Labels": "a=b,c=d=e", "Code": 0, "Ports": [{"Port": 80, "Type": "tcp"}]},
    {"Name": "long-name-1", "Labels": "", "Code": 1, "Ports": []},
]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{.Name}}", "web-1\nlong-name-1\n"),
        ("{{ .Name }}: {{.Code}}", "web-1: 0\nlong-name-1: 1\n"),
        ("{{json .Name}}", '"web-1"\n"long-name-1"\n'),
        ("{{upper .Name}}", "WEB-1\nLONG-NAME-1\n"),
        ('{{.Label "c"}}', "d=e\n\n"),
        ("{{.Ports}}", "[{80 tcp}]\n[]\n"),
        (r"{{.Code}}\t{{.Name}}", "0\tweb-1\n1\tlong-name-1\n"),
        (
            r"table {{.Name}}\t{{.Code}}",
            "NAME          EXIT CODE\nweb-1         0\nlong-name-1   1\n",
        ),
    ],
)
def test_a_template_is_filled_for_each_row(template: str, text: str) -> None:
    assert render_rows(template, ROWS, {"Code": "EXIT CODE"}) == text


@pytest.mark.parametrize("template", ["{{.Nmae}}", "{{range .Ports}}", "{{title .Name}}"])
def test_what_is_not_understood_is_refused(template: str) -> None:
    with pytest.raises(UsageError):
        render_rows(template, ROWS, {})


def test_json_is_escaped_as_go_escapes_it() -> None:
    assert go_json({"Ports": "80->80", "Name": "ä&b"}) == (
        '{"Ports":"80-\\u003e80","Name":"ä\\u0026b"}'
    )
