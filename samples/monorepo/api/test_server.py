import unittest

from server import answer


class Answer(unittest.TestCase):
    def test_it_names_the_database(self):
        self.assertIn("database", answer())
