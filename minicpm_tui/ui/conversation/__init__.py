"""The conversation pane: a whole conversation drawn by one widget, at a cost that does not grow with its length."""

from minicpm_tui.ui.conversation.pane import ConversationPane

__all__ = ["ConversationPane"]
