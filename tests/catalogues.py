"""Keeps the translations: ``python -m tests.catalogues update DOMAIN`` adds new texts, ``… compile`` writes the ``.mo`` files.

A domain is a room or the part of it that one ``.po`` file covers; ``domain_of`` tells which one a source file belongs to.
"""

from __future__ import annotations

import io
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from minicpm_tui.cli.click_texts import CLICK_MODULES

PACKAGE = Path(__file__).parent.parent / "minicpm_tui"
LOCALE = PACKAGE / "locale" / "zh_CN" / "LC_MESSAGES"
HEADER = r"""msgid ""
msgstr ""
"Language: zh_CN\n"
"Plural-Forms: nplurals=1; plural=0;\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}

_FOLDERS = {
    "ui/conversation": "conversation",
    "ui/viewer": "viewer",
    "ui/server": "server_panel",
    "ui/sessions": "sessions_ui",
    "ui/batch": "batch_ui",
    "families": "media",
    "messages": "core",
    "markdown": "conversation",
}
_FILES = {
    "cli/ask": "chat",
    "cli/options": "chat",
    "cli/serve": "servers",
    "cli/doctor": "servers",
    "cli/sessions": "sessions",
    "cli/replay": "sessions",
    "cli/rerun": "sessions",
    "cli/batch": "batch",
    "cli/demo": "demo",
    "chat/replay": "sessions",
    "chat/rerun": "sessions",
    "backends/recorded": "sessions",
}


class Text(NamedTuple):
    """A text to translate; ``plural`` is empty for most."""

    one: str
    plural: str
    path: Path
    line: int


def domain_of(path: Path) -> str:
    """The domain that a source file's texts belong to: the longest matching entry above, else its room, else ``core``."""
    relative = path.relative_to(PACKAGE).with_suffix("").as_posix()
    for prefix, domain in _FILES.items():
        if relative.startswith(prefix):
            return domain
    for prefix, domain in _FOLDERS.items():
        if relative.startswith(f"{prefix}/"):
            return domain
    return relative.split("/")[0] if "/" in relative else "core"


@cache
def texts() -> dict[str, list[Text]]:
    """Every marked text of the package, by domain; ``click`` has what the click library says itself."""
    found: dict[str, list[Text]] = defaultdict(list)
    for path in sorted(PACKAGE.rglob("*.py")):
        found[domain_of(path)].extend(_texts_in(path))
    for module in CLICK_MODULES:
        found["click"].extend(_texts_in(Path(str(module.__file__))))
    return found


def _texts_in(path: Path) -> Iterator[Text]:
    for line, text, _comments, _context in extract_from_file("python", path, keywords=KEYWORDS):
        one, plural = text if isinstance(text, tuple) else (text, "")
        yield Text(one, plural, path, line)


def load(domain: str) -> Catalog:
    """The Chinese catalogue of ``domain``; empty when there is none yet."""
    path = LOCALE / f"{domain}.po"
    if not path.exists():
        return Catalog(locale="zh_CN", domain=domain, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale="zh_CN", domain=domain)


class _Bare(Catalog):
    """A catalogue whose header has neither time nor Babel's version: the bytes follow from the texts alone."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in super().mime_headers if f'"{name}: ' in HEADER]


def compiled(catalogue: Catalog) -> bytes:
    """The ``.mo`` bytes of a catalogue."""
    bare = _Bare(locale=catalogue.locale, domain=catalogue.domain, fuzzy=False)
    for message in catalogue:
        if message.id:
            bare.add(message.id, message.string)
    buffer = io.BytesIO()
    write_mo(buffer, bare)
    return buffer.getvalue()


def update(domain: str) -> None:
    """Write ``domain.po`` anew: new texts untranslated, texts that are gone removed."""
    old = load(domain)
    new = Catalog(locale="zh_CN", domain=domain, fuzzy=False)
    for text in texts().get(domain, []):
        known = old.get(text.one)
        if text.plural:
            new.add((text.one, text.plural), known.string if known and isinstance(known.string, tuple) else ("",))
        else:
            new.add(text.one, known.string if known and isinstance(known.string, str) else "")
    buffer = io.BytesIO()
    write_po(buffer, new, width=0, omit_header=True, sort_output=True)
    LOCALE.mkdir(parents=True, exist_ok=True)
    (LOCALE / f"{domain}.po").write_bytes(HEADER.encode() + buffer.getvalue())


def compile_all() -> None:
    """Write every ``.mo`` from its ``.po``."""
    for path in sorted(LOCALE.glob("*.po")):
        path.with_suffix(".mo").write_bytes(compiled(load(path.stem)))


def main(arguments: list[str]) -> None:
    match arguments:
        case ["update", *domains]:
            for domain in domains or sorted(domain for domain, found in texts().items() if found):
                update(domain)
        case ["compile"]:
            compile_all()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
