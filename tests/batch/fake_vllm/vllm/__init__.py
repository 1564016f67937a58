"""Stands in for vLLM where it is not installed: the parts of its interface that the worker uses, and the ways it fails.

``FAKE_VLLM`` chooses the kind: ``new`` can add requests one by one, ``old`` has only ``LLM.chat``, ``dies`` ends in the middle,
``broken`` does not start. In the folder ``FAKE_VLLM_MEETING``, where it is set, two processes wait for each other before they
answer; ``one broken`` lets the first of them not start.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

KIND = os.environ.get("FAKE_VLLM", "new")
VOCABULARY = 1000
__version__ = "0.0.fake"


class SamplingParams:
    def __init__(
        self,
        temperature: float = 1.0,
        top_p: float = 1.0,
        max_tokens: int = 16,
        top_k: int = 0,
        min_p: float = 0.0,
        repetition_penalty: float = 1.0,
        seed: int | None = None,
        stop_token_ids: list[int] | None = None,
        logit_bias: dict[int, float] | None = None,
        structured_outputs: Any = None,
    ) -> None:
        self.words = f"temperature={temperature} top_p={top_p} max_tokens={max_tokens} stops={bool(stop_token_ids)}"
        self.words += f" top_k={top_k} min_p={min_p} penalty={repetition_penalty} seed={seed}"
        self.words += f" bias={logit_bias} structured={structured_outputs}"
        self.stop_token_ids = stop_token_ids or []


def end() -> NoReturn:
    """Killed, as when memory runs out; the process of its engine lives on."""
    child = subprocess.Popen(["sleep", "600"])
    Path(os.environ["FAKE_VLLM_CHILD"]).write_text(str(child.pid))
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def first(path: str) -> bool:
    """Whether no other process was here."""
    try:
        Path(path).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def meet() -> None:
    """Wait until two processes have come here."""
    if not (folder := os.environ.get("FAKE_VLLM_MEETING")):
        return
    (Path(folder) / str(os.getpid())).touch()
    while len(list(Path(folder).iterdir())) < 2:
        time.sleep(0.01)


class EngineDeadError(Exception):
    """As vLLM's own."""


class Engine:
    def __init__(self) -> None:
        self.waiting: list[Any] = []
        self.steps = 0

    def has_unfinished_requests(self) -> bool:
        return bool(self.waiting)

    def step(self) -> list[Any]:
        meet()
        self.steps += 1
        if KIND == "dies" and self.steps > 2:
            end()
        done, self.waiting = self.waiting[:2], self.waiting[2:]
        return done


class OldLLM:
    def __init__(self, model: str, trust_remote_code: bool = False, **kwargs: Any) -> None:
        print("INFO printed to stdout by vLLM", flush=True)
        if KIND == "broken" or (KIND == "one broken" and first(os.environ["FAKE_VLLM_FIRST"])):
            raise ValueError("No available memory for the cache blocks.")
        if "nonsense" in kwargs:
            raise TypeError("unexpected keyword argument 'nonsense'")
        self.arguments = f"{model} {sorted(kwargs)}"
        self.llm_engine = Engine()
        self.llm_engine.vllm_config = SimpleNamespace(scheduler_config=SimpleNamespace(max_num_seqs=4))  # type: ignore[attr-defined]
        self._numbers = count()

    def chat(self, messages: Any, sampling_params: Any, use_tqdm: bool = True, chat_template_kwargs: Any = None) -> list[Any]:
        outputs = [self._output(each, params) for each, params in zip(messages, sampling_params, strict=True)]
        if KIND == "dies":
            end()
        return outputs

    def _output(self, messages: list[Any], params: SamplingParams) -> Any:
        content = messages[-1]["content"]
        if any(number >= VOCABULARY for number in params.stop_token_ids):
            raise ValueError("token_id(s) in stop_token_ids contain out-of-vocab token ids")
        if "poison" in str(content):
            raise ValueError("Failed to load image")
        kinds = "text" if isinstance(content, str) else "+".join(part["type"] for part in content)
        reply = SimpleNamespace(text=f"{kinds} {params.words} {self.arguments}", finish_reason="stop", token_ids=[1, 2])
        return SimpleNamespace(request_id=str(next(self._numbers)), finished=True, prompt_token_ids=[1, 2, 3], outputs=[reply])


class NewLLM(OldLLM):
    def enqueue_chat(
        self, messages: Any, sampling_params: Any, use_tqdm: bool = True, chat_template_kwargs: Any = None
    ) -> list[str]:
        output = self._output(messages, sampling_params)
        self.llm_engine.waiting.append(output)
        return [f"{output.request_id}-f00d"]


LLM = OldLLM if KIND == "old" else NewLLM
