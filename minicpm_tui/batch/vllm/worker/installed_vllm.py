"""The vLLM that is installed here, whatever its version calls things. Runs under its interpreter with the standard library alone.

vLLM's interface differs between versions: what this one does not take is left out and told in ``left_out``.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # this file also runs under Python 3.9
    from minicpm_tui.batch.vllm.worker.wire import Json

MAX_NUM_SEQS = 256
"""vLLM's own default, where the installed version does not tell."""
MAX_TOKENS = 1024


class Vllm:
    """The installed vLLM: one engine, and what this version calls things."""

    def __init__(self, engine: Json) -> None:
        self.vllm = importlib.import_module("vllm")
        accepted, self.left_out = self._accepted(engine)
        self.llm = self.vllm.LLM(**accepted)
        self.sampling_fields = set(inspect.signature(self.vllm.SamplingParams).parameters)
        self.chat_fields = set(inspect.signature(self.llm.chat).parameters)
        self._no_stop_ids = False
        self._load_picture: Any = None if engine.get("media_io_kwargs") else _picture_loader()  # it would not know of those
        client = getattr(getattr(self.llm, "llm_engine", None), "engine_core", None)
        self._outputs = getattr(client, "outputs_queue", None)

    @property
    def version(self) -> str:
        """As vLLM names it, such as ``0.11.0``; empty where it does not."""
        return str(getattr(self.vllm, "__version__", ""))

    @property
    def max_num_seqs(self) -> int:
        """How many requests the engine answers at once."""
        config = getattr(getattr(self.llm, "llm_engine", None), "vllm_config", None)
        found = getattr(getattr(config, "scheduler_config", None), "max_num_seqs", None)
        return found if isinstance(found, int) else MAX_NUM_SEQS

    @property
    def rolls(self) -> bool:
        """Whether requests can be added one by one while others are answered."""
        return hasattr(self.llm, "enqueue_chat") and hasattr(getattr(self.llm, "llm_engine", None), "step")

    @property
    def idle(self) -> bool:
        """True when no output lies ready, False also when that is not known."""
        return self._outputs is not None and bool(self._outputs.empty())

    def load(self, body: Json) -> Json:
        """``body`` with its pictures fetched and decoded, where this version takes them so: ``LLM`` does one after another."""
        if self._load_picture is not None:
            for message in body["messages"]:
                content = message.get("content")
                if isinstance(content, list):
                    message["content"] = [self._loaded(part) for part in content]
        return body

    def with_picture(self, body: Json) -> Json:
        """``body`` with a small picture in its only message, where this version takes one as it is."""
        if self._load_picture is None:
            return body
        picture = {"type": "image_pil", "image_pil": importlib.import_module("PIL.Image").new("RGB", (448, 448))}
        (message,) = body["messages"]
        return {**body, "messages": [{**message, "content": [picture, {"type": "text", "text": message["content"]}]}]}

    def _loaded(self, part: Any) -> Any:
        given = part.get("image_url") if isinstance(part, dict) and part.get("type") == "image_url" else None
        url = given.get("url") if isinstance(given, dict) else given
        if not isinstance(url, str) or not url.startswith(("data:", "http://", "https://")):
            return part
        picture = self._load_picture(url)
        named = {"uuid": part["uuid"]} if "uuid" in part else {}
        return {"type": "image_pil", "image_pil": getattr(picture, "media", picture), **named}

    def _accepted(self, engine: Json) -> tuple[Json, list[str]]:
        """``LLM`` takes its own parameters and, as ``**kwargs``, the fields of ``EngineArgs``."""
        known = set(inspect.signature(self.vllm.LLM.__init__).parameters)
        with contextlib.suppress(ImportError, AttributeError, ValueError):
            known |= set(inspect.signature(importlib.import_module("vllm.engine.arg_utils").EngineArgs).parameters)
        if "disable_mm_preprocessor_cache" in engine and "disable_mm_preprocessor_cache" not in known:
            disabled = engine.pop("disable_mm_preprocessor_cache")
            if disabled:  # its name since 0.10.2
                engine["mm_processor_cache_gb"] = 0
        return {name: value for name, value in engine.items() if name in known}, sorted(set(engine) - known)

    def call_of(self, body: Json) -> Json:
        """The arguments of ``LLM.chat`` for one request."""
        call = {"messages": body["messages"], "sampling_params": self._sampling(body), "use_tqdm": False}
        for name in (
            "chat_template_kwargs",
            "mm_processor_kwargs",
            "chat_template",
            "add_generation_prompt",
            "continue_final_message",
        ):
            if body.get(name) is not None and name in self.chat_fields:
                call[name] = body[name]
        return call

    def _sampling(self, body: Json) -> Any:
        fields = {name: value for name, value in body.items() if name in self.sampling_fields and value is not None}
        fields["max_tokens"] = body.get("max_tokens") or body.get("max_completion_tokens") or MAX_TOKENS
        for name in ("n", "logprobs", "structured_outputs", "guided_decoding", "output_kind"):
            fields.pop(name, None)
        if self._no_stop_ids:
            fields.pop("stop_token_ids", None)
        if fields.get("logit_bias"):
            fields["logit_bias"] = {int(token): bias for token, bias in fields["logit_bias"].items()}
        wanted = dict(body.get("structured_outputs") or {})
        form = body.get("response_format") or {}
        if form.get("type") == "json_schema":
            wanted["json"] = form["json_schema"]["schema"]
        elif form.get("type") == "json_object":
            wanted["json_object"] = True
        if wanted:
            fields.update(self._structured(wanted))
        return self.vllm.SamplingParams(**fields)

    def _structured(self, wanted: Json) -> Json:
        """``structured_outputs`` since 0.11, ``guided_decoding`` before."""
        params = importlib.import_module("vllm.sampling_params")
        for field, name in (("structured_outputs", "StructuredOutputsParams"), ("guided_decoding", "GuidedDecodingParams")):
            if field in self.sampling_fields and hasattr(params, name):
                return {field: getattr(params, name)(**wanted)}
        return {}

    def drops_stop_ids(self, error: BaseException) -> bool:
        """True once: the vocabulary does not have the stop ids of the requests, which go without them from now on."""
        first = not self._no_stop_ids and "stop_token_ids" in str(error)
        self._no_stop_ids = self._no_stop_ids or first
        return first


def _picture_loader() -> Any:
    """vLLM's own function that makes a picture of a URL; None where its chat does not take pictures."""
    for place in ("vllm.renderers.chat_utils", "vllm.entrypoints.chat_utils"):
        with contextlib.suppress(ImportError, AttributeError):
            if "image_pil" in importlib.import_module(place).MM_PARSER_MAP:
                return importlib.import_module("vllm.multimodal.utils").fetch_image
    return None
