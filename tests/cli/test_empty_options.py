"""An option that is given empty is a script's variable that was never set: no command takes it for another value."""

from __future__ import annotations

from pathlib import Path

import pytest

from minicpm_tui.cli.main import run

SHARED = ["--url", "--model", "--api-key-env", "--cacert", "--client-cert", "--temperature", "--top-p", "--max-tokens", "--seed"]
OWN = {
    "batch x -o o.jsonl --prompt Why?": [
        *("--output", "--csv", "--schema", "--sidecar", "--offline", "--expect", "--options", "--group-by", "--text-column"),
    ],
    "ask Why?": ["--file", "--session", "--schema", "--show-sent"],
    "rerun x": [],
    "serve m": ["--preset", "--gpus"],
    "sessions export x": ["--output", "--format", "--search", "--since"],
}


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (command, option)
        for command, own in OWN.items()
        for option in (*own, *(SHARED if command.startswith(("batch", "ask", "rerun")) else ()))
    ],
)
@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_option_is_named(
    home: Path,
    tmp_path: Path,
    command: str,
    option: str,
    value: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run([*command.split(), option, value]) == 2
    assert f"{option} is empty — give it a value, or leave it out" in capfd.readouterr().err
    assert not list(tmp_path.glob("*o.jsonl*"))


@pytest.mark.parametrize("option", ["--cacert", "--client-cert"])
@pytest.mark.parametrize("command", ["batch x -o o.jsonl --prompt Why?", "ask Why?", "rerun x"])
def test_a_certificate_that_cannot_be_read_is_refused_whatever_the_server(
    tmp_path: Path, option: str, command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "none.pem").write_text("no certificate")
    for name, reason in (("/nope", "No such file or directory"), (str(tmp_path / "none.pem"), "")):
        assert run([*command.split(), "--url", "http://127.0.0.1:1", option, name]) == 2
        said = capfd.readouterr().err
        assert "This certificate cannot be used" in said
        assert f"{name}: {reason}" in said
