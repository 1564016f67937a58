"""Any point of a session can begin another."""

from __future__ import annotations

import pytest

from minicpm_tui.messages import media_of
from minicpm_tui.sessions import care
from minicpm_tui.sessions.branch import BRANCH_OF, branch
from minicpm_tui.sessions.journal import Journal
from tests.sessions.talk import MODEL, PICTURE, conversation, question


def test_a_branch_has_the_path_down_to_its_point() -> None:
    with Journal.open(conversation().id) as source:
        before = source.tree
        with branch(source, "a1") as new:
            assert [message.text for message in new.tree.path()] == [message.text for message in source.tree.path()[:2]]
            assert new.tree.path()[1].end == source.tree.path()[1].end
            assert new.tree.path()[1].reasoning == "Let me look."
            new.append_message(question("u2", "another way", "a1"))
        assert source.tree == before
    again = Journal.open(new.id)
    assert again.settings == {"model": MODEL, BRANCH_OF: source.id}
    assert again.blobs.read(PICTURE.sha256) == PICTURE.data
    assert again.path is not None
    assert care.check(again.path).ok


def test_a_branch_of_an_unsaved_session_is_not_saved() -> None:
    source = Journal.create(save=False)
    source.append_message(question("u", "hi"))
    assert branch(source, "u").path is None


def test_a_point_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        branch(Journal.open(conversation().id), "nothing")


def test_a_lost_attachment_becomes_its_name_in_the_branch() -> None:
    name = conversation().id
    with Journal.open(name) as source:
        assert source.path is not None
        (source.path / "attachments" / f"{PICTURE.sha256}.jpg").unlink()
        with branch(source, "a1") as new:
            assert new.tree.path()[0].text == "What is in this picture? 这是一只猫吗\n[cat.jpg]"
            assert [part.name for part in media_of(new.tree.path()[0].content)] == ["walk.mp4"]
