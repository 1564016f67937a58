"""Asks through every gateway, prints what it answers and what we say of it: ``python -m tests.gateways.try_out [--record]``.

``--record`` writes the answers to ``recorded.json``, which the tests read. Needs nginx, haproxy and openssl (apt), and
litellm[proxy] (PyPI; ``LITELLM`` names the command).
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

import httpx2

from minicpm_tui.access import remember
from minicpm_tui.backends.failures import failure_of
from minicpm_tui.backends.probe import probe
from minicpm_tui.config import Settings
from minicpm_tui.demo.testing import serving
from minicpm_tui.errors import MinicpmTuiError
from tests.gateways.setting import Gateways, gateways

RECORDED = Path(__file__).with_name("recorded.json")
PICTURE = [{"type": "image_url", "image_url": {"url": "http://127.0.0.1:9/x.png"}}, {"type": "text", "text": "what?"}]
CASES: dict[str, tuple[str, str, str, object]] = {
    "nginx: too large": ("nginx", "default", "", "x" * 1_500_000),
    "nginx: no server": ("nginx", "gone", "", "hi"),
    "nginx: read timeout": ("nginx", "short", "", "hi"),
    "nginx: unavailable": ("nginx", "closed", "", "hi"),
    "nginx: redirect": ("nginx", "moved", "", "hi"),
    "nginx: plain http to TLS": ("nginx", "http:tls", "", "hi"),
    "nginx: no client certificate": ("nginx", "mutual", "", "hi"),
    "haproxy: no server": ("haproxy", "haproxy_down", "", "hi"),
    "haproxy: timeout": ("haproxy", "haproxy_short", "", "hi"),
    "litellm: no server": ("litellm", "litellm", "gone", "hi"),
    "litellm: unknown model": ("litellm", "litellm", "nope", "hi"),
    "litellm: unknown model behind it": ("litellm", "litellm", "renamed", "hi"),
    "litellm: too long": ("litellm", "litellm", "minicpm", "word " * 40_000),
    "litellm: picture not to be fetched": ("litellm", "litellm", "minicpm", PICTURE),
    "litellm: models": ("litellm", "litellm", "", None),
}
"""Which program, which of its ports, the model (empty: the server's own), and what is asked (None: which models there are)."""


def main() -> None:
    """Run all that is installed."""
    with serving() as server, socket.create_server(("127.0.0.1", 0)) as silent, tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with gateways(Path(folder), server.url, f"http://127.0.0.1:{silent.getsockname()[1]}", server.model) as found:
            answers = {
                name: _answer(found, server.model, *case[1:]) for name, case in CASES.items() if case[0] not in found.missing
            }
            if "nginx" not in found.missing:
                asyncio.run(_over_tls(found))
    for name, answer in answers.items():
        said = ""
        if answer["status"] != 200:
            failure = failure_of(
                answer["status"], answer["body"].encode(), url="URL", key_sent=False, location=answer["location"]
            )
            said = failure.error.info.line()
        print(f"{name:36} {answer['status']}  {said}")
    if "--record" in sys.argv:
        known = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
        RECORDED.write_text(json.dumps(known | answers, indent=1) + "\n")


async def _over_tls(found: Gateways) -> None:
    """What certificates of every kind are called."""
    ours, shown = str(found.folder / "ca.pem"), str(found.folder / "both.pem")
    cases = [("tls", "", ""), ("tls", ours, ""), ("expired", ours, ""), ("elsewhere", ours, ""), ("mutual", ours, "")]
    for name, cacert, client_cert in [*cases, ("mutual", ours, shown), ("below", "", "")]:
        url = found.url(name)
        remember(url, Settings(cacert=cacert, client_cert=client_cert), {})
        try:
            said = f"answers: {(await probe(url)).models[0].id}"
        except MinicpmTuiError as error:
            said = str(error)
        given = " ".join(word for word, there in (("--cacert", cacert), ("--client-cert", client_cert)) if there)
        print(f"nginx: {name + ' ' + given:29} {said}")


def _answer(found: Gateways, model: str, place: str, name: str, asked: object) -> dict[str, Any]:
    url = found.url(place.removeprefix("http:"))
    url = url.replace("https:", "http:") if place.startswith("http:") else url
    with httpx2.Client(verify=False, trust_env=False, timeout=60) as client:
        if asked is None:
            response = client.get(f"{url}/v1/models")
        else:
            body = {"model": name or model, "stream": True, "messages": [{"role": "user", "content": asked}]}
            response = client.post(f"{url}/v1/chat/completions", json=body)
    text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8000", response.text)
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    location = re.sub(r":\d+/", ":8443/", response.headers.get("location", ""))
    return {"status": response.status_code, "location": location, "body": text}


if __name__ == "__main__":
    main()
