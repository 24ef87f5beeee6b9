"""composer: compose files on the local Docker Engine."""

__version__ = "0.1.0"

COMPOSE_VERSION = "2.40.3"
"""The Docker Compose whose labels and hashes are written, and for which we stand."""
