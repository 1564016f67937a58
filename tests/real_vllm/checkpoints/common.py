"""What the makers share: a byte-level tokenizer, tensors by name and shape, files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

CORPUS = [
    "You are a helpful assistant. What is in this image? The picture shows a red square on a white background.",
    "system user assistant describe the video frame by frame, think about it",
] * 50

Shapes = Iterable[tuple[str, tuple[int, ...]]]


def tokenizer_of(named: Mapping[str, str], added: Iterable[str], plain: Iterable[str] = (), *, limit: int = 32768) -> Any:
    """A byte-level BPE tokenizer that splits every digit off, as Qwen's do.

    ``added`` are special tokens, ``plain`` added ones that are not special (``<think>`` in Qwen 3).
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\d"), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=512, special_tokens=[], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, clean_up_tokenization_spaces=False, model_max_length=limit, **named
    )
    fast.add_special_tokens({"additional_special_tokens": list(added)})
    if words := list(plain):
        fast.add_tokens(words)
    return fast


def linear(name: str, rows: int, columns: int = 0, *, bias: bool = True) -> Iterator[tuple[str, tuple[int, ...]]]:
    """A layer's weight and, unless it has none, its bias; without ``columns`` both are vectors."""
    yield f"{name}.weight", (rows, columns) if columns else (rows,)
    if bias:
        yield f"{name}.bias", (rows,)


def tensor(name: str, shape: tuple[int, ...]) -> Any:
    """Ones for a norm's weights, zeros for its bias, else small random numbers."""
    if "norm" in name or ".ln_" in name:
        values = torch.zeros(shape) if name.endswith("bias") else torch.ones(shape)
    elif name.endswith("A_log"):
        values = torch.rand(shape)
    else:
        values = torch.randn(shape) * (0.02 if "llm." in name or "language_model" in name else 0.05)
    return values.to(torch.bfloat16)


def write(folder: Path, files: Mapping[str, Any], shapes: Shapes) -> None:
    """JSON files and one safetensors file."""
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content, indent=2)
        (folder / name).write_text(text, encoding="utf-8")
    save_file({name: tensor(name, shape) for name, shape in shapes}, folder / "model.safetensors", metadata={"format": "pt"})
