"""Plan × Engine → events."""
