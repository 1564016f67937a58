"""Sets up nginx, HAProxy and LiteLLM before a server, with certificates of our own, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  proxy_http_version 1.1; proxy_set_header Connection "";
  ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key;
  server {{ listen 127.0.0.1:{default}; location / {{ proxy_pass {server}; }} }}
  server {{ listen 127.0.0.1:{gone}; location / {{ proxy_pass http://127.0.0.1:{nobody}; }} }}
  server {{ listen 127.0.0.1:{short}; location / {{ proxy_pass {slow}; proxy_read_timeout 1s; }} }}
  server {{ listen 127.0.0.1:{closed}; location / {{ return 503; }} }}
  server {{ listen 127.0.0.1:{moved}; location / {{ return 301 https://127.0.0.1:{tls}$request_uri; }} }}
  server {{ listen 127.0.0.1:{below}; client_max_body_size 100m;
    location /vllm/ {{ proxy_pass {server}/; proxy_buffering off; }} }}
  server {{ listen 127.0.0.1:{tls} ssl; location / {{ proxy_pass {server}; }} }}
  server {{ listen 127.0.0.1:{expired} ssl; ssl_certificate {folder}/old.pem; ssl_certificate_key {folder}/old.key;
    location / {{ proxy_pass {server}; }} }}
  server {{ listen 127.0.0.1:{elsewhere} ssl; ssl_certificate {folder}/other.pem; ssl_certificate_key {folder}/other.key;
    location / {{ proxy_pass {server}; }} }}
  server {{ listen 127.0.0.1:{mutual} ssl; ssl_client_certificate {folder}/ca.pem; ssl_verify_client on;
    location / {{ proxy_pass {server}; }} }}
}}
"""
HAPROXY = """
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 1s
frontend down
  bind 127.0.0.1:{haproxy_down}
  default_backend nobody
frontend short
  bind 127.0.0.1:{haproxy_short}
  default_backend slow
backend nobody
  server s 127.0.0.1:{nobody}
backend slow
  server s {slow_host}
"""
LITELLM = """
model_list:
  - model_name: minicpm
    litellm_params: {{model: "hosted_vllm/{model}", api_base: "{server}/v1", api_key: none}}
    model_info: {{max_input_tokens: 4096}}
  - model_name: gone
    litellm_params: {{model: hosted_vllm/gone, api_base: "http://127.0.0.1:{nobody}/v1", api_key: none}}
  - model_name: renamed
    litellm_params: {{model: hosted_vllm/nobodys, api_base: "{server}/v1", api_key: none}}
"""
PORTS = [
    "default",
    "gone",
    "short",
    "closed",
    "moved",
    "below",
    "tls",
    "expired",
    "elsewhere",
    "mutual",
    "haproxy_down",
    "haproxy_short",
    "litellm",
    "nobody",
]


@dataclass(frozen=True)
class Gateways:
    """The gateways that run: ``ports`` by what each is like, ``missing`` those that are not installed."""

    folder: Path
    ports: dict[str, int]
    missing: tuple[str, ...]

    def url(self, name: str) -> str:
        """The root of the one of that name."""
        scheme = "https" if name in {"tls", "expired", "elsewhere", "mutual"} else "http"
        return f"{scheme}://127.0.0.1:{self.ports[name]}{'/vllm' if name == 'below' else ''}"


@contextmanager
def gateways(folder: Path, server: str, slow: str, model: str) -> Iterator[Gateways]:
    """nginx, HAProxy and LiteLLM (the command that ``LITELLM`` names), as far as they are installed, before two servers."""
    ports = {name: _free_port() for name in PORTS}
    _certificates(folder)
    values = {
        **ports,
        "folder": folder,
        "server": server,
        "slow": slow,
        "slow_host": slow.removeprefix("http://"),
        "model": model,
    }
    missing = []
    with ExitStack() as stack:
        for program, text, arguments, port in (
            ("nginx", NGINX, ("-c",), "default"),
            ("haproxy", HAPROXY, ("-f",), "haproxy_down"),
            ("litellm", LITELLM, ("--port", str(ports["litellm"]), "--config"), "litellm"),
        ):
            command = shutil.which(os.environ.get(program.upper(), program))
            if command is None:
                missing.append(program)
                continue
            path = folder / f"{program}.yaml"
            path.write_text(text.format(**values))
            stack.callback(_stop, _started([command, *arguments, str(path)], ports[port]))
        yield Gateways(folder, ports, tuple(missing))


def _started(command: list[str], port: int) -> subprocess.Popen[bytes]:
    weak = {"LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true", "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env={**os.environ, **weak}, stdout=quiet, stderr=quiet)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.1)
    process.kill()
    raise RuntimeError(f"{command[0]} does not listen")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _certificates(folder: Path) -> None:
    """An authority ``ca.pem``, and what it signed: ``server``, ``old`` (expired), ``other`` (another host), ``client``."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    def signed(name: str, host: str, *dates: str) -> None:
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={host}")
        (folder / f"{name}.ext").write_text(f"subjectAltName={host}\n")
        dates = dates or ("-days", "30")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-extfile", f"{name}.ext", "-out", f"{name}.pem", *dates)  # fmt: skip

    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-days", "30", "-subj", "/CN=ours"
    )
    signed("server", "IP:127.0.0.1")
    signed("old", "IP:127.0.0.1", "-days", "-1")
    signed("other", "DNS:gateway.example")
    signed("client", "DNS:client")
    (folder / "both.pem").write_text((folder / "client.pem").read_text() + (folder / "client.key").read_text())
