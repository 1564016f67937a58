"""Text for a Markdown file that many renderers read: each message by itself, closed before the next begins.

Renderers differ; this keeps to what CommonMark, GitHub's renderer and pandoc have in common. Formulas are written as GitHub
documents them beside its older signs, which also protects them elsewhere: as code
(https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from minicpm_tui.markdown.dialect import DISPLAY, dialect
from minicpm_tui.markdown.flanking import can_open_close, common_open_close
from minicpm_tui.text import one_line, printable

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_DEEPEST_HEADING = 6
_PLAIN = re.compile(r"(?P<url>https?://[^\s<>\"'`|\\()\[\]]*[^\s<>\"'`|\\()\[\].,;:!?*_~])|(?P<mark>[\\`*_\[\]<>~|$&])")
_AT_START = re.compile(
    r"(?P<indent>[ \t]*)(?P<number>\d{1,9}(?=[.)](?:\s|$)))?(?P<sign>#(?=#{0,5}(?:\s|$))|[-+=.)](?=\s|$|[-+=]))?"
)
_INSIDE = re.compile(
    r"""
      \\\[(?P<a>.{1,2000}?)\\\] | \$\$(?P<b>.{1,2000}?)\$\$
    | \\\((?P<c>.{1,1000}?)\\\) | (?<![\\$\w])\$(?=\S)(?P<d>[^$`\n]{1,4000}?)(?<=\S)\$(?![\w$])
    | (?P<kept>\\[!-/:-@\[-`{-~\n] | (?<!`)(?P<ticks>`+)(?!`).{0,4000}?(?<!`)(?P=ticks)(?!`) | <(?:https?://|mailto:)[^\s<>]*>)
    | (?P<mark><|\[(?=\^))
    | (?P<line>[ ]*\n)
    | (?<!\*)(?P<stars>\*{1,3}(?!\*)) | (?<!~)(?P<strike>~~(?!~))
    """,
    re.DOTALL | re.VERBOSE,
)
_DISPLAY = re.compile(r"\\\[(?P<a>[^`]+)\\\]|\$\$(?P<b>[^`]+)\$\$")
_FENCE = "`````"
_NOTHING = "&#8203;"
_PIPE = re.compile(r"(?<!\\)(\|)")


def plain(text: str) -> str:
    """Markdown that is shown as ``text``, whatever it contains, line by line."""
    paragraphs = re.split(r"\n(?:[ \t]*\n)+", printable(text).strip("\n"))
    return "\n\n".join("\\\n".join(map(_plain_line, each.split("\n"))) for each in paragraphs)


def label(text: str) -> str:
    """``plain`` on one line, for titles and names."""
    return _plain_line(one_line(text))


def target(address: str) -> str:
    """The address of a link or picture, as it stands behind its label."""
    return "<" + re.sub(r"([\\<>])", r"\\\1", one_line(address)) + ">"


def closed(text: str, heading: int) -> str:
    """A reply's Markdown so that nothing of it reaches beyond it: HTML is text, code is closed, formulas are code.

    Its headings go down by ``heading`` levels; lines end where the model ended them.
    """
    lines = _without_display(printable(text).strip("\n")).split("\n")
    kept: list[str | None] = [*lines]
    tokens = _blocks().disable("display").parse("\n".join(lines), {})
    for token, before in zip(tokens, [None, *tokens], strict=False):
        first, last = token.map or (0, 0)
        if token.type == "inline" and before is not None and before.type == "heading_open":
            _heading(token, before, kept, heading)
        elif token.type == "inline" and before is not None and before.type not in {"th_open", "td_open"}:
            _paragraph(token, kept)
        elif token.type == "tr_open":
            for number in range(first, min(first + 1, len(lines))):
                kept[number] = "".join(_inside(cell) for cell in _PIPE.split(lines[number]))
        elif token.type == "definition":
            text = _inside("\n".join(lines[first:last])).replace("[", "\\[", 1)
            kept[first:last] = text.split("\n")
    return "\n".join([line for line in kept if line is not None] + _closing(tokens, lines))


def _blocks() -> MarkdownIt:
    """A parser of blocks, for which HTML is text."""
    return dialect(html=False).disable(["inline", "text_join"])


def _without_display(source: str) -> str:
    """``source`` with formulas of several lines on one: other renderers see lists and headings in them."""
    lines = source.split("\n")
    kept: list[str | None] = [*lines]
    for token in _blocks().parse(source, {}):
        if token.type == "inline" and token.map and DISPLAY.match(token.content) and _INSIDE.match(token.content):
            _paragraph(token, kept)
    return "\n".join(line for line in kept if line is not None)


def quoted(text: str) -> str:
    """Markdown as a block quote."""
    return "\n".join(f"> {line}" if line else ">" for line in text.split("\n"))


def _plain_line(line: str) -> str:
    start = _AT_START.match(line)
    assert start is not None
    indent = start["indent"].replace("\t", "    ").replace(" ", "\N{NO-BREAK SPACE}")
    sign = f"\\{start['sign']}" if start["sign"] else ""
    rest = _PLAIN.sub(lambda match: f"<{match['url']}>" if match["url"] else f"\\{match['mark']}", line[start.end() :].rstrip())
    return indent + (start["number"] or "") + sign + rest


def _heading(inline: Token, opening: Token, kept: list[str | None], by: int) -> None:
    """Write a heading with number signs, on one line, ``by`` levels deeper."""
    first, last = opening.map or (0, 0)
    content = inline.content.split("\n")
    line = kept[first] or ""
    at = line.find(opening.markup if opening.markup.startswith("#") else content[0])
    level = min(int(opening.tag[1:]) + by, _DEEPEST_HEADING)
    kept[first:last] = [f"{line[:at]}{'#' * level} {_inside(' '.join(content))}", *[None] * (last - first - 1)]


def _paragraph(token: Token, kept: list[str | None]) -> None:
    """Rewrite a paragraph in the lines where it stands, behind the marks of the lists and quotes around it."""
    first, last = token.map or (0, 0)
    old = token.content.split("\n")
    if (display := _DISPLAY.fullmatch(token.content)) and not (kept[first] or "").startswith((" ", ">")) and token.level == 1:
        latex = (display["a"] or display["b"]).strip()
        kept[first:last] = [f"{_FENCE}math\n{latex}\n{_FENCE}", *[None] * (last - first - 1)]
        return
    new = _inside(token.content).split("\n")
    for number, (before, after) in enumerate(zip(old, new, strict=False), first):
        line = kept[number] or ""
        at = line.rfind(before.strip())
        kept[number] = line[:at] + after.lstrip() if at >= 0 else _inside(line)
    kept[first + len(new) : first + len(old)] = [None] * (len(old) - len(new))  # a formula of several lines is on one now


def _inside(text: str) -> str:
    return _INSIDE.sub(_rewritten, text)


def _rewritten(match: re.Match[str]) -> str:
    if match["kept"]:
        return match[0]
    if match["line"]:
        return "  \n"
    if match["stars"] or match["strike"]:
        return _emphasis(match)
    if match["mark"]:
        return f"\\{match[0]}"
    formula = " ".join("".join(filter(None, match.group("a", "b", "c", "d"))).split())
    return f"$`{formula}`$" if "`" not in formula else f"`` {formula} ``"


def _emphasis(match: re.Match[str]) -> str:
    """Marks of emphasis in Chinese, Japanese or Korean as CommonMark takes them.

    It wants a space or punctuation where those languages have none: an entity that draws nothing begins and ends with some.
    """
    text, (begin, end) = match.string, match.span()
    before, after = text[begin - 1 : begin] or " ", text[end : end + 1] or " "
    opens, closes = can_open_close(before, after, in_words=True)
    opened, closed_ = common_open_close(before, after)
    return (_NOTHING if opens and not opened else "") + match[0] + (_NOTHING if closes and not closed_ else "")


def _closing(tokens: list[Token], lines: list[str]) -> list[str]:
    """The line that closes a code block which the text leaves open."""
    last = tokens[-1] if tokens else None
    if last is None or last.type != "fence" or last.level or not last.map:
        return []
    end = lines[last.map[1] - 1].strip()
    over = last.map[1] - last.map[0] > 1 and set(end) == {last.markup[0]} and len(end) >= len(last.markup)
    return [] if over else [last.markup]
