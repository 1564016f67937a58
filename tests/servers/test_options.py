"""Forms, presets and the command line they become."""

from __future__ import annotations

import contextlib
import json
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicpm_tui.errors import ConfigError, ModelMissing, NameTaken, UsageError
from minicpm_tui.families import Family, by_id, families, image_tokens, video_tokens
from minicpm_tui.servers import argv, presets
from minicpm_tui.servers.discovery import Vllm
from minicpm_tui.servers.form import Form, locate_model, parse_arguments
from minicpm_tui.servers.options import OPTIONS
from minicpm_tui.servers.plan import prepare
from minicpm_tui.servers.values import InvalidValue, Value, read, tokens

GUIDE = (
    "--dtype auto --max-model-len 2048 --api-key token-abc123 --gpu_memory_utilization 0.9 --trust-remote-code "
    "--max-num-batched-tokens 2048"
)


def test_the_guides_command_means_the_same_and_hides_its_key() -> None:
    rest, options = parse_arguments(["openbmb/MiniCPM-V-2_6", *shlex.split(GUIDE)])
    plan = prepare(Form(rest[0], options), None, {}, [])
    command = plan.command
    assert command.key == "token-abc123"
    assert "token-abc123" not in command.shell() + json.dumps(command.to_dict()) + repr(command)
    text = " ".join(command.argv)
    for words in ("--dtype auto", "--max-model-len 2048", "--gpu-memory-utilization 0.9", "--max-num-batched-tokens 2048"):
        assert words in text
    assert command.argv.count("--trust-remote-code") == 1
    assert "--host 127.0.0.1 --port" in text


@pytest.mark.parametrize("limits", ['{"video": 3}', '{"image":5, "video": 2}'])
def test_the_guides_limits_stay_as_they_are(limits: str) -> None:
    _rest, options = parse_arguments(["--limit-mm-per-prompt", limits])
    given_ = prepare(Form("openbmb/MiniCPM-V-2_6", options), None, {}, []).command.argv
    assert json.loads(given_[given_.index("--limit-mm-per-prompt") + 1]) == json.loads(limits)


def test_options_are_read_in_every_form() -> None:
    rest, options = parse_arguments(
        ["-tp", "2", "--no-enable-prefix-caching", "--enforce-eager", "m", "--max-model-len=8k", "-q", "awq"]
    )
    assert rest == ["m"]
    assert options == {
        "tensor-parallel-size": 2,
        "enable-prefix-caching": False,
        "enforce-eager": True,
        "max-model-len": "8k",
        "quantization": "awq",
    }


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["--max-modellen", "3"], "--max-model-len"),
        (["--port", "many"], "whole number"),
        (["--port", "70000"], "65535"),
        (["--port"], "needs a value"),
        (["--gpu-memory-utilization", "90"], "at most 1"),
        (["--limit-mm-per-prompt", "five"], "JSON"),
        (["--limit-mm-per-prompt", '{"image": "x"}'], "whole numbers"),
        (["--dtype", "int3"], "bfloat16"),
        (["--max-model-len", "long"], "8k"),
    ],
)
def test_wrong_options_are_said(words: list[str], hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_arguments(words)
    assert hint in caught.value.hint


@given(st.sampled_from(sorted(OPTIONS)), st.text(max_size=20))
def test_any_text_is_a_value_or_a_sentence(name: str, text: str) -> None:
    with contextlib.suppress(InvalidValue):
        assert read(OPTIONS[name], text) is not None


@pytest.mark.parametrize(
    ("text", "count"), [("8k", 8000), ("8K", 8192), ("1.5k", 1500), ("4096", 4096), ("auto", None), ("-1", None)]
)
def test_lengths(text: str, count: int | None) -> None:
    assert tokens(read(OPTIONS["max-model-len"], text)) == count


@pytest.mark.parametrize("family", [family for family in families() if not family.generic], ids=lambda family: str(family.id))
@pytest.mark.parametrize("name", list(presets.BUILT_IN))
def test_presets_hold_what_they_promise(name: str, family: object) -> None:
    known = by_id(str(getattr(family, "id", "")))
    options = presets.preset_options(name, known)
    limits = options["limit-mm-per-prompt"]
    media_io = options.get("media-io-kwargs", {})
    assert isinstance(limits, dict)
    assert isinstance(media_io, dict)
    frames = media_io.get("video", {}).get("num_frames", 32)
    length = tokens(options["max-model-len"]) or 0
    assert length <= known.context
    assert ("video" in limits) == known.video
    if known.video:
        assert length >= limits["video"] * video_tokens(known, frames, 448, 448)
        assert tokens(options.get("max-num-batched-tokens", 2048)) >= 64 * frames
    if known.context > 8192:
        assert length >= limits["image"] * image_tokens(known, 1344, 1344)
    assert options.get("trust-remote-code", False) == known.trust_remote_code


@pytest.mark.parametrize(
    ("version", "cpus", "expected"),
    [
        ("0.25.1", 16, {"--api-server-count": "8", "--mm-processor-cache-gb": "0"}),
        ("0.25.1", 64, {"--api-server-count": "8", "--mm-processor-cache-gb": "0"}),
        ("", 8, {"--api-server-count": "4", "--mm-processor-cache-gb": "0"}),
        ("0.25.1", 4, {"--mm-processor-cache-gb": "0"}),
        ("0.9.2", 16, {"--api-server-count": "8"}),
        ("0.8.5", 16, {}),
    ],
)
def test_a_batch_server_prepares_in_many_processes_and_keeps_no_picture(
    version: str, cpus: int, expected: dict[str, str]
) -> None:
    form = presets.apply_preset(Form("m", preset="batch"), by_id("minicpm-v-2.6"), version, cpus)
    command = argv.build(form, "m", version=version).argv
    names = {"--api-server-count", "--mm-processor-cache-gb"}
    assert {name: value for name, value in pairwise(command) if name in names} == expected
    others = argv.build(presets.apply_preset(Form("m"), by_id("minicpm-v-2.6"), version, cpus), "m", version=version).argv
    assert not names & set(others)


def test_several_api_servers_prepare_in_one_thread_each() -> None:
    def threads(environ: dict[str, str], version: str = "0.25.1", **options: int) -> str | None:
        form = Form("m", {name.replace("_", "-"): value for name, value in options.items()})
        return argv.build(form, "m", version=version, environ=environ).environment.get("OMP_NUM_THREADS")

    assert threads({}, api_server_count=8) == "1"
    assert threads({}, api_server_count=1) is None
    assert threads({}) is None
    assert threads({}, "0.8.5", api_server_count=8) is None  # which takes no such option
    assert threads({"OMP_NUM_THREADS": "2"}, api_server_count=8) is None  # the user's own stays


@pytest.mark.parametrize("version", ["0.7.1", "0.8.5.post1", "0.9.2", "0.10.2", "0.11.2", "0.12.0", "0.14.1", "0.15.2"])
@pytest.mark.parametrize("family", [by_id("minicpm-v-2.6"), by_id("minicpm-v-4"), by_id("minicpm-v-4.5")], ids=lambda one: one.id)
@pytest.mark.parametrize("name", list(presets.BUILT_IN))
def test_no_preset_makes_a_server_that_a_video_stops(name: str, family: Family, version: str) -> None:
    command = argv.build(presets.apply_preset(Form("m", preset=name), family, version, 1), "m", version=version).argv
    values = dict(pairwise(command))
    reading = json.loads(values.get("--media-io-kwargs", "{}"))
    assert int(values["--max-num-batched-tokens"]) >= 66 * reading.get("video", {}).get("num_frames", 32)


@pytest.mark.parametrize(
    ("options", "least"),
    [
        ({"media-io-kwargs": {"video": {"num_frames": 128}}}, 66 * 128),
        ({"media-io-kwargs": {"video": {"num_frames": -1}}}, 66 * 64),
        ({"limit-mm-per-prompt": {"image": 3}}, 66 * 32),
        ({"limit-mm-per-prompt": {"image": 3, "video": {"count": 2, "num_frames": 16}}}, 66 * 32),
    ],
)
def test_a_step_also_holds_the_videos_that_the_users_own_options_allow(options: dict[str, Value], least: int) -> None:
    form = presets.apply_preset(Form("m", options), by_id("minicpm-v-2.6"), "0.11.2")
    assert (tokens(form.options["max-num-batched-tokens"]) or 0) >= least


def test_a_step_is_left_to_vllm_where_nothing_can_wait_for_ever() -> None:
    family = by_id("minicpm-v-2.6")
    for options, version in (({}, "0.16.0"), ({"limit-mm-per-prompt": {"image": 3, "video": 0}}, "0.11.2")):
        assert "max-num-batched-tokens" not in presets.apply_preset(Form("m", dict(options)), family, version).options


def test_a_users_own_small_step_stays_and_is_said(tmp_path: Path) -> None:
    old = Vllm(tmp_path / "vllm", "0.11.2")
    plan = prepare(Form("openbmb/MiniCPM-V-2_6", {"max-num-batched-tokens": 2048}), old, {}, [])
    assert "--max-num-batched-tokens 2048" in " ".join(plan.command.argv)
    assert any("at most 30 are sent" in note for note in plan.notes)


@pytest.mark.parametrize(
    ("text", "count"), [("256M", 256 << 20), ("4G", 4 << 30), ("1.5GiB", 3 << 29), ("1m", 1_000_000), ("7", 7)]
)
def test_sizes_have_units(text: str, count: int) -> None:
    assert parse_arguments(["--kv-cache-memory-bytes", text])[1] == {"kv-cache-memory-bytes": count}


@pytest.mark.parametrize("text", ["0", "-1", "4X", "many"])
def test_what_is_no_size_is_said(text: str) -> None:
    with pytest.raises(UsageError):
        parse_arguments([f"--kv-cache-memory-bytes={text}"])


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("media-io-kwargs", "0.9.2"),
        ("kv-cache-memory-bytes", "0.10.2"),
        ("interleave-mm-strings", "0.10.0"),
        ("shutdown-timeout", "0.19.1"),
        ("generation-config", "0.7.1"),
        ("enable-sleep-mode", "0.7.1"),
    ],
)
def test_options_are_passed_from_their_first_version_on(name: str, version: str) -> None:
    form = Form("m", {name: {} if OPTIONS[name].kind == "json" else 1})
    assert f"--{name}" in argv.build(form, "m", version=version).argv
    assert f"--{name}" not in argv.build(form, "m", version="0.7.0").argv


@pytest.mark.parametrize(("family", "audio"), [("minicpm-o-2.6", 0), ("minicpm-o-4.5", 0), ("minicpm-v-4.5", None)])
def test_no_room_is_kept_for_sound(family: str, audio: int | None) -> None:
    limits = presets.preset_options("pictures", by_id(family))["limit-mm-per-prompt"]
    assert isinstance(limits, dict)
    assert limits.get("audio") == audio


def test_finer_slices_get_a_longer_context() -> None:
    finer = {"mm-processor-kwargs": {"images_kwargs": {"max_slice_nums": 36}}}
    family = by_id("minicpm-v-4.6")
    plain, fine = (tokens(presets.apply_preset(Form("m", each), family).options["max-model-len"]) or 0 for each in ({}, finer))
    assert fine >= plain + 5 * 20 * 64


def test_old_versions_get_the_old_forms() -> None:
    form = presets.apply_preset(Form("m", preset="videos"), by_id("minicpm-v-2.6"), "0.7.1")
    command = argv.build(form, "m", version="0.7.1")
    assert "image=2,video=3" in command.argv
    assert "--media-io-kwargs" not in command.argv
    assert any("media-io-kwargs" in note for note in command.notes)


def test_before_partial_steps_one_step_holds_a_whole_conversation() -> None:
    family = by_id("minicpm-v-2.6")
    options = presets.apply_preset(Form("m", preset="videos"), family, "0.8.5", 1).options
    assert options["max-num-batched-tokens"] == options["max-model-len"]
    later = presets.apply_preset(Form("m", preset="videos"), family, "0.9.0", 1).options
    assert later["max-num-batched-tokens"] == 8192


def test_gpus_are_set_and_shared() -> None:
    command = argv.build(Form("m", gpus=("0", "1")), "m")
    assert command.environment == {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": "0,1"}
    assert "--tensor-parallel-size 2" in " ".join(command.argv)


def test_extra_arguments_and_environment_are_handed_over() -> None:
    command = argv.build(Form("m", {"HF_TOKEN": "hf_x", "HF_HUB_OFFLINE": True}, extra=("--seed", "7")), "m")
    assert command.argv[-2:] == ("--seed", "7")
    assert command.environment == {"HF_TOKEN": "hf_x", "HF_HUB_OFFLINE": "1"}
    assert "hf_x" not in command.shell() + json.dumps(command.to_dict())


def test_a_saved_preset_comes_back_without_its_secrets() -> None:
    form = Form(
        "/models/m", {"max-model-len": 4096, "api-key": "secret", "limit-mm-per-prompt": {"image": 3}}, ("1",), ("--seed", "7")
    )
    path = presets.save("mine", form)
    assert "secret" not in path.read_text()
    with pytest.raises(NameTaken, match=str(path)):
        presets.save("mine", Form())
    again = presets.apply_preset(Form(preset="mine"), by_id("minicpm-v-2.6"))
    assert (again.model, again.gpus, again.extra) == ("/models/m", ("1",), ("--seed", "7"))
    assert again.options["max-model-len"] == 4096
    assert again.options["limit-mm-per-prompt"] == {"image": 3}
    path.write_text("[")
    with pytest.raises(ConfigError, match=r"mine\.toml"):
        presets.saved()


def test_unknown_presets_and_bad_names_are_said() -> None:
    with pytest.raises(UsageError, match="pictures"):
        presets.apply_preset(Form(preset="nope"), by_id("minicpm-v-2.6"))
    with pytest.raises(UsageError):
        presets.save("../evil", Form())


def test_models_are_looked_for_before_vllm_would_misunderstand(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    for wrong in (tmp_path / "none", tmp_path / "empty", tmp_path / "file"):
        with pytest.raises(ModelMissing):
            locate_model(str(wrong))
    with pytest.raises(ModelMissing):
        locate_model("a/b/c")
    with pytest.raises(ModelMissing):
        locate_model("~nobody-of-this-name/model")
    with pytest.raises(ModelMissing, match="too long"):
        locate_model("/models/" + "a" * 5000)
    (tmp_path / "empty" / "config.json").write_text('{"model_type": "mini')
    with pytest.raises(ModelMissing, match="cannot be read"):
        locate_model(str(tmp_path / "empty"))
    (tmp_path / "empty" / "config.json").write_text('{"model_type": "minicpmv"}')
    assert locate_model(str(tmp_path / "empty")) == (str(tmp_path / "empty"), tmp_path / "empty")
    assert locate_model("openbmb/MiniCPM-V-2_6") == ("openbmb/MiniCPM-V-2_6", None)
