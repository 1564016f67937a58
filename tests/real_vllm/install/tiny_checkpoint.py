"""Makes a folder that vLLM takes for MiniCPM-V 2.6: two small layers of random weights, its words are noise.

Runs in the environment of vLLM (torch, transformers, tokenizers, safetensors): ``python tiny_checkpoint.py FOLDER``.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

HERE = Path(__file__).parent
REMOTE_CODE = ("configuration_minicpm.py", "processing_minicpmv.py", "image_processing_minicpmv.py")
SPECIAL_TOKENS = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<unk>", "<image>", "</image>", "<ref>", "</ref>", "<box>", "</box>",
    "<quad>", "</quad>", "<point>", "</point>", "<slice>", "</slice>", "<image_id>", "</image_id>",
]  # fmt: skip
CORPUS = [
    "You are a helpful assistant. What is in this image? The picture shows a red square on a white background.",
    "system user assistant describe the video frame by frame",
] * 50
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
HIDDEN, FEED_FORWARD, LAYERS, HEADS, KEY_HEADS = 128, 256, 2, 4, 2
EYE_HIDDEN, EYE_FEED_FORWARD, EYE_LAYERS, EYE_SIDE, PATCH, QUERIES = 64, 128, 2, 980, 14, 64


def make_tokenizer() -> Any:
    """A byte-level BPE tokenizer with Qwen's special tokens and chat template."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=512, special_tokens=[], initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    named = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "unk_token": "<unk>"}
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, clean_up_tokenization_spaces=False, model_max_length=32768, **named
    )
    fast.add_special_tokens({"additional_special_tokens": SPECIAL_TOKENS})
    fast.chat_template = CHAT_TEMPLATE
    return fast


def make_config(tokenizer: Any) -> dict[str, Any]:
    """``config.json``; the vocabulary is padded to a multiple of 64."""
    return {
        "architectures": ["MiniCPMV"], "version": 2.6, "model_type": "minicpmv",
        "auto_map": {"AutoConfig": "configuration_minicpm.MiniCPMVConfig"},
        "hidden_size": HIDDEN, "intermediate_size": FEED_FORWARD, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS, "num_key_value_heads": KEY_HEADS, "hidden_act": "silu",
        "max_position_embeddings": 32768, "rms_norm_eps": 1e-6, "rope_theta": 1000000.0,
        "vocab_size": -(-len(tokenizer) // 64) * 64, "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id, "tie_word_embeddings": False, "torch_dtype": "bfloat16", "use_cache": True,
        "attention_dropout": 0.0, "initializer_range": 0.02, "use_sliding_window": False,
        "image_size": 448, "query_num": QUERIES, "drop_vision_last_layer": False, "batch_vision_input": True,
        "use_image_id": True, "vision_batch_size": 16, "slice_mode": True,
        "slice_config": {"max_slice_nums": 9, "patch_size": PATCH, "scale_resolution": 448, "model_type": "minicpmv"},
        "vision_config": {
            "model_type": "siglip_vision_model", "hidden_size": EYE_HIDDEN, "image_size": EYE_SIDE,
            "intermediate_size": EYE_FEED_FORWARD, "num_attention_heads": 2, "num_hidden_layers": EYE_LAYERS, "patch_size": PATCH,
        },
    }  # fmt: skip


def make_generation_config(tokenizer: Any) -> dict[str, Any]:
    """``generation_config.json`` with the family's published sampling."""
    ids = {name: getattr(tokenizer, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    return ids | {"do_sample": True, "temperature": 0.7, "top_p": 0.8, "top_k": 100, "repetition_penalty": 1.05}


def make_preprocessor_config() -> dict[str, Any]:
    """``preprocessor_config.json``, which names the code that prepares pictures."""
    return {
        "image_processor_type": "MiniCPMVImageProcessor",
        "processor_class": "MiniCPMVProcessor",
        "auto_map": {
            "AutoProcessor": "processing_minicpmv.MiniCPMVProcessor",
            "AutoImageProcessor": "image_processing_minicpmv.MiniCPMVImageProcessor",
        },
        "max_slice_nums": 9, "scale_resolution": 448, "patch_size": PATCH, "use_image_id": True,
        "image_feature_size": QUERIES, "slice_mode": True,
        "norm_mean": [0.5, 0.5, 0.5], "norm_std": [0.5, 0.5, 0.5], "version": 2.6,
    }  # fmt: skip


def shapes(vocabulary: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Every tensor's name and shape."""
    head = HIDDEN // HEADS
    yield "llm.model.embed_tokens.weight", (vocabulary, HIDDEN)
    yield "llm.model.norm.weight", (HIDDEN,)
    yield "llm.lm_head.weight", (vocabulary, HIDDEN)
    for layer in range(LAYERS):
        name = f"llm.model.layers.{layer}"
        for norm in ("input_layernorm", "post_attention_layernorm"):
            yield f"{name}.{norm}.weight", (HIDDEN,)
        for part, heads in (("q", HEADS), ("k", KEY_HEADS), ("v", KEY_HEADS)):
            yield from _linear(f"{name}.self_attn.{part}_proj", heads * head, HIDDEN)
        yield f"{name}.self_attn.o_proj.weight", (HIDDEN, HIDDEN)
        yield f"{name}.mlp.gate_proj.weight", (FEED_FORWARD, HIDDEN)
        yield f"{name}.mlp.up_proj.weight", (FEED_FORWARD, HIDDEN)
        yield f"{name}.mlp.down_proj.weight", (HIDDEN, FEED_FORWARD)
    yield "vpm.embeddings.patch_embedding.weight", (EYE_HIDDEN, 3, PATCH, PATCH)
    yield "vpm.embeddings.patch_embedding.bias", (EYE_HIDDEN,)
    yield "vpm.embeddings.position_embedding.weight", ((EYE_SIDE // PATCH) ** 2, EYE_HIDDEN)
    for layer in range(EYE_LAYERS):
        name = f"vpm.encoder.layers.{layer}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            yield from _linear(f"{name}.self_attn.{part}", EYE_HIDDEN, EYE_HIDDEN)
        yield from _linear(f"{name}.layer_norm1", EYE_HIDDEN)
        yield from _linear(f"{name}.layer_norm2", EYE_HIDDEN)
        yield from _linear(f"{name}.mlp.fc1", EYE_FEED_FORWARD, EYE_HIDDEN)
        yield from _linear(f"{name}.mlp.fc2", EYE_HIDDEN, EYE_FEED_FORWARD)
    yield from _linear("vpm.post_layernorm", EYE_HIDDEN)
    yield "resampler.query", (QUERIES, HIDDEN)
    yield "resampler.kv_proj.weight", (HIDDEN, EYE_HIDDEN)
    yield "resampler.attn.in_proj_weight", (3 * HIDDEN, HIDDEN)
    yield "resampler.attn.in_proj_bias", (3 * HIDDEN,)
    yield from _linear("resampler.attn.out_proj", HIDDEN, HIDDEN)
    for norm in ("ln_q", "ln_kv", "ln_post"):
        yield from _linear(f"resampler.{norm}", HIDDEN)
    yield "resampler.proj", (HIDDEN, HIDDEN)


def _linear(name: str, rows: int, columns: int = 0) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (rows, columns) if columns else (rows,)
    yield f"{name}.bias", (rows,)


def make_tensor(name: str, shape: tuple[int, ...]) -> Any:
    """Ones for a norm's weights, zeros for its bias, else small random numbers."""
    if "norm" in name or ".ln_" in name:
        values = torch.zeros(shape) if name.endswith("bias") else torch.ones(shape)
    else:
        values = torch.randn(shape) * (0.02 if name.startswith("llm.") else 0.05)
    return values.to(torch.bfloat16)


def make_checkpoint(folder: Path) -> None:
    """Write the whole model folder."""
    torch.manual_seed(0)
    folder.mkdir(parents=True)
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(folder)
    config = make_config(tokenizer)
    files = {
        "config.json": config,
        "generation_config.json": make_generation_config(tokenizer),
        "preprocessor_config.json": make_preprocessor_config(),
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2))
    for name in REMOTE_CODE:
        shutil.copy(HERE / name, folder)
    tensors = {name: make_tensor(name, shape) for name, shape in shapes(config["vocab_size"])}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    make_checkpoint(Path(sys.argv[1]))
