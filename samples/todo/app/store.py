"""Todos in PostgreSQL.

Every request has a connection of its own: a few milliseconds, and a database that
was restarted, moved or emptied in the meantime needs no thought.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg.rows import class_row

Answer = TypeVar("Answer")

# The lock keeps two servers that start together from creating the table twice.
_TABLE = """
    SELECT pg_advisory_xact_lock(3000);
    CREATE TABLE IF NOT EXISTS todos (
        id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        title   text NOT NULL,
        done    boolean NOT NULL DEFAULT false,
        created timestamptz NOT NULL DEFAULT now()
    )
"""


class DatabaseAway(Exception):
    """The database does not answer; it may later."""


@dataclass(frozen=True)
class Todo:
    id: int
    title: str
    done: bool


class Store:
    def __init__(self, host: str, port: int, user: str, password: str, database: str) -> None:
        self._where: dict[str, Any] = {
            "host": host,
            "port": port,
            "user": user,
            "password": password,
            "dbname": database,
            "connect_timeout": 3,
        }

    def prepare(self) -> None:
        self._ask(lambda connection: connection.execute(_TABLE))

    def check(self) -> None:
        """Raise DatabaseAway unless a query would be answered."""
        self._ask(lambda connection: connection.execute("SELECT 1"))

    def all(self) -> list[Todo]:
        return self._todos("SELECT id, title, done FROM todos ORDER BY done, id DESC")

    def add(self, title: str) -> Todo:
        return self._todos(
            "INSERT INTO todos (title) VALUES (%s) RETURNING id, title, done", title
        )[0]

    def change(self, number: int, title: str | None, done: bool | None) -> Todo | None:
        """Set what is not None; None for a todo that does not exist."""
        changed = self._todos(
            "UPDATE todos SET title = coalesce(%s, title), done = coalesce(%s, done)"
            " WHERE id = %s RETURNING id, title, done",
            title,
            done,
            number,
        )
        return changed[0] if changed else None

    def remove(self, number: int) -> bool:
        return bool(self._todos("DELETE FROM todos WHERE id = %s RETURNING id, title, done", number))

    def _todos(self, query: str, *values: object) -> list[Todo]:
        def ask(connection: psycopg.Connection[Any]) -> list[Todo]:
            with connection.cursor(row_factory=class_row(Todo)) as cursor:
                return cursor.execute(query, values).fetchall()

        try:
            return self._ask(ask)
        except psycopg.errors.UndefinedTable:  # a new, empty database took the place of the old
            self.prepare()
            return self._ask(ask)

    def _ask(self, question: Callable[[psycopg.Connection[Any]], Answer]) -> Answer:
        try:
            with psycopg.connect(**self._where) as connection:
                return question(connection)
        except psycopg.OperationalError as error:
            raise DatabaseAway(str(error).strip().splitlines()[0]) from error
