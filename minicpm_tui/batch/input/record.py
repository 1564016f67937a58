"""From one record of a table, a line of JSON or a sample of a dataset to a row: which field is the question, which the files."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from minicpm_tui.batch.input.conversations import Conversation, is_conversation
from minicpm_tui.batch.input.fields import FILE_FIELDS, ID_FIELDS, TEXT_FIELDS, Fields, numbered
from minicpm_tui.batch.input.files import files_in
from minicpm_tui.batch.input.marks import Marks, first_mark, has_image_mark
from minicpm_tui.batch.input.multiple_choice import given, options_of, question_text
from minicpm_tui.batch.input.overlooked import overlooked
from minicpm_tui.batch.input.template import file_columns
from minicpm_tui.batch.records import Row, Turn
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _
from minicpm_tui.media.data_url import is_base64_media, is_data_url


@dataclass(frozen=True)
class Columns:
    """Which columns of a table hold what; empty: the usual names. Several file columns make several pictures a request."""

    files: tuple[str, ...] = ()
    text: str = ""
    id: str = ""


USUAL = Columns()


def record_row(fields: Mapping[str, Any], columns: Columns, place: str, base: Path | None) -> Row:
    """The row of a record with these ``fields``; ``place`` names its line, ``base`` is where relative paths begin.

    What is not understood is its error, which names the line and the field.
    """
    record = Fields(fields)
    try:
        return _row(record, columns, place, base)
    except UsageError as error:
        return Row(_name(record, columns) or place, error=error.message, place=place)


def _row(record: Fields[Any], columns: Columns, place: str, base: Path | None) -> Row:
    """Raises UsageError."""
    if columns == USUAL and is_conversation(record):
        return _conversation_row(record, place, base)
    files = tuple(_files(record, columns.files, place))
    texts = (columns.text,) if columns.text else TEXT_FIELDS
    asked = _first(record, texts)
    asks = next((record.written(name) for name in texts if name in record), "")
    if not (files or asked):
        if asks:
            raise UsageError(_("{place}: the field “{field}” is empty").format(place=place, field=asks))
        names = ", ".join(str(name) for name in record) or "–"
        raise UsageError(_("{place}: neither a question nor a file among its fields: {names}").format(place=place, names=names))
    text = (
        question_text(asked, options_of(record), given(record.get("hint"))) if asked.strip() and _is_evaluation(record) else asked
    )
    turns, misplaced = _turns(text, len(files), place)
    system = record.get("system")
    known = scalars(record)
    name = _name(record, columns)
    return Row(
        id=name or (files[0] if files and not is_data_url(files[0]) else place),
        files=files,
        text=text,
        system=None if system is None else text_of(system),
        columns=Fields({**(file_columns(files[0]) if files and not is_data_url(files[0]) else {}), **known, "text": text}),
        base=base,
        turns=turns,
        place=place,
        nameless=not name,
        asks=asks,
        misplaced=misplaced,
        overlooked=None if files or columns.files else overlooked(record, asked),
    )


def scalars(record: Mapping[str, Any]) -> dict[str, str]:
    """What a prompt template may name: every value but lists, objects, bytes and pictures."""
    values = {name: value for name, value in record.items() if not isinstance(value, (Mapping, list, tuple, bytes))}
    texts = {name: text_of(value) for name, value in values.items()}
    return {name: text for name, text in texts.items() if not (is_data_url(text) or is_base64_media(text))}


def text_of(value: Any) -> str:
    """A value as text; empty for None."""
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value, enc_hook=str).decode().strip('"')


def _is_evaluation(record: Mapping[str, Any]) -> bool:
    """A question of VLMEvalKit's tables."""
    return "index" in record and "question" in record


def _conversation_row(record: Mapping[str, Any], place: str, base: Path | None) -> Row:
    found = Conversation(record, place)
    text = found.turns[-1].text
    return Row(
        id=_name(record, USUAL) or place,
        files=tuple(found.files),
        text=text,
        system=found.system,
        columns=Fields({"answer": found.answer, **scalars(record), "text": text}),
        base=base,
        turns=found.turns,
        place=place,
        overlooked=None if found.files else overlooked(record, text),
    )


def _name(record: Mapping[str, Any], columns: Columns) -> str:
    usual = (*ID_FIELDS, "index") if _is_evaluation(record) else ID_FIELDS
    return _first(record, (columns.id,) if columns.id else usual)


def _turns(text: str, files: int, place: str) -> tuple[tuple[Turn, ...], str]:
    """Where ``<image>`` says that the files belong, and why it cannot be so; ``<video>`` alone may well be about HTML."""
    if not files or not first_mark(text):
        return (), ""
    marks = Marks(range(files), place=place)
    try:
        content = marks.content(text)
        marks.finish()
    except UsageError as error:
        return (), error.message if has_image_mark(text) else ""
    return (Turn("user", content),), ""


def _files(record: Mapping[str, Any], chosen: tuple[str, ...], place: str) -> Iterator[str]:
    present = [name for name in chosen or FILE_FIELDS if name and name in record and record[name]]
    if not chosen:
        further = numbered(record)
        own = [name for name in further if record[name]]
        first = min(further.values(), default=0)
        used = [*present[:1], *(own if first > 1 or not present else ())]  # ``image`` and ``image2``, but not ``image`` again
        _demand_used(record, used, [name for name in (*present, *own) if name not in used], place)
        present = used
    return itertools.chain.from_iterable(files_in(record[name], f"{place}: {name}") for name in present)


def _demand_used(record: Mapping[str, Any], used: Sequence[str], left: Sequence[str], place: str) -> None:
    """Raises UsageError for a field of the same kind that is ``left`` and holds another file: ``image`` beside ``images``."""
    if not left:
        return
    sent = {file for name in used for file in files_in(record[name], f"{place}: {name}")}
    for name in left:
        kin = name in numbered({name: None}) or any(name.casefold().rstrip("s") == other.casefold().rstrip("s") for other in used)
        if kin and not sent.issuperset(files_in(record[name], f"{place}: {name}")):
            raise UsageError(
                _("{place}: “{field}” holds a file, but so does “{other}”: --file-column names those to send").format(
                    place=place, field=name, other=", ".join(used)
                )
            )


def _first(record: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((text_of(record[name]) for name in names if record.get(name) not in (None, "")), "")
