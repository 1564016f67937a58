"""The translations are complete, fresh and fit for formatting."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from minicpm_tui import i18n
from tests import catalogues

DOMAINS = sorted(domain for domain, found in catalogues.texts().items() if found)


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_text_is_translated(domain: str) -> None:
    catalogue = catalogues.load(domain)
    missing = []
    for text in catalogues.texts()[domain]:
        known = catalogue.get(text.one)
        if known is None or not known.string or not all(known.string):
            missing.append(f"{text.path.name}:{text.line}: {text.one}")
    assert not missing, f"python -m tests.catalogues update {domain}, then translate"


@pytest.mark.parametrize("domain", DOMAINS)
def test_translations_keep_the_fields(domain: str) -> None:
    for message in catalogues.load(domain):
        if not message.id:
            continue
        source = message.id[-1] if isinstance(message.id, tuple) else message.id
        for translated in message.string if isinstance(message.string, tuple) else (message.string,):
            assert _fields(translated) == _fields(source), translated


@pytest.mark.parametrize("path", sorted(catalogues.LOCALE.glob("*.po")), ids=lambda path: str(path.stem))
def test_compiled_catalogue_is_fresh(path: Path) -> None:
    assert path.with_suffix(".mo").read_bytes() == catalogues.compiled(catalogues.load(path.stem)), (
        "python -m tests.catalogues compile"
    )
    assert path.stem in DOMAINS, "no source file belongs to this catalogue"


def test_marked_texts_are_literals() -> None:
    """``_(f"…")`` or ``_(name + "…")`` is never found in a catalogue; ``f"{_('…')}"`` is found by some Pythons alone."""
    wrong = []
    for path in catalogues.PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        inside = [call for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for call in _calls(node)]
        wrong += [f"{path.name}:{call.lineno}" for call in inside if isinstance(call.args[0], ast.Constant)]
        calls = _calls(tree)
        wrong += [f"{path.name}:{call.lineno}" for call in calls if isinstance(call.args[0], ast.JoinedStr | ast.BinOp)]
    assert not wrong


def test_chinese_is_used_when_asked_for() -> None:
    i18n.set_language("zh_CN.UTF-8")
    assert i18n._("No such file") == "没有这个文件"
    i18n.set_language("en")
    assert i18n._("No such file") == "No such file"


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in catalogues.KEYWORDS and node.args:
            yield node


def _fields(text: str | list[str] | None) -> set[str]:
    assert isinstance(text, str)
    return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}
