"""The nouns: frozen values without verbs.  Imports the standard library only."""
