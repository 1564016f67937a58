"""From a row to the bytes of its requests: pictures prepared once for all prompts of a row."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from minicpm_tui.backends.body import payload_of
from minicpm_tui.batch.engine import Ready
from minicpm_tui.batch.input.locate import locate
from minicpm_tui.batch.output.schema import Schema
from minicpm_tui.batch.records import Item, Row, Turn
from minicpm_tui.chat.preparer import Preparer
from minicpm_tui.chat.sharing import MessageFile
from minicpm_tui.errors import MinicpmTuiError
from minicpm_tui.i18n import _
from minicpm_tui.media import AttachmentSpec, PreparationCancelled, Prepared, expand
from minicpm_tui.media.data_url import on_disk
from minicpm_tui.messages import Blob, Message, Part, RequestOptions, RequestProfile, TextPart
from minicpm_tui.messages.request import ChatRequest, build_request


@dataclass(frozen=True)
class RequestMaker:
    """Makes requests for one model, of files that ``preparer`` makes ready.

    ``uuids`` names each picture by its digest, which spares vLLM hashing it.
    ``extra`` are fields that every body gets, such as ``response_format``.
    In bodies of the OpenAI batch format ``overrides`` replace fields, which is what the user set on the command line, and
    ``defaults`` stand in for those that are not there. ``busy_cores`` of this machine are the model's, not for preparing.
    """

    profile: RequestProfile
    options: RequestOptions
    preparer: Preparer
    uuids: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    cancelled: Callable[[], bool] | None = None
    busy_cores: int = 0

    def stopped_by(self, cancelled: Callable[[], bool], schema: Schema | None) -> RequestMaker:
        """A copy for one run, which ends early when ``cancelled`` and asks for JSON of ``schema``."""
        extra = {**self.extra, "response_format": schema.response_format} if schema else self.extra
        return replace(self, cancelled=cancelled, extra=extra)

    def __call__(self, row: Row, items: Sequence[Item]) -> list[Ready]:
        """The requests of one row; what is wrong with it becomes their error. Blocks: call it from a thread.

        Raises PreparationCancelled.
        """
        try:
            return self.requests(row, items)
        except PreparationCancelled:
            raise
        except MinicpmTuiError as error:
            return [Ready(item, error=str(error)) for item in items]
        except Exception as error:  # noqa: BLE001 - a file that breaks a decoder must not end ten thousand others
            return [Ready(item, error=f"{type(error).__name__}: {error}") for item in items]

    def requests(self, row: Row, items: Sequence[Item]) -> list[Ready]:
        """The requests of one row. Blocks. Raises MinicpmTuiError, PreparationCancelled, and what a decoder raises."""
        if row.error:
            return [Ready(item, error=row.error) for item in items]
        if row.body is not None:
            return [Ready(replace(item, row=row.lean), self._own_body(row.body)) for item in items]
        with on_disk([locate(file, row.base) for file in row.files], "picture") as files:
            prepared = self._prepared([expand([file]) for file in files])
        return [self._request(item, row, prepared) for item in items]

    def _prepared(self, specs: Sequence[Sequence[AttachmentSpec]]) -> list[list[Prepared]]:
        """What each file becomes: several parts where it has pages."""
        files = [MessageFile(spec) for several in specs for spec in several]
        prepared = iter(self.preparer.prepare(files, cancelled=self.cancelled))
        return [list(itertools.islice(prepared, len(several))) for several in specs]

    def _request(self, item: Item, row: Row, files: Sequence[Sequence[Prepared]]) -> Ready:
        prepared = [one for several in files for one in several]
        if not item.text.strip() and not prepared:
            return Ready(item, error=_("nothing to ask: neither text nor files"))
        turns = row.turns or (Turn("user", (*range(len(files)), item.text)),)
        messages = [_message(turn, files) for turn in turns]
        options = self.options if row.system is None else msgspec.structs.replace(self.options, system=row.system)
        request = build_request(messages, self.profile, options, stream=False)
        request = ChatRequest({**request.body, **self.extra})
        blobs = {digest: blob for one in prepared for digest, blob in one.blobs.items()}
        notes = tuple(f"{one.part.name}: {note}" for one in prepared for note in one.notes)
        return Ready(replace(item, notes=notes, row=row.lean), b"".join(_filled(request, blobs, uuids=self.uuids)))

    def _own_body(self, body: Mapping[str, Any]) -> bytes:
        whole = {**self.defaults, **body, **self.overrides, **self.extra}
        for name in ("stream", "stream_options"):
            whole.pop(name, None)
        whole.setdefault("model", self.options.model)
        return msgspec.json.encode(whole)


def _message(turn: Turn, files: Sequence[Sequence[Prepared]]) -> Message:
    """The message of one turn, with the parts of its files in their places."""
    parts: list[Part] = []
    for piece in turn.content:
        if isinstance(piece, int):
            parts += (one.part for one in files[piece])
        elif piece.strip():
            parts.append(TextPart(piece))
    return Message(id="", parent=None, role="assistant" if turn.role == "assistant" else "user", content=tuple(parts), at="")


def _filled(request: ChatRequest, blobs: Mapping[str, Blob], *, uuids: bool) -> Iterator[bytes]:
    payload = payload_of(request, uuids=uuids, bare=())
    for index, text in enumerate(payload.texts):
        yield text
        if index < len(payload.blobs):
            yield base64.b64encode(blobs[payload.blobs[index]].data)
