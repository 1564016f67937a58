"""What the inks look like: component classes of a widget that draws Markdown, coloured by the app's theme."""

from __future__ import annotations

INKS = (
    "strong", "em", "s", "code", "link", "h1", "h2", "h3", "h4", "h5", "h6", "th", "bullet", "quote", "quote-bar", "rule",
    "code-block", "tok-comment", "tok-keyword", "tok-constant", "tok-type", "tok-string", "tok-number", "tok-function",
    "tok-builtin", "tok-error", "tok-plain", "dim", "user", "user-bar", "cursor-bar", "reasoning", "notice", "error", "chip",
    "button", "hint", "match", "match-current", "selection", "track", "thumb", "more", "removed", "added",
)  # fmt: skip

PREFIX = "conversation--"
CLASSES = {PREFIX + name for name in INKS}
"""The component classes that ``palette_of`` asks for."""

_CSS = """
WIDGET {
    color: $foreground;
    & > .conversation--strong { text-style: bold; }
    & > .conversation--em { text-style: italic; }
    & > .conversation--s { text-style: strike; }
    & > .conversation--code { color: $text-warning; background: $warning 10%; }
    &:light > .conversation--code { color: $text-error; background: $error 5%; }
    & > .conversation--link { color: $text-accent; text-style: underline; }
    & > .conversation--h1 { color: $markdown-h1-color; text-style: $markdown-h1-text-style; }
    & > .conversation--h2 { color: $markdown-h2-color; text-style: $markdown-h2-text-style; }
    & > .conversation--h3 { color: $markdown-h3-color; text-style: $markdown-h3-text-style; }
    & > .conversation--h4 { color: $markdown-h4-color; text-style: $markdown-h4-text-style; }
    & > .conversation--h5 { color: $markdown-h5-color; text-style: $markdown-h5-text-style; }
    & > .conversation--h6 { color: $markdown-h6-color; text-style: $markdown-h6-text-style; }
    & > .conversation--th { color: $text-primary; text-style: bold; }
    & > .conversation--bullet { color: $text-primary; }
    &:light > .conversation--bullet { color: $text-secondary; }
    & > .conversation--quote { color: $text-muted; }
    & > .conversation--quote-bar { color: $text-primary 60%; }
    & > .conversation--rule { color: $foreground 35%; }
    & > .conversation--code-block { color: $foreground; background: $surface; }
    & > .conversation--tok-comment { color: $foreground 60%; text-style: italic; }
    & > .conversation--tok-keyword { color: $text-accent; text-style: bold; }
    & > .conversation--tok-constant { color: $text-success; text-style: bold; }
    & > .conversation--tok-type { text-style: bold; }
    & > .conversation--tok-string { color: $text-success; }
    & > .conversation--tok-number { color: $text-warning; }
    & > .conversation--tok-function { color: $text-primary; }
    & > .conversation--tok-builtin { color: $text-accent; }
    & > .conversation--tok-error { color: $text-error; }
    & > .conversation--dim { color: $foreground 55%; }
    & > .conversation--user { color: $foreground; background: $boost; }
    & > .conversation--user-bar { color: $accent; }
    & > .conversation--cursor-bar { color: $primary; text-style: bold; }
    & > .conversation--reasoning { color: $foreground 60%; text-style: italic; }
    & > .conversation--notice { color: $text-warning; }
    & > .conversation--error { color: $text-error; }
    & > .conversation--chip { color: $text-secondary; }
    & > .conversation--button { color: $text-primary; }
    & > .conversation--hint { color: $foreground 60%; }
    & > .conversation--match { color: $foreground; background: $warning 35%; text-style: underline; }
    & > .conversation--match-current { color: auto; background: $warning; text-style: bold; }
    & > .conversation--selection { color: $screen-selection-foreground; background: $screen-selection-background; }
    & > .conversation--track { color: $foreground 15%; }
    & > .conversation--thumb { color: $primary; }
    & > .conversation--removed { color: $text-error; text-style: strike; }
    & > .conversation--added { color: $text-success; text-style: underline; }
    & > .conversation--more { color: $background; background: $primary; text-style: bold; }
}
WIDGET:ansi > .conversation--user { background: ansi_default; text-style: bold; }
WIDGET:ansi > .conversation--dim { text-style: dim; }
WIDGET:ansi > .conversation--hint { text-style: dim; }
WIDGET:ansi > .conversation--rule { text-style: dim; }
WIDGET:ansi > .conversation--track { text-style: dim; }
WIDGET:ansi > .conversation--reasoning { text-style: dim italic; }
WIDGET:ansi > .conversation--tok-comment { text-style: dim italic; }
WIDGET:ansi > .conversation--code-block { background: ansi_default; }
WIDGET:ansi > .conversation--code { background: ansi_default; }
WIDGET:ansi > .conversation--match { background: ansi_default; text-style: underline bold; }
WIDGET:ansi > .conversation--match-current { color: ansi_default; background: ansi_default; text-style: reverse bold; }
WIDGET:ansi > .conversation--selection { text-style: reverse; }
"""


def css_of(widget: str) -> str:
    """The rules of the inks for the widgets of a class; of several bases Textual asks only the first for its rules."""
    return _CSS.replace("WIDGET", widget)
