"""What must be true of every page: the stage `test` runs this."""

import unittest
from pathlib import Path

SITE = Path("/site")


class Pages(unittest.TestCase):
    def test_there_is_a_page_to_begin_with(self):
        self.assertTrue((SITE / "index.html").is_file())

    def test_each_page_has_a_title_and_says_something(self):
        for page in SITE.glob("*.html"):
            with self.subTest(page=page.name):
                self.assertRegex(page.read_text(), r"(?s)<h1>\w.*<p>\w")
