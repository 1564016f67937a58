"""Markdown as models write it, and worse, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

PIECES = (
    *("# Title\n", "text ", "more *em* ", "**bold** ", "`code` ", "\n", "\n\n", "- item\n", "  - nested\n", "1. one\n"),
    *("> quote\n", "```py\n", "```\n", "~~~\n", "x = 1\n", "| a | b |\n", "|---|--:|\n", "| 1 | 2 |\n", "---\n", "===\n"),
    *("中文，标点。", "👨\u200d👩\u200d👧", "    four\n", "<div>\n", "[a]: http://x.y\n", "[a] ", "[l](http://q.w) "),
    *("- [ ] task\n", "\\\n", "a\tb", "\r\n", "\r", "\x1b[31m", "averyverylongwordwithoutspaces", "**加粗：**", "~~删：~~"),
    *("  wide   gap ", "a<b and c>d ", "<ref>cat</ref>", "<box>[[1,2,3,4]]</box>", "<table><tr><td>cell", "</td></tr></table>\n"),
    *("<think>\n", "</think>", "<!-- hidden -->", "<!-- open\n", "<?php ", "<![CDATA[ data", "<script>\n", "[注]: 见下\n"),
    *("[f](x) ", "![alt](pic.png)", "![p](http://i.j 'title') ", "<http://auto.link> ", "| x | y | z | extra |\n"),
    *("``` info words\n", "#\n", ">\n", "- - - - - - deep\n", ">>>>>>>>>>>> quoted\n", "\\(x_1\\) ", "\\[ \\frac{a}{b}\n"),
    *("$$y$$", "\\]", "[]( ", "](", "![", "\\", "*", "_", "`", "|"),
)
markdown = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=25).map("".join)
chunks = st.lists(st.integers(1, 9), min_size=1, max_size=40)
