"""Turn the texts in a directory into pages of a site: python make.py FROM TO"""

import sys
from html import escape
from pathlib import Path

PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>{title}</title>
<h1>{title}</h1>
{body}
</html>
"""


def page(text):
    """Return a page. The first line is its title, blank lines part what follows."""
    title, _, rest = escape(text.strip()).partition("\n")
    paragraphs = (" ".join(part.split()) for part in rest.split("\n\n"))
    body = "\n".join(f"<p>{one}</p>" for one in paragraphs if one)
    return PAGE.format(title=title, body=body)


def make(source, site):
    site.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.txt")):
        name = path.name.removesuffix(".txt").removesuffix(".draft")
        (site / f"{name}.html").write_text(page(path.read_text()))


def sent():
    """Return the names of all files that came here with the build's context."""
    here = Path(__file__).parent
    files = (path for path in here.rglob("*") if path.is_file())
    return sorted(str(path.relative_to(here)) for path in files)


if __name__ == "__main__":
    source, site = map(Path, sys.argv[1:])
    make(source, site)
    (site / "sent.txt").write_text("".join(f"{name}\n" for name in sent()))
