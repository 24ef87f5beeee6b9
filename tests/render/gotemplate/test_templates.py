"""What was compared with `docker compose ps --format` 2.40.3: the same templates, the same text."""

from __future__ import annotations

import pytest

from composer.render.gotemplate.functions import NAMES
from composer.render.gotemplate.parse import parse
from composer.render.gotemplate.run import Filling
from composer.render.gotemplate.values import Row, Struct
from composer.render.gotemplate.words import BadTemplate

ROW = Row(
    {
        "Name": "demo-web-1",
        "State": "running",
        "Health": "",
        "ExitCode": 7,
        "Label": {"plain": "hello world"}.get,
        "Publishers": [
            Struct({"URL": "127.0.0.1", "TargetPort": 80, "PublishedPort": 8080}),
            Struct({"URL": "", "TargetPort": 90, "PublishedPort": 0}),
        ],
        "Options": {"b": "2", "a": "1"},
        "Nothing": Struct(),
    }
)


def fill(template: str, row: Row = ROW) -> str:
    return Filling(parse(template, NAMES)).fill(row)


def refusal(template: str) -> str:
    with pytest.raises(BadTemplate) as refused:
        fill(template)
    return f"{refused.value.at}: {refused.value.message}"


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{.Name}} {{ .ExitCode }}", "demo-web-1 7"),
        ("{{$.Name}}{{with $}}{{.State}}{{end}}", "demo-web-1running"),
        ("{{(index .Publishers 0).PublishedPort}}", "8080"),
        ("{{(.Name)}} {{(.Name | upper) | lower}}", "demo-web-1 demo-web-1"),
        ("{{.Options.a}} {{.Options.x}}", "1 <no value>"),
        ('{{.Label "plain" | upper | printf "%q"}}', '"HELLO WORLD"'),
        ("{{.Publishers}}", "[{127.0.0.1 80 8080} { 90 0}]"),
        ("{{.Options}}", "map[a:1 b:2]"),
    ],
)
def test_fields_are_followed(template: str, text: str) -> None:
    assert fill(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('{{if eq .State "x"}}a{{else if eq .ExitCode 7}}b{{else}}c{{end}}', "b"),
        ("{{if .Health}}a{{end}}{{if not .Health}}b{{end}}", "b"),
        ("{{with .Health}}a{{else with .State}}{{.}}{{end}}", "running"),
        ("{{with .Health}}a{{else}}b{{end}}", "b"),
        ("{{if .Nothing}}a{{end}}{{if .Publishers}}b{{end}}", "ab"),
        ("{{range .Publishers}}{{.TargetPort}},{{end}}", "80,90,"),
        ("{{range $i, $p := .Publishers}}{{if $i}};{{end}}{{$p.TargetPort}}{{end}}", "80;90"),
        ("{{range $p := .Publishers}}{{$p.TargetPort}} {{$.Name}} {{end}}",
         "80 demo-web-1 90 demo-web-1 "),
        ("{{range .Health}}a{{else}}none{{end}}", "none"),
        ("{{range $k, $v := .Options}}{{$k}}={{$v}} {{end}}", "a=1 b=2 "),
        ("{{range 3}}{{.}}{{end}}", "012"),
        ('{{range split "a,b,c,d" ","}}{{if eq . "b"}}{{continue}}{{end}}'
         '{{if eq . "d"}}{{break}}{{end}}{{.}}{{end}}', "ac"),
    ],
)  # fmt: skip
def test_branches_and_loops(template: str, text: str) -> None:
    assert fill(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{$x := .Name}}{{$x}}{{$x = 5}}{{$x}}", "demo-web-15"),
        ("{{$a := 1}}{{if true}}{{$a = 2}}{{$b := 3}}{{$b}}{{end}}{{$a}}", "32"),
        ("{{$a := 1}}{{range 2}}{{$a = .}}{{end}}{{$a}}", "1"),
        ('{{define "T"}}[{{.}}]{{end}}{{template "T" .Name}}', "[demo-web-1]"),
        ('{{block "B" .State}}<{{.}}>{{end}}', "<running>"),
    ],
)
def test_variables_and_templates_in_templates(template: str, text: str) -> None:
    assert fill(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        (" {{- .Name -}}  x  {{- /* a comment */ -}} y", "demo-web-1xy"),
        ("a {{/* a comment\nof two lines */}} b", "a  b"),
        ("{{.Name -}}\n x", "demo-web-1x"),
        ("{{\n.Name\n}}", "demo-web-1"),
        ("{{-3}}", "-3"),
        ("a { b } c", "a { b } c"),
    ],
)
def test_blanks_and_comments(template: str, text: str) -> None:
    assert fill(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('{{"\\t"}}|{{`\\n`}}|{{"\\x41\\101\\u00e9"}}', "\t|\\n|AAé"),
        ("{{0x1F}} {{0777}} {{0b11}} {{1_000}} {{'a'}} {{true}}", "31 511 3 1000 97 true"),
        ("{{100000000.0}} {{1e3}} {{1e20}} {{0.00001}} {{0.0001}}",
         "1e+08 1000 1e+20 1e-05 0.0001"),
        ("{{123456789.5}} {{1.0}} {{-0.5}} {{1234567.0}}", "1.234567895e+08 1 -0.5 1.234567e+06"),
    ],
)  # fmt: skip
def test_constants(template: str, text: str) -> None:
    assert fill(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{and 1 0 2}} {{and 1 2}} {{or 0 .Health 3}} {{or .Health 0}}", "0 2 3 0"),
        ("{{or .Name .Nix.Deep}}", "demo-web-1"),
        ("{{not 0}} {{not .Name}}", "true false"),
        ('{{eq .State "x" "running"}} {{ne 1 2}} {{lt 1 2}} {{ge "b" "a"}} {{le 1 1}} {{gt 1 2}}',
         "true true true true true false"),
        ("{{.ExitCode | eq 7}}", "true"),
        ('{{len .Name}} {{len .Publishers}} {{len "é"}}', "10 2 2"),
        ('{{index (split .Name "-") 1}} {{index .Options "b"}} {{index "abc" 1}}', "web 2 98"),
        ('{{slice .Name 0 4}} {{slice .Name 5}} {{slice "héé" 1 3}}', "demo web-1 é"),
        ('{{split .Name "-"}} {{join (split .Name "-") "+"}} {{split "ab" ""}}',
         "[demo web 1] demo+web+1 [a b]"),
        ('{{title "hello wORLD foo-bar_baz x1y"}} {{lower "AB"}} {{upper "ab"}}',
         "Hello WORLD Foo-Bar_baz X1y ab AB"),
        ('{{pad "x" 2 3}}|{{pad "" 2 3}}|{{truncate .Name 4}}|{{truncate "ab" 5}}',
         "  x   ||demo|ab"),
        ('{{print 1 2 "a" 3}} {{print "a" 1 2 "b"}} {{print 1.5 true}} {{print nil}}',
         "1 2a3 a1 2b 1.5 true <nil>"),
        ('{{println "x" 1}}', "x 1\n"),
        ('{{html 1 "<a>"}} {{js "a\'b"}} {{urlquery "é/ ?"}}',
         "1&lt;a&gt; a\\'b %C3%A9%2F+%3F"),
        ('{{json .Publishers}} {{json "é☺\\x01<>"}}',
         '[{"URL":"127.0.0.1","TargetPort":80,"PublishedPort":8080},'
         '{"URL":"","TargetPort":90,"PublishedPort":0}] "é☺\\u0001<>"'),
    ],
)  # fmt: skip
def test_functions(template: str, text: str) -> None:
    assert fill(template) == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('{{printf "%-15s|%5d|%v|%T|%x|%05d" .Name .ExitCode .ExitCode .Name .State 42}}',
         "demo-web-1     |    7|7|string|72756e6e696e67|00042"),
        ('{{printf "%+v" .Publishers}}',
         "[{URL:127.0.0.1 TargetPort:80 PublishedPort:8080} {URL: TargetPort:90 PublishedPort:0}]"),
        ('{{printf "%d" (index .Publishers 1)}}', "{%!d(string=) 90 0}"),
        ('{{printf "%c %U %q %t %e %.2f %8.3f|%6s|%-6s|"'
         ' 65 65 "a\\"b" true 1.5 2.345 3.14159 "ab" "cd"}}',
         'A U+0041 "a\\"b" true 1.500000e+00 2.35    3.142|    ab|cd    |'),
        ('{{printf "%6.2f|%+d|% d|%#x|%08.3f" 3.14159 5 5 255 3.14159}}',
         "  3.14|+5| 5|0xff|0003.142"),
        ('{{printf "%5t|%X|%o|%b|%g|%G|%q|%x|%X" true 255 8 5 1e30 1e30 65 "hi" "hi"}}',
         " true|FF|10|101|1e+30|1E+30|'A'|6869|6869"),
        ('{{printf "%*d|%-*d|%5.1s|" 5 1 5 2 "xyz"}}', "    1|2    |    x|"),
        ('{{printf "%d %s" .Name .ExitCode}}', "%!d(string=demo-web-1) %!s(int=7)"),
        ('{{printf "%s"}} {{printf "%z" 1}} {{printf "%s" 1 2}}',
         "%!s(MISSING) %!z(int=1) %!s(int=1)%!(EXTRA int=2)"),
        ('{{printf "%t %d %%" "x" 1.5}} {{printf "%s %v" nil nil}}',
         "%!t(string=x) %!d(float64=1.5) % %!s(<nil>) <nil>"),
        ('{{printf "%q" "é☺\\x01\\x7f\\u200b\\U0001F600"}}', '"é☺\\x01\\x7f\\u200b😀"'),
        ('{{.ExitCode | printf "%d-%d" 3}}', "3-7"),
        ('{{printf "%9999999d" 3}}', "%!d(BADWIDTH)"),
    ],
)  # fmt: skip
def test_printf(template: str, text: str) -> None:
    assert fill(template) == text


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{.Nmae}}", "2: there is no field 'Nmae'"),
        ("{{.Name.Foo}}", "2: a text has no field 'Foo'"),
        ("{{foo .Name}}", "2: there is no function 'foo'"),
        ("{{$y}}", "2: there is no variable '$y'"),
        ("{{if true}}{{$b := 1}}{{end}}{{$b}}", "31: there is no variable '$b'"),
        ("x{{.Name", "1: an action that does not end"),
        ('{{.Name "x', "8: a text that does not end"),
        ("{{/* a }}", "0: a comment that does not end"),
        ("{{/* a */ }}x{{.Nix}}", "0: a comment ends before its }}"),
        ("{{if .Name}}x", "2: {{if}} without its {{end}}"),
        ("{{if}}x{{end}}", "4: if needs a value"),
        ("{{if .Name}}a{{else}}b{{else}}c{{end}}", "24: a second {{else}}"),
        ("{{end}}", "2: {{end}} without an action that it belongs to"),
        ("{{break}}", "2: {{break}} outside of a range"),
        ("{{}}", "2: an action needs a value"),
        ("{{.Name | }}", "10: nothing stands behind |"),
        ("{{(.Name}}", "2: ( without its )"),
        ("{{.Name)}}", "7: ')' is too much in an action"),
        ("{{.Name,}}", "7: ',' cannot stand behind '.Name'"),
        ("{{1a}}", "3: 'a' cannot stand behind '1'"),
        ("{{nil}}", "2: nil is no command"),
        ('{{"a" "b"}}', '2: "a" takes no arguments'),
        ('{{.Name "x"}}', "2: .Name takes no arguments"),
        ("{{.Label}}", '2: .Label takes one text: .Label "…"'),
        ("{{upper 1}}", "2: upper takes a text, not a number, as argument 1"),
        ("{{upper}}", "2: upper takes 1 argument, not 0"),
        ("{{and}}", "2: and takes at least one argument"),
        ("{{print or}}", "8: or takes at least one argument"),
        ("{{1e999}}", "2: 1e999: too large"),
        ("{{9223372036854775808}}", "2: 9223372036854775808: too large"),
        ('{{pad "x" 9999999 0}}', "2: pad: a number of blanks is between 0 and 1000000"),
        ("{{len 3}}", "2: len: a number has no length"),
        ("{{index .Publishers 9}}", "2: index: index 9 is out of range: there are 2 items"),
        ('{{slice "abc" 2 1}}', "2: slice: 2 to 1 is out of range: there are 3 items"),
        ("{{range .Name}}x{{end}}", "8: range goes over lists, and .Name is a text"),
        ("{{eq 1 1.0}}", "2: eq: a number cannot be compared with a fraction"),
        ("{{join .Publishers `,`}}", "2: join: only texts can be joined"),
        ('{{template "nix"}}', "2: there is no template 'nix'"),
        ('{{define "a"}}{{template "a"}}{{end}}{{template "a"}}',
         "16: templates that include each other for ever"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_place(template: str, message: str) -> None:
    assert refusal(template) == message
