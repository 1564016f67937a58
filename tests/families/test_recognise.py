"""Which family a model is taken for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from minicpm_tui.families import families, recognise


@pytest.mark.parametrize(
    ("name", "family"), [(name, family.id) for family in families() for name in family.ids + family.quantised]
)
def test_every_published_id_is_its_own_family(name: str, family: str) -> None:
    assert recognise(name).id == family
    assert recognise(name.lower()).id == family
    assert recognise(name.split("/")[1]).id == family


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("minicpm-v4.5", "minicpm-v-4.5"),
        ("MiniCPM_V_2_6", "minicpm-v-2.6"),
        ("MiniCPM-V-2.6", "minicpm-v-2.6"),
        ("minicpmv26", "minicpm-v-2.6"),
        ("minicpm-v-4-5", "minicpm-v-4.5"),
        ("MiniCPM-V-4_0", "minicpm-v-4"),
        ("MiniCPM-V-4-8bit", "minicpm-v-4"),
        ("minicpm-v-4-4.1b", "minicpm-v-4"),
        ("MiniCPM-V-4.7-35b-a3b-fp8", "minicpm-v-4.7-35b-a3b"),
        ("MiniCPM-V-4_6-thinking-w8a8", "minicpm-v-4.6-thinking"),
        ("MiniCPM-V-4.7", "minicpm-v-4.7-1b"),
        ("/cache/models--openbmb--MiniCPM-V-4_5/snapshots/0a1b2c", "minicpm-v-4.5"),
        ("/home/me/MiniCPM-V-2_6/runs/MiniCPM-o-4_5-tuned/", "minicpm-o-4.5"),
        ("MiniCPM-VL-4.5", "minicpm-v-4.5"),
        ("minicpm-v:8b-2.6-q4_K_M", "minicpm-v-2.6"),
        ("minicpm-v:8b", "minicpm-v-2.6"),
        ("MiniCPM-o-4", "minicpm-o-4.5"),
        ("OpenBMB/minicpm-ocr-1.0", "minicpm-ocr-1.0"),
        ("someone/MiniCPM-V-4.7-35B-A3B-NVFP4-FP8", "minicpm-v-4.7-35b-a3b"),
        ("MiniCPM-V-2", "generic"),
        ("MiniCPM-V-9_9", "generic"),
        ("minicpm-v", "generic"),
        ("Qwen2-VL-7B", "generic"),
        ("", "generic"),
        ("a\x00b", "generic"),
    ],
)
def test_names_people_use(name: str, family: str) -> None:
    assert recognise(name).id == family


@pytest.mark.parametrize(
    ("config", "family"),
    [
        ({"model_type": "minicpmv", "version": 2.6}, "minicpm-v-2.6"),
        ({"model_type": "minicpmv", "version": 4.0}, "minicpm-v-4"),
        ({"model_type": "minicpmv", "version": 4.5}, "minicpm-v-4.5"),
        ({"model_type": "minicpmo", "version": "2.6"}, "minicpm-o-2.6"),
        ({"model_type": "minicpmo", "version": 4.5}, "minicpm-o-4.5"),
        ({"model_type": "minicpmv", "query_num": 96, "hidden_size": 4096}, "minicpm-llama3-v-2.5"),
        ({"model_type": "minicpmv", "query_num": 64, "hidden_size": 2304}, "generic"),
        ({"model_type": "minicpmv4_6"}, "minicpm-v-4.6"),
        ({"model_type": "minicpmv4_7", "text_config": {"num_experts": 128}}, "minicpm-v-4.7-35b-a3b"),
        ({"model_type": "minicpmv4_7", "text_config": {}}, "minicpm-v-4.7-1b"),
        ({"model_type": "minicpmo"}, "minicpm-o-2.6"),
        ({"model_type": "minicpm_ocr"}, "minicpm-ocr-1.0"),
        ({"model_type": "llava"}, "generic"),
    ],
)
def test_a_folder_is_known_by_its_config(tmp_path: Path, config: dict[str, Any], family: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert recognise("my-model", tmp_path).id == family
    assert recognise(str(tmp_path)).id == family


def test_the_config_is_believed_before_the_name(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "minicpmv", "version": 4.5}')
    assert recognise("openbmb/MiniCPM-V-2_6", tmp_path).id == "minicpm-v-4.5"


def test_a_thinking_checkpoint_in_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "MiniCPM-V-4.6-Thinking"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "minicpmv4_6"}')
    assert recognise("served", folder).id == "minicpm-v-4.6-thinking"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("chat_template.jinja", "{{% if enable_thinking is not defined %}}{{% set enable_thinking = {thinks} %}}{{% endif %}}"),
        ("tokenizer_config.json", '{{"chat_template": "{{%- set enable_thinking = {thinks} -%}}"}}'),
        ("chat_template.json", '{{"chat_template": "{{% if enable_thinking | default({thinks}) %}}"}}'),
    ],
)
@pytest.mark.parametrize("thinks", [True, False])
def test_a_thinking_checkpoint_is_known_by_its_template_under_any_name(
    tmp_path: Path, file: str, content: str, thinks: bool
) -> None:
    folder = tmp_path / ("tuned" if thinks else "not-thinking")
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "minicpmv4_6"}')
    (folder / file).write_text(content.format(thinks=str(thinks).lower()))
    assert recognise("served", folder).thinking == ("default" if thinks else "flag")


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"null"])
def test_a_broken_config_leaves_the_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "config.json").write_bytes(content)
    assert recognise("MiniCPM-V-4_5", tmp_path).id == "minicpm-v-4.5"
