"""Flags → actions → exit codes."""
