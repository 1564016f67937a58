"""Every public class, function and method says what it is for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "minicpm_tui"
WANTED = 0.95

HOOKS = re.compile(
    r"_|(on|action|watch|validate|compute|key)_|(compose|declared|check_action|allow_vertical_scroll)$|render(_lines?)?$"
    r"|get_(content_width|content_height|selection|default_screen|driver_class|line_filters|theme_variable_defaults)$"
    r"|(notify_style_update|selection_updated)$"
)
"""What Textual calls, besides names that are not public: Textual's own documentation says what they are for."""

FILLERS = {"a", "an", "the", "of", "get", "gets", "return", "returns"}


@dataclass(frozen=True)
class Public:
    """A public definition at ``place``; ``text`` is what it says of itself, empty when it says nothing."""

    place: str
    name: str
    text: str


def public(source: str, path: str = "") -> Iterator[Public]:
    """The public definitions of a module, with those inside its classes."""
    yield from _inside(ast.parse(source), path, "")


def _inside(owner: ast.Module | ast.ClassDef, path: str, prefix: str) -> Iterator[Public]:
    for node in owner.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and not HOOKS.match(node.name):
            yield Public(f"{path}:{node.lineno} {prefix}{node.name}", node.name, ast.get_docstring(node) or _help(node))
            if isinstance(node, ast.ClassDef):
                yield from _inside(node, path, f"{prefix}{node.name}.")


def _help(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """What a command of the shell says in its decorator: ``--help`` prints it, and would print a docstring."""
    calls = (decorator for decorator in node.decorator_list if isinstance(decorator, ast.Call))
    return next((ast.unparse(keyword.value) for call in calls for keyword in call.keywords if keyword.arg == "help"), "")


@cache
def everything() -> list[Public]:
    """The public definitions of the whole program."""
    return [
        found
        for path in sorted(PACKAGE.rglob("*.py"))
        for found in public(path.read_text(encoding="utf-8"), str(path.relative_to(PACKAGE)))
    ]


def test_definitions_are_counted_as_they_should_be() -> None:
    source = '''
class Widget:
    """One."""
    def compose(self): ...
    def on_key(self): ...
    def size(self): ...
    class Moved: ...
@click.command(help=_("Move it."))
def move(): ...
def _private(): ...
'''
    assert [(found.place, bool(found.text)) for found in public(source, "a.py")] == [
        ("a.py:2 Widget", True),
        ("a.py:6 Widget.size", False),
        ("a.py:7 Widget.Moved", False),
        ("a.py:9 move", True),
    ]


def test_what_is_public_says_what_it_is_for() -> None:
    found = everything()
    silent = [each.place for each in found if not each.text]
    assert 1 - len(silent) / len(found) >= WANTED, "\n".join(silent)


def test_a_docstring_stands_on_its_own() -> None:
    leaning = [each.place for each in everything() if re.match(r"(The )?[Ss]ame\b|As above|See above|Ditto", each.text)]
    assert not leaning, "\n".join(leaning)


def test_a_docstring_says_more_than_the_name() -> None:
    empty = [
        each.place
        for each in everything()
        if each.text
        and not set(_words(each.text)) - set(_words(each.name)) - {"a", "an", "the", "of", "return", "returns", "get"}
    ]
    assert not empty, "\n".join(empty)


def _words(text: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+|[^\x00-\x7f]+", text)]
