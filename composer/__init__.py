"""composer: compose files on the local Docker Engine."""

__version__ = "0.1.0"
