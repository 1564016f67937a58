"""What is private in Textual and Rich is touched in one room, and each name of it is known in ``private``."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from types import ModuleType
from typing import Any

import pytest

import minicpm_tui.ui
from minicpm_tui.ui.app.app_base import AppBase
from minicpm_tui.ui.terminal import private

KNOWN = [(place, name) for table in (private.OUTPUT, private.ELSEWHERE) for place, names in table.items() for name in names]
ROOM = "minicpm_tui.ui.terminal."
PRIVATE = re.compile(r"_[a-z]\w*")


@pytest.mark.parametrize(("place", "name"), KNOWN)
def test_it_is_where_it_was(place: str, name: str) -> None:
    assert not private.gone({place: (name,)})


def test_a_name_that_is_nowhere_is_gone() -> None:
    assert private.gone({"textual.app:App": ("_no_such",), "textual.no_such:App": ("run",)}) == [
        "textual.app:App._no_such",
        "textual.no_such:App.run",
    ]


def modules() -> Iterator[ModuleType]:
    for info in pkgutil.walk_packages(minicpm_tui.ui.__path__, "minicpm_tui.ui."):
        yield importlib.import_module(info.name)


def theirs(kind: type) -> set[str]:
    """The private names that ``kind`` has from Textual and Rich."""
    bases = (base for base in kind.__mro__ if base.__module__.partition(".")[0] in {"textual", "rich"})
    return set().union(*map(names_of, bases))


@cache
def names_of(base: Any) -> frozenset[str]:
    """The private names of a class: its own, and what it sets on itself."""
    set_on_itself = (attribute.attr for attribute in attributes(parsed(base)) if is_own(attribute))
    return frozenset(name for name in (*vars(base), *set_on_itself) if PRIVATE.fullmatch(name))


def parsed(thing: type | ModuleType) -> ast.AST:
    return ast.parse(textwrap.dedent(inspect.getsource(thing)))


def attributes(tree: ast.AST) -> Iterator[ast.Attribute]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))


def is_own(attribute: ast.Attribute) -> bool:
    """``self._x`` or ``super()._x``."""
    owner = attribute.value.func if isinstance(attribute.value, ast.Call) else attribute.value
    return isinstance(owner, ast.Name) and owner.id in {"self", "super"}


def touched(module: ModuleType) -> Iterator[str]:
    """The private names of Textual and Rich that ``module`` overrides, calls or reads, and their private modules."""
    tree = parsed(module)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and re.match(r"(textual|rich)\..*\b_", node.module or ""):
            yield node.module or ""
    ours = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}
    for attribute in attributes(tree):
        name = attribute.attr
        if PRIVATE.fullmatch(name) and not is_own(attribute) and name not in ours | {"_replace", "_exit", "_asdict"}:
            yield name
    for kind in vars(module).values():
        if inspect.isclass(kind) and kind.__module__ == module.__name__:
            # a mixin of the app gets Textual's names only beside Textual's class
            names, body = theirs(AppBase if kind in AppBase.__mro__ else kind), parsed(kind)
            yield from {attribute.attr for attribute in attributes(body) if is_own(attribute)} & names
            defined = {node.name for node in ast.walk(body) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
            yield from defined & names


def test_no_other_room_touches_what_is_private() -> None:
    found = {module.__name__: set(touched(module)) for module in modules()}
    assert {name for name, names in found.items() if names and not name.startswith(ROOM)} == set()
    named = {name for _place, name in KNOWN} | {place.partition(":")[0] for place, _name in KNOWN}
    assert set().union(*found.values()) <= named
    assert "_get_renders" in found[f"{ROOM}output.narrow"]
    assert "_display" in found[f"{ROOM}caret"]
    assert {"_driver", "_handle_exception"} <= found[f"{ROOM}private"]
