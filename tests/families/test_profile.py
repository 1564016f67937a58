"""Stop ids and sampling of a request."""

from __future__ import annotations

import json
from pathlib import Path

from minicpm_tui.families import by_id, families, generic, request_profile, stop_ids

V26 = by_id("minicpm-v-2.6")


def test_without_a_folder_the_family_decides() -> None:
    profile = request_profile(by_id("minicpm-v-4.5"))
    assert profile.stop_token_ids == (151645, 151643)
    assert (profile.temperature, profile.top_p) == (0.7, 0.7)
    assert profile.knows_thinking
    assert not profile.thinks_by_default


def test_no_family_stops_at_a_quotation_mark() -> None:
    """1 is ``"`` in Qwen's vocabulary, and a published guide has it as a stop id."""
    assert all(1 not in family.stop_token_ids for family in families())


def test_a_model_that_is_not_known_gets_nothing_of_ours() -> None:
    profile = request_profile(generic())
    assert (profile.stop_token_ids, profile.temperature, profile.top_p, profile.knows_thinking) == ((), None, None, False)


def test_thinking_switches() -> None:
    assert request_profile(by_id("minicpm-v-4.7-1b")).thinks_by_default
    assert not request_profile(V26).knows_thinking


def test_stop_ids_come_from_the_model_folder(tmp_path: Path) -> None:
    (tmp_path / "generation_config.json").write_text('{"eos_token_id": 353}')
    tokens = [{"id": 353, "content": "<|im_end|>"}, {"id": 355, "content": "<|endoftext|>"}, {"id": 9, "content": "x"}]
    (tmp_path / "tokenizer.json").write_text(json.dumps({"added_tokens": tokens}))
    assert request_profile(V26, tmp_path).stop_token_ids == (353, 355)


def test_the_small_tokenizer_files_do_too(tmp_path: Path) -> None:
    (tmp_path / "added_tokens.json").write_text('{"<|im_end|>": 7, "<|endoftext|>": 8}')
    assert stop_ids(V26, tmp_path) == (7, 8)
    decoder = {"added_tokens_decoder": {"17": {"content": "<|im_end|>"}, "x": {"content": "<|endoftext|>"}, "3": None}}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(decoder))
    assert stop_ids(V26, tmp_path) == (17,)


def test_config_json_is_the_last_resort(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"eos_token_id": [4, true, "5", -1, 6]}')
    assert stop_ids(V26, tmp_path) == (4, 6)


def test_unreadable_files_leave_the_familys(tmp_path: Path) -> None:
    (tmp_path / "generation_config.json").write_text("{")
    (tmp_path / "tokenizer.json").mkdir()
    assert request_profile(V26, tmp_path).stop_token_ids == V26.stop_token_ids
    assert request_profile(V26, tmp_path / "absent").stop_token_ids == V26.stop_token_ids
