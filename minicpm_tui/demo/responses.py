"""JSON as vLLM sends it: compact, UTF-8, without escapes for other scripts."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response


def json_response(body: Any, status: int = 200) -> Response:
    """``body``, anything that msgspec encodes, as a response."""
    return Response(msgspec.json.encode(body), status, media_type="application/json")
