"""What was asked and answered otherwise, beside the path that is shown."""

from __future__ import annotations

from minicpm_tui.messages import Message, Tree


def others(tree: Tree, message: Message) -> list[Message]:
    """The alternatives of ``message`` and all that follows them, each branch from its beginning on."""
    found: list[Message] = []
    waiting = [each for each in reversed(tree.siblings(message.id)) if each != message.id]
    while waiting:
        found.append(tree.messages[waiting.pop()])
        waiting += reversed(tree.children.get(found[-1].id, ()))
    return found
