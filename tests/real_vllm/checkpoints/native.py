"""MiniCPM-V 4.6, 4.6 Thinking, 4.7 1B and 4.7 35B-A3B: small layers, whose weights are made by transformers' own classes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import transformers

from tests.real_vllm.checkpoints.common import tokenizer_of

MARKS = {
    "image_token": "<|image_pad|>", "video_token": "<|video_pad|>", "image_start_token": "<image>", "image_end_token": "</image>",
    "slice_start_token": "<slice>", "slice_end_token": "</slice>", "image_id_start_token": "<image_id>",
    "image_id_end_token": "</image_id>",
}  # fmt: skip
NAMES = {"bos_token": "<|im_start|>", "eos_token": "<|im_end|>", "pad_token": "<|endoftext|>", "unk_token": "<unk>"}
ADDED = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<unk>", *MARKS.values()]
KINDS = {
    "minicpm-v-4.6": ("MiniCPMV4_6", False, False),
    "minicpm-v-4.6-thinking": ("MiniCPMV4_6", True, False),
    "minicpm-v-4.7-1b": ("MiniCPMV4_7", True, False),
    "minicpm-v-4.7-35b-a3b": ("MiniCPMV4_7", True, True),
}
"""Class prefix, whether it thinks unless told otherwise, whether it is a mixture of experts."""

# The published template's shape: parts joined by line breaks, the thinking of earlier turns left out, a closed or open <think>.
TEMPLATE = """\
{%- if enable_thinking is not defined %}{% set enable_thinking = DEFAULT %}{% endif -%}
{%- macro render(content) -%}
{%- if content is string -%}{{ content }}
{%- else -%}{%- set found = namespace(parts=[]) -%}
{%- for part in content -%}
{%- if 'image' in part or 'image_url' in part or part.type == 'image' %}{% set found.parts = found.parts + ['<|image_pad|>'] %}
{%- elif 'video' in part or part.type == 'video' %}{% set found.parts = found.parts + ['<|video_pad|>'] %}
{%- elif 'text' in part %}{% set found.parts = found.parts + [part.text] %}{% endif -%}
{%- endfor -%}{{ found.parts | join('\\n') }}{%- endif -%}
{%- endmacro -%}
{%- for message in messages -%}
{%- if message.role == 'system' and not loop.first %}{{ raise_exception('System message must be at the beginning.') }}{% endif -%}
{%- set text = render(message.content) | trim -%}
{%- if message.role == 'assistant' and '</think>' in text %}{% set text = text.split('</think>')[-1].lstrip('\\n') %}{% endif -%}
{{- '<|im_start|>' + message.role + '\\n' + text + '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}
{%- if enable_thinking %}{{ '<think>\\n' }}{% else %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}{% endif -%}
"""


def text_config(vocabulary: int, *, experts: bool, sections: bool) -> dict[str, Any]:
    """The language model: three layers of linear attention and a full one, dense or a mixture of experts."""
    rope = {"partial_rotary_factor": 0.25, "rope_theta": 10000000, "rope_type": "default"}
    if sections:
        rope |= {"mrope_section": [11, 11, 10], "mrope_interleaved": True}
    found: dict[str, Any] = {
        "model_type": "qwen3_5_text", "hidden_size": 128, "intermediate_size": 256, "num_hidden_layers": 4, "hidden_act": "silu",
        "layer_types": ["linear_attention"] * 3 + ["full_attention"], "full_attention_interval": 4,
        "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 256, "attn_output_gate": True, "attention_bias": False,
        "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128, "linear_value_head_dim": 128, "linear_num_key_heads": 2,
        "linear_num_value_heads": 2, "mamba_ssm_dtype": "float32", "max_position_embeddings": 262144, "rms_norm_eps": 1e-6,
        "rope_parameters": rope, "vocab_size": vocabulary, "tie_word_embeddings": not experts,
    }  # fmt: skip
    if experts:
        del found["intermediate_size"]
        found |= {
            "model_type": "qwen3_5_moe_text", "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 64,
            "shared_expert_intermediate_size": 64,
        }  # fmt: skip
    return found


def make(name: str, folder: Path) -> None:
    """Write the folder of the family ``name``, which must not exist yet."""
    torch.manual_seed(0)
    prefix, thinks, experts = KINDS[name]
    folder.mkdir(parents=True)
    tokenizer = tokenizer_of(NAMES, ADDED, ["<think>", "</think>"], limit=262144)
    number = tokenizer.convert_tokens_to_ids
    vocabulary = -(-len(tokenizer) // 64) * 64
    config: dict[str, Any] = {
        "architectures": [f"{prefix}ForConditionalGeneration"], "model_type": prefix.lower(), "image_size": 1120,
        "eos_token_id": number("<|endoftext|>"), "tie_word_embeddings": not experts, "insert_layer_id": 6,
        "image_token_id": number("<|image_pad|>"), "video_token_id": number("<|video_pad|>"),
        "text_config": text_config(vocabulary, experts=experts, sections=prefix == "MiniCPMV4_7"),
        "vision_config": {
            "model_type": f"{prefix.lower()}_vision", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 8,
            "num_attention_heads": 2, "num_channels": 3, "image_size": 980, "patch_size": 14, "hidden_act": "gelu_pytorch_tanh",
            "layer_norm_eps": 1e-6, "attention_dropout": 0.0,
        },
    }  # fmt: skip
    if prefix == "MiniCPMV4_7":
        config |= {
            "image_start_id": number("<image>"), "image_end_id": number("</image>"), "slice_start_id": number("<slice>"),
            "slice_end_id": number("</slice>"), "newline_id": tokenizer.encode("\n", add_special_tokens=False)[0],
            "uses_mrope_canvas": True,
        }  # fmt: skip
    else:
        config["drop_vision_last_layer"] = False
    settings = getattr(transformers, f"{prefix}Config")(**{key: value for key, value in config.items() if key != "model_type"})
    model = getattr(transformers, f"{prefix}ForConditionalGeneration")(settings).to(torch.bfloat16)
    model.save_pretrained(folder)
    tokenizer.chat_template = TEMPLATE.replace("DEFAULT", "true" if thinks else "false")
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"extra_special_tokens": MARKS, **MARKS}, indent=2))
    (folder / "config.json").write_text(json.dumps(config | {"torch_dtype": "bfloat16"}, indent=2))
    (folder / "generation_config.json").write_text(
        json.dumps({
            "bos_token_id": number("<|im_start|>"), "eos_token_id": [number("<|endoftext|>"), number("<|im_end|>")],
            "do_sample": True, "temperature": 0.7, "top_k": 0, "top_p": 1.0, "repetition_penalty": 1.0,
        }, indent=2)
    )  # fmt: skip
    (folder / "preprocessor_config.json").write_text(
        json.dumps({
            "image_processor_type": "MiniCPMV4_6ImageProcessor", "processor_class": f"{prefix}Processor", "max_slice_nums": 9,
            "scale_resolution": 448, "patch_size": 14, "use_image_id": True, "slice_mode": True,
            "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5],
        }, indent=2)
    )  # fmt: skip
