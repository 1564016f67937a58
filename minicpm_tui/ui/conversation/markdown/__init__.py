"""Markdown to lines, as far as possible while it is still being written. Pure: no widget, no terminal, no colours yet."""
