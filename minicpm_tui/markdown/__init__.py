"""Markdown to lines, as far as possible while it is still being written, for the screen and for the shell.

Pure: no widget, no terminal, no colours but those of ``console``.
"""
