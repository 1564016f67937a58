"""What differs between the families that come with code of their own: versions, tokens, chat templates, published sampling."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MARKS = [
    "<image>", "</image>", "<ref>", "</ref>", "<box>", "</box>", "<quad>", "</quad>", "<point>", "</point>",
    "<slice>", "</slice>",
]  # fmt: skip
IDS = ["<image_id>", "</image_id>"]
AUDIO = ["<|audio_start|>", "<|audio|>", "<|audio_end|>", "<|spk_bos|>", "<|spk_eos|>"]
OMNI_NAMES = {
    "im_start": "<image>", "im_end": "</image>", "slice_start": "<slice>", "slice_end": "</slice>",
    "audio_start": "<|audio_start|>", "audio_end": "<|audio_end|>", "spk_start": "<|spk_bos|>", "spk_end": "<|spk_eos|>",
}  # fmt: skip
"""Attributes of the published tokenizer class that vLLM's own MiniCPM-o processor asks for (``im_start_id`` and the like)."""

# The shapes of the published templates: ChatML with a default system prompt (2.6), without one (4.5), Llama 3's (2.5).
CHATML_SYSTEM = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
THINKING = (
    "{% for message in messages %}{% set text = message['content'] %}"
    "{% if message['role'] == 'assistant' and '</think>' in text %}"
    "{% set text = text.split('</think>')[-1].lstrip('\n') %}{% endif %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + text + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
    "{% if enable_thinking is defined and enable_thinking is false %}{{ '<think>\n\n</think>\n\n' }}{% endif %}"
    "{% if enable_thinking is defined and enable_thinking is true %}{{ '<think>\n' }}{% endif %}{% endif %}"
)
LLAMA3 = (
    "{% for message in messages %}{% if loop.first %}{{ bos_token }}{% endif %}"
    "{{ '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}"
)
QWEN_NAMES = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "unk_token": "<unk>"}
QWEN_ADDED = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<unk>"]


@dataclass(frozen=True)
class Kind:
    """What differs between the families, as their published files have it."""

    version: float | str | None
    base: str
    context: int
    template: str
    names: dict[str, str]
    added: list[str]
    plain: list[str] = field(default_factory=list)
    queries: int = 64
    omni: bool = False
    audio_pool: int = 2
    generation: dict[str, Any] = field(default_factory=dict)
    eos: tuple[str, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)


KINDS = {
    "minicpm-llama3-v-2.5": Kind(
        "2.5", "LlamaConfig", 8192, LLAMA3,
        {"bos_token": "<|begin_of_text|>", "eos_token": "<|end_of_text|>", "pad_token": "<unk>", "unk_token": "<unk>"},
        ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<unk>"],
        queries=96, eos=("<|end_of_text|>",), generation={"do_sample": True, "temperature": 0.7, "top_p": 0.8},
    ),
    "minicpm-o-2.6": Kind(
        "2.6", "Qwen2Config", 32768, CHATML_SYSTEM, QWEN_NAMES, [*QWEN_ADDED, *IDS, *AUDIO], omni=True, audio_pool=2,
        eos=("<|im_end|>", "<|endoftext|>"),
        generation={"do_sample": True, "temperature": 0.7, "top_p": 0.8, "top_k": 100, "repetition_penalty": 1.05},
    ),
    "minicpm-v-4": Kind(
        4.0, "LlamaConfig", 32768, CHATML,
        {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "</s>", "unk_token": "<unk>"},
        ["<unk>", "<s>", "</s>", "<|im_end|>", "<|im_start|>", *IDS], eos=("</s>", "<|im_end|>"),
        generation={"do_sample": True, "temperature": 0.8, "top_p": 0.8},
    ),
    "minicpm-v-4.5": Kind(
        4.5, "Qwen3Config", 40960, THINKING, QWEN_NAMES, [*QWEN_ADDED, *IDS], ["<think>", "</think>"],
        eos=("<|im_end|>", "<|endoftext|>"),
        generation={
            "do_sample": True, "temperature": 0.6, "top_k": 20, "top_p": 0.95, "chat_template_kwargs": {"enable_thinking": False}
        },
        config={"batch_3d_resampler": True},
    ),
    "minicpm-o-4.5": Kind(
        "4.5", "Qwen3Config", 40960, THINKING, QWEN_NAMES, [*QWEN_ADDED, *IDS, *AUDIO], ["<think>", "</think>"],
        omni=True, audio_pool=5, eos=("<|im_end|>", "<|endoftext|>"),
        generation={"do_sample": True, "temperature": 0.6, "top_k": 20, "top_p": 0.95},
    ),
}  # fmt: skip
