"""The tree never loses a message, whatever is edited, regenerated and selected."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.messages import Message, Role, TextPart, Tree


def message(name: str, parent: str | None) -> Message:
    role: Role = "user" if name.startswith("u") else "assistant"
    return Message(name, parent, role, (TextPart(name),), "2026-01-01T00:00:00Z")


@pytest.fixture
def forked() -> Tree:
    """u1 → a1, and u1 → a2 → u2."""
    tree = Tree()
    for name, parent in (("u1", None), ("a1", "u1"), ("a2", "u1"), ("u2", "a2")):
        tree = tree.add(message(name, parent))
    return tree


def test_path_runs_from_the_root_to_the_leaf(forked: Tree) -> None:
    assert [m.id for m in forked.path()] == ["u1", "a2", "u2"]
    assert [m.id for m in forked.path("a1")] == ["u1", "a1"]
    assert Tree().path() == ()


def test_selecting_a_sibling_goes_down_to_its_newest_leaf(forked: Tree) -> None:
    assert [m.id for m in forked.select("a1").path()] == ["u1", "a1"]
    assert [m.id for m in forked.select("a1").select("a2").path()] == ["u1", "a2", "u2"]


def test_position_and_neighbours(forked: Tree) -> None:
    assert forked.position("a2") == (2, 2)
    assert forked.neighbour("a2", -1) == "a1"
    assert forked.neighbour("a2", 1) is None


def test_rewinding_makes_the_next_message_a_sibling(forked: Tree) -> None:
    tree = forked.rewind(None).add(message("u1b", None))
    assert [m.id for m in tree.path()] == ["u1b"]
    assert tree.siblings("u1") == ("u1", "u1b")


def test_wrong_places_are_refused(forked: Tree) -> None:
    with pytest.raises(ValueError, match="exists already"):
        forked.add(message("a1", "u1"))
    with pytest.raises(ValueError, match="unknown parent"):
        forked.add(message("u9", "nobody"))
    with pytest.raises(KeyError):
        forked.select("nobody")
    with pytest.raises(ValueError, match="cannot move"):
        forked.update(message("a1", None))


@given(st.lists(st.tuples(st.sampled_from(["add", "select", "rewind"]), st.integers(0, 50)), max_size=60))
def test_no_operation_loses_a_message(steps: list[tuple[str, int]]) -> None:
    tree = Tree()
    for number, (step, pick) in enumerate(steps):
        names = [None, *tree.messages]
        target = names[pick % len(names)]
        if step == "add":
            tree = tree.rewind(target).add(message(f"u{number}", target))
        elif step == "rewind":
            tree = tree.rewind(target)
        elif target is not None:
            tree = tree.select(target)
    added = {f"u{number}" for number, (step, _pick) in enumerate(steps) if step == "add"}
    assert set(tree.messages) == added
    assert {name for names in tree.children.values() for name in names} == added
    for name in added:
        assert tree.path(name)[-1].id == name
        assert tree.path(name)[0].parent is None
