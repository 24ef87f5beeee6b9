"""The engine: `port.py` says what composer needs of one, `docker/` provides it."""
