"""Conversations on disk: journal, attachments, library, export and import."""

from minicpm_tui.sessions.journal import Journal

__all__ = ["Journal"]
