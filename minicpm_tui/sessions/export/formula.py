"""Formulas for browsers: MathML, which needs no script and no font of its own, with the LaTeX in it."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_LONGEST = 4000
"""Characters; what is longer stays text."""
_BRACKETS = re.compile(r"\\\((.*)\\\)|\\\[(.*)\\\]|\$\$(.*)\$\$|\$(.*)\$", re.DOTALL)
_ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|gathered|split|equation|alignedat|eqnarray)\*?\}")
_TAG = re.compile(r"\\tag\*?\{([^{}]*)\}")
_ALLOWED = frozenset({
    "columnalign", "display", "displaystyle", "fence", "form", "height", "depth", "largeop", "linebreak", "linethickness",
    "mathvariant", "maxsize", "minsize", "movablelimits", "rspace", "rowspacing", "columnspacing", "columnlines", "rowlines",
    "scriptlevel", "separator", "stretchy", "symmetric", "width", "accent", "mathcolor", "mathsize", "notation", "voffset",
    "lspace",
})  # fmt: skip
"""Attributes that only draw; ``href``, ``style`` and ``class`` of a model's text go no further."""

_REFUSALS = (LookupError, ValueError, TypeError, AttributeError, RecursionError)
"""What the converter raises beside its own exceptions for text that is no LaTeX."""


def mathml(source: str) -> str:
    r"""``source``, a formula with its brackets, as an element of HTML; empty where it is no LaTeX that can be drawn.

    ``\[…\]`` and ``$$…$$`` stand on lines of their own.
    """
    from latex2mathml import exceptions
    from latex2mathml.converter import convert_to_element

    found = _BRACKETS.fullmatch(source)
    if found is None or len(source) > _LONGEST:
        return ""
    latex = next(each for each in found.groups() if each is not None).strip()
    drawn = _TAG.sub(r"\\qquad(\\text{\1})", _ALIGNED.sub(r"\\\1{align*}", latex))
    kinds = [kind for kind in vars(exceptions).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    refusals: tuple[type[Exception], ...] = (*kinds, *_REFUSALS)
    display = "block" if source.startswith(("\\[", "$$")) else "inline"
    try:
        element = convert_to_element(drawn, display=display)
    except refusals:
        return ""
    if not _cleaned(element):
        return ""
    meaning = ET.Element("semantics")
    meaning.extend(element)
    note = ET.SubElement(meaning, "annotation", encoding="application/x-tex")
    note.text = latex
    whole = ET.Element("math", element.attrib)
    whole.append(meaning)
    return ET.tostring(whole, encoding="unicode")


def _cleaned(element: Element) -> bool:
    """Leave nothing in ``element`` that does more than draw; False when it has what was not understood."""
    for each in element.iter():
        each.attrib = {name: value for name, value in each.attrib.items() if name in _ALLOWED}
        each.text = html.unescape(each.text) if each.text else None
        if each.text and (each.text == "&" or (each.text.startswith("\\") and len(each.text) > 1)):
            return False
    return True
