"""The page, as HTML."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template

from app.store import Todo

_PAGE = Template(Path(__file__).with_name("page.html").read_text("utf-8"))
_ITEM = Template("""
      <li class="$state">
        <form method="post" action="/todos/$id/$next"><button class="tick" aria-label="$verb">$tick</button></form>
        <span>$title</span>
        <form method="post" action="/todos/$id/delete"><button class="bin" aria-label="delete">&times;</button></form>
      </li>""")


def todo_list(todos: list[Todo]) -> str:
    left = sum(not todo.done for todo in todos)
    summary = f"{left} to do, {len(todos) - left} done" if todos else "Nothing to do yet."
    return _PAGE.substitute(head="", summary=summary, items="".join(map(_item, todos)))


def waiting() -> str:
    """A page that asks again by itself until the database is there."""
    return _PAGE.substitute(
        head='<meta http-equiv="refresh" content="1">',
        summary="Waiting for the database&hellip;",
        items="",
    )


def _item(todo: Todo) -> str:
    return _ITEM.substitute(
        id=todo.id,
        title=escape(todo.title),
        state="done" if todo.done else "open",
        next="open" if todo.done else "done",
        verb="reopen" if todo.done else "mark as done",
        tick="&#10003;" if todo.done else "",
    )
