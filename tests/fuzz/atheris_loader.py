"""Fuzz the loader with coverage: `make fuzz` runs this for an hour.

libFuzzer changes known files byte by byte and word by word, and keeps what reaches new
code: in .fuzz, from where the next run goes on.  What it finds is written to
tests/fuzz/corpus, where `test_corpus.py` sees it.

    python tests/fuzz/atheris_loader.py SECONDS
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
import traceback
from pathlib import Path
from random import Random

import atheris

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT), str(HERE.parent)]

with atheris.instrument_imports(include=["composer"]):
    from fuzz.mutate import changed
    from fuzz.oracle import examine, files_of


_known: set[str] = set()


def one_input(data: bytes) -> None:
    """Examine one input; write down the first of each kind of finding, and go on."""
    try:
        examine(files_of(data))
    except Exception as error:  # whatever it is, it is a finding
        last = traceback.extract_tb(error.__traceback__)[-1]
        kind = f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
        if kind in _known:
            return
        _known.add(kind)
        name = f"{type(error).__name__}-{hashlib.sha256(data).hexdigest()[:12]}.yaml"
        (HERE / "corpus" / name).write_bytes(data)
        sys.stderr.write(f"\nfound: {kind}: tests/fuzz/corpus/{name}\n{str(error)[:2000]}\n")


def mutate(data: bytes, max_size: int, seed: int) -> bytes:
    """Return `data` changed in its tree, or, one time in three, in its bytes."""
    random = Random(seed)
    new = changed(data, random) if random.random() < 0.67 else data
    return new[:max_size] if new != data else atheris.Mutate(data, max_size)


def seeds(folder: Path) -> None:
    """Fill `folder` with every small file that the tests have."""
    tests = ROOT / "tests"
    for pattern in ("parity/**/*.yaml", "loader/data/*.yaml", "fuzz/corpus/*.yaml"):
        for path in tests.glob(pattern):
            content = path.read_bytes()
            if len(content) < 8_000:
                (folder / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


def words(path: Path) -> None:
    """Write a dictionary of the words of the format to `path`."""
    schema = json.loads((ROOT / "schemas" / "compose.schema.json").read_text())
    found: set[str] = set()

    def collect(node: object) -> None:
        if isinstance(node, dict):
            found.update(node.get("properties", {}))
            found.update(one for one in node.get("enum", []) if isinstance(one, str))
            for value in node.values():
                collect(value)
        elif isinstance(node, list):
            for item in node:
                collect(item)

    collect(schema)
    found |= {"!reset", "!override", "<<: *a", "&a", "*a", "${A:-b}", "$$", "${PORT}", "\n#%\n"}
    found |= {"include:", "extends:", "part.yml", "app.env", "x-a", "---", "|\n", ">-\n", "? "}
    found = {word for word in found if word.isascii()}
    path.write_text(
        "".join(f"{json.dumps(word)}\n" for word in sorted(found - {""})).replace("\\n", "\\x0a")
    )


def main() -> None:
    seconds = sys.argv[1] if len(sys.argv) > 1 else "3600"
    with tempfile.TemporaryDirectory() as scratch:
        corpus, dictionary = ROOT / ".fuzz", Path(scratch, "words")
        corpus.mkdir(exist_ok=True)
        seeds(corpus)
        words(dictionary)
        options = [
            f"-max_total_time={seconds}",
            "-max_len=6000",
            "-timeout=200",
            "-rss_limit_mb=2000",
        ]
        options += [f"-dict={dictionary}", f"-artifact_prefix={scratch}/", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *options, str(corpus)], one_input, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
