"""What rendering yields: lines of text in named inks that know where in the source they come from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

Ink = tuple[str, ...]
"""Names of styles, later ones on top: ``("h2", "code")``. ``link=URL`` and ``do=ACTION`` make the text clickable."""

Run = tuple[str, Ink]
"""Text of one ink."""

PLAIN: Ink = ()


class Leaf(NamedTuple):
    """A paragraph, heading, table cell or code line: ``text`` as it is shown, from ``source[start:end]``."""

    text: str
    start: int
    end: int


class Mark(NamedTuple):
    """The characters ``x … x + length`` of a line are ``leaf.text[offset : offset + length]``."""

    x: int
    length: int
    leaf: Leaf
    offset: int


class Line(NamedTuple):
    """One line on the screen. ``fill`` is the ink of the rest of the line."""

    runs: tuple[Run, ...] = ()
    marks: tuple[Mark, ...] = ()
    fill: Ink = PLAIN

    @property
    def text(self) -> str:
        """The characters of the line without their inks."""
        return "".join(text for text, _ink in self.runs)


BLANK = Line()


def indented(lines: Iterable[Line], first: Run, rest: Run) -> Iterator[Line]:
    """``lines`` behind ``first`` and, from the second on, ``rest``."""
    prefix = first
    for line in lines:
        shift = len(prefix[0])
        marks = tuple(mark._replace(x=mark.x + shift) for mark in line.marks)
        yield Line((prefix, *line.runs), marks, line.fill)
        prefix = rest


def moved(line: Line, by: int) -> Line:
    """``line`` from a place in the source that is ``by`` characters further."""
    marks = (mark._replace(leaf=mark.leaf._replace(start=mark.leaf.start + by, end=mark.leaf.end + by)) for mark in line.marks)
    return line._replace(marks=tuple(marks))


def dyed(line: Line, spans: Iterable[tuple[int, int]], ink: Ink) -> Line:
    """``line`` with ``ink`` on top of the characters in ``spans``, which are in order and do not overlap."""
    runs: list[Run] = []
    at = 0
    edges = [edge for span in spans for edge in span]
    for text, own in line.runs:
        begin = 0
        for number, edge in enumerate(edges):
            if begin < edge - at <= len(text):
                runs.append((text[begin : edge - at], (*own, *ink) if number % 2 else own))
                begin = edge - at
        inside = sum(edge <= at + begin for edge in edges) % 2
        runs.append((text[begin:], (*own, *ink) if inside else own))
        at += len(text)
    return line._replace(runs=tuple(run for run in runs if run[0]))
