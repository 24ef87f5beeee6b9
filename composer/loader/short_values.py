"""Short forms of single attributes: commands, hosts, devices, references, limits, numbers.

Each function takes a value and its place and returns the long form; what is
wrong is reported there and stays as it is.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from composer.loader import forms, shell_words
from composer.loader.forms import Place, as_text
from composer.loader.nodes import MarkedList, MarkedMap
from composer.source import SourceMark

_SHELL_HELP = {"\\": "leave it out, or write it twice", ")": "put it in quotes"}
_BOOLEANS = {"true": True, "yes": True, "y": True, "on": True}
_BOOLEANS |= {"false": False, "no": False, "n": False, "off": False}


def command(value: Any, place: Place) -> Any:
    """Return a command line as a list of words."""
    if not isinstance(value, str):
        return value
    try:
        split = shell_words.split(value)
    except shell_words.ShellError as error:
        place.refuse(
            f"{place.path[-1]} {value.strip()!r} {error}",
            help=_SHELL_HELP.get(error.sign, "close it, or write a list of words"),
            word=error.sign,
            last=True,
        )
        return value
    if split.ignored:
        place.warn(
            "cut-command",
            f"command {value!r} ends before {split.ignored!r}: no shell reads it",
            help='write ["sh", "-c", "…"] to have a shell read it',
        )
    words = MarkedList(place.mark)
    for word in split.words:
        words.add(word, place.mark)
    return words


def probe(value: Any, place: Place) -> Any:
    """Return the test of a health check as a list that begins with its kind."""
    if not isinstance(value, str):
        return value
    test = MarkedList(place.mark)
    test.add("CMD-SHELL", place.mark)
    test.add(value, place.mark)
    return test


def variables(value: Any, place: Place) -> Any:
    """Return variables as a map; a name alone is null and comes from the environment."""
    entries = forms.as_entries(None)(value, place.mark)
    for name in entries if isinstance(value, MarkedList) and entries is not value else ():
        if name != name.rstrip():
            at = place.at(entries.keys_at.get(name))
            message = f"variable {name!r} has a blank at the end of its name"
            at.refuse(message, help=f"did you mean {name.rstrip()!r}?", word=name)
    return entries


def labels(value: Any, place: Place) -> Any:
    """Return labels, or any texts by name, as a map; a name alone is empty text."""
    return forms.as_entries("")(value, place.mark)


def text(value: Any, place: Place) -> Any:
    return as_text(value)


def text_or_empty(value: Any, place: Place) -> Any:
    return "" if value is None else as_text(value)


def texts(value: Any, place: Place) -> Any:
    """Return one or several scalars as a list of texts."""
    value = forms.as_list(value, place.mark)
    if not isinstance(value, MarkedList):
        return value
    written = value.copy()
    written[:] = [as_text(item) for item in value]
    return written


def filled_texts(value: Any, place: Place) -> Any:
    """Return one or several scalars as a list of texts that are not empty."""
    value = texts(value, place)
    if not isinstance(value, MarkedList):
        return value
    filled = MarkedList(value.mark)
    for item, mark in zip(value, value.items_at, strict=True):
        if item != "":
            filled.add(item, mark)
    return filled


def integer(value: Any, place: Place) -> Any:
    """Return a whole number written as text as a number."""
    try:
        return int(value) if isinstance(value, str) else value
    except ValueError:
        place.expect("a whole number", value)
        return value


def number(value: Any, place: Place) -> Any:
    """Return a number written as text as a number."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        place.expect("a number", value)
        return value


def boolean(value: Any, place: Place) -> Any:
    """Return true or false written as text as what it says."""
    if not isinstance(value, str):
        return value
    if value.lower() not in _BOOLEANS:
        place.expect("true or false", value)
    return _BOOLEANS.get(value.lower(), value)


def octal(value: Any, place: Place) -> Any:
    """Return a file mode as octal text: "0440"."""
    mode = octal_number(value, place)
    return f"0{mode:o}" if isinstance(mode, int) and not isinstance(mode, bool) else mode


def octal_number(value: Any, place: Place) -> Any:
    """Return a file mode written as octal text as a number."""
    if not isinstance(value, str):
        return value
    try:
        return int(value.removeprefix("0o"), 8)
    except ValueError:
        place.expect("a file mode such as '0440'", value)
        return value


def hosts(value: Any, place: Place) -> Any:
    """Return extra hosts as the sorted list `host=address`; a list may say several in one text."""
    texts = forms.as_hosts(value, place.mark)
    if not isinstance(texts, MarkedList) or not all(isinstance(item, str) for item in texts):
        return texts
    found: list[tuple[str, SourceMark | None]] = []
    for item, mark in zip(texts, texts.items_at, strict=True):
        host, separator, address = item.partition("=" if "=" in item else ":")
        if not separator or not host or not address:
            hint = f"write {host or 'HOST'}={address or 'ADDRESS'}"
            place.at(mark).refuse(f"extra host {item!r} has no address", help=hint)
        several = address.split(",") if texts is value else (address,)
        found += ((f"{host}={_bare(one)}", mark) for one in several)
    pairs = MarkedList(texts.mark)
    for pair, mark in sorted(found, key=itemgetter(0)):
        pairs.add(pair, mark)
    return pairs


def _bare(address: str) -> str:
    return address[1:-1] if address.startswith("[") and address.endswith("]") else address


def device(value: Any, place: Place) -> Any:
    """Return `SOURCE[:TARGET[:PERMISSIONS]]` as a map; the name of a CDI device as its source."""
    if not isinstance(value, str):
        return value
    source, *rest = value.split(":")
    if not source or len(rest) > 2:
        place.refuse(f"device {value!r} is not SOURCE[:TARGET[:PERMISSIONS]]")
        return value
    target = rest[0] if rest else ""
    permissions = rest[1] if len(rest) == 2 else "rwm"
    long = MarkedMap(place.mark)
    long.put("source", source, place.mark, place.mark)
    long.put("target", target or source, place.mark, place.mark)
    long.put("permissions", permissions, place.mark, place.mark)
    return long


def device_requests(value: Any, place: Place) -> Any:
    return forms.as_device_requests(value, place.mark)


def device_count(value: Any, place: Place) -> Any:
    """Return how many devices, -1 for all."""
    everything = isinstance(value, str) and value.lower() == "all"
    return -1 if everything else integer(value, place)


def reference(value: Any, place: Place) -> Any:
    """Return the name of a config or secret as a map with its source."""
    return _named("source", value, place)


def env_files(value: Any, place: Place) -> Any:
    return forms.as_list(value, place.mark)


def env_file(value: Any, place: Place) -> Any:
    """Return the path of an env_file as a map that requires it."""
    entry = _named("path", value, place)
    if isinstance(entry, MarkedMap) and entry.get("required") is None:
        entry = entry.copy()
        entry.put("required", True)
    return entry


def build(value: Any, place: Place) -> Any:
    return forms.as_build(value, place.mark)


def dependencies(value: Any, place: Place) -> Any:
    return forms.as_dependencies(value, place.mark)


def dependency(value: Any, place: Place) -> Any:
    """Return a dependency with its condition and whether it is required written out."""
    if value is None:
        return forms.started()
    if not isinstance(value, MarkedMap):
        return value
    whole = value.copy()
    for key, default in forms.started().items():
        if whole.get(key) is None:
            whole.put(key, default)
    return whole


def references(value: Any, place: Place) -> Any:
    return forms.as_references(value, place.mark)


def as_it_is(value: Any, place: Place) -> Any:
    """Keep a value, null above all."""
    return value


def resource(value: Any, place: Place) -> Any:
    """Return a top-level entry as a map, with `external: {name: x}` in today's form."""
    if value is None:
        return MarkedMap(place.mark)
    if not isinstance(value, MarkedMap) or not isinstance(value.get("external"), MarkedMap):
        return value
    entry, old = value.copy(), value["external"]
    at = place.at(value.keys_at.get("external"))
    hint = "write external: true, and name beside it"
    at.warn("external-name", "external.name is deprecated", help=hint)
    if old.get("name") is not None:
        if entry.get("name") not in (None, old["name"]):
            other = value.values_at.get("name")
            at.refuse(
                f"name {entry['name']!r} and external.name {old['name']!r} differ",
                help="write external: true",
                note=("the other name", other) if other else None,
            )
        entry.put("name", old["name"], old.keys_at.get("name"), old.values_at.get("name"))
    entry["external"] = True
    return entry


def watches(value: Any, place: Place) -> Any:
    """Return watch rules with one path each."""
    if not isinstance(value, MarkedList):
        return value
    rules = MarkedList(value.mark)
    for rule, mark in zip(value, value.items_at, strict=True):
        paths = rule.get("path") if isinstance(rule, MarkedMap) else None
        if not isinstance(paths, MarkedList):
            rules.add(rule, mark)
            continue
        for path, path_mark in zip(paths, paths.items_at, strict=True):
            one = rule.copy()
            one.put("path", path, None, path_mark)
            rules.add(one, mark)
    return rules


def _named(key: str, value: Any, place: Place) -> Any:
    """Return a scalar as a map that has it under `key`."""
    if value is None or isinstance(value, MarkedMap | MarkedList):
        return value
    long = MarkedMap(place.mark)
    long.put(key, value, place.mark, place.mark)
    return long
