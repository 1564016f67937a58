"""``--schema FILE``: the server is asked for JSON of that shape, and what comes back is checked against it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from minicpm_tui.decoding import DecodingError, json_value
from minicpm_tui.errors import UsageError
from minicpm_tui.i18n import _

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

EXTRA = "minicpm-tui[schema]"
_FENCED = re.compile(r"^[ \t]*```[A-Za-z]*[ \t]*\n(.*?)\n[ \t]*```[ \t]*$", re.DOTALL | re.MULTILINE)


class Schema:
    """A JSON schema read from a file.

    Raises UsageError from ``read`` when the file is not there or no schema, or when jsonschema is not installed.
    """

    def __init__(self, schema: Mapping[str, Any], text: bytes) -> None:
        import jsonschema
        import referencing

        self.schema = schema
        self.text = text
        kind = jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator)
        # a registry of its own: references to the web are never fetched
        self._validator: Validator = kind(schema, registry=referencing.Registry())

    @classmethod
    def read(cls, path: Path) -> Schema:
        """The schema in the file ``path``."""
        try:
            import jsonschema
        except ImportError:
            raise UsageError(
                _("--schema needs the package jsonschema"), hint=f"pip install '{EXTRA}'", title=_("Something is not installed")
            ) from None
        try:
            text = path.read_bytes()
            schema = json_value(text)
            if not isinstance(schema, dict):
                raise UsageError(_("{path}: a schema must be a JSON object").format(path=path))
            jsonschema.validators.validator_for(schema, default=jsonschema.Draft202012Validator).check_schema(schema)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from error
        except DecodingError as error:
            raise UsageError(_("{path}: not JSON: {error}").format(path=path, error=error)) from error
        except jsonschema.SchemaError as error:
            raise UsageError(_("{path}: not a JSON schema: {error}").format(path=path, error=error.message)) from error
        return cls(schema, text)

    @property
    def properties(self) -> tuple[str, ...]:
        """The names of the fields that it describes."""
        named = self.schema.get("properties")
        return tuple(named) if isinstance(named, dict) else ()

    @property
    def response_format(self) -> dict[str, Any]:
        """The request's field, as OpenAI and vLLM take it."""
        return {"type": "json_schema", "json_schema": {"name": "answer", "schema": self.schema, "strict": True}}

    @property
    def response_format_json(self) -> str:
        """``response_format`` as JSON."""
        return msgspec.json.encode(self.response_format).decode()

    def check(self, text: str) -> tuple[Any, str]:
        """The parsed answer and an empty text, or None and one line that says what is wrong with it."""
        import jsonschema
        import referencing.exceptions

        try:
            data = json_value(_bare(text))
        except DecodingError as error:
            return None, _("the answer is not JSON: {error}").format(error=error)
        try:
            problem = jsonschema.exceptions.best_match(self._validator.iter_errors(data))
        except referencing.exceptions.Unresolvable as error:
            return None, _("the schema refers to something it does not define: {error}").format(error=error)
        if problem is None:
            return data, ""
        return None, _("the answer does not fit the schema: {place}: {message}").format(
            place=problem.json_path, message=problem.message
        )


def _bare(text: str) -> str:
    """What stands in the only block of code of ``text``, or all of it: not every server can hold a model to JSON alone."""
    blocks = _FENCED.findall(text)
    return blocks[0] if len(blocks) == 1 else text
