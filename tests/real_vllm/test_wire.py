"""The contract tests of ``tests/wire``, the same functions, asking the real vLLM."""

from __future__ import annotations

from tests.wire import test_backend, test_chat, test_endpoints, test_errors, test_media

for _module in (test_backend, test_chat, test_endpoints, test_errors, test_media):
    globals().update({name: value for name, value in vars(_module).items() if name.startswith("test_")})

chat = test_backend.chat
