"""Conversations on disk: journal, attachments, library, export and import."""
