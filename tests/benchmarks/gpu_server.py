"""On a machine with a GPU and vLLM: does what ``serve`` says come true?

``python -m tests.benchmarks.gpu_server MODEL [options of serve]`` starts MODEL with ``serve --detach``, compares the estimate
with what vLLM logs, the stages with the log, NVML's and ``/metrics``' figures with a small load, stops it, and prints a report as
JSON. Exit status 1 when a check fails. Weights may differ by 10 %, the KV cache by 15 %.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from minicpm_tui.servers import processes, registry

_GIB = 1 << 30
_REQUESTS = 16


def cli(*words: str) -> tuple[int, Any]:
    """Run the command line; its exit status and the JSON that it prints."""
    done = subprocess.run([sys.executable, "-m", "minicpm_tui", *words], stdout=subprocess.PIPE, text=True, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout.strip() else None


def logged(log: str, pattern: str) -> float | None:
    """The number that ``pattern`` finds in the log."""
    match = re.search(pattern, log)
    return float(match[1].replace(",", "")) if match else None


def near(estimate: float | None, real: float | None, share: float) -> bool:
    """Whether the two differ by at most ``share`` of the real one."""
    return estimate is not None and real is not None and abs(estimate - real) <= share * real


def ask(url: str, key: str, model: str) -> int:
    """One request; the number of tokens that came back."""
    body = {"model": model, "messages": [{"role": "user", "content": "Count to a hundred."}], "max_tokens": 200}
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/v1/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=300) as answer:
        return int(json.load(answer)["usage"]["completion_tokens"])


def under_load(server_id: str) -> dict[str, Any]:
    """``servers status`` while requests run."""
    server = registry.find(server_id)
    with ThreadPoolExecutor(_REQUESTS) as pool:
        waiting = [pool.submit(ask, server.url, server.key, server.model) for _ in range(_REQUESTS)]
        time.sleep(1)
        _code, status = cli("servers", "status", server_id, "--json")
        tokens = sum(future.result() for future in waiting)
    return {"status": status, "tokens": tokens, "after": cli("servers", "status", server_id, "--json")[1]}


def main(words: list[str]) -> int:
    """Run all checks and print the report."""
    report: dict[str, Any] = {"doctor": cli("doctor", "--json")[1]}
    _code, estimate = cli("serve", *words, "--check", "--json")
    report["estimate"] = estimate
    began = time.monotonic()
    code, started = cli("serve", *words, "--detach", "--json")
    report["start"] = {"exit": code, "seconds": round(time.monotonic() - began, 1), "server": started}
    if code != 0:
        print(json.dumps(report, indent=1, ensure_ascii=False))
        return 1
    log = Path(started["log"]).read_text(errors="replace")
    weights = logged(log, r"Model loading took ([\d.]+) GiB")
    cache = logged(log, r"GPU KV cache size: ([\d,]+) tokens")
    _code, explained = cli("servers", "explain", started["log"], "--json")
    load = under_load(started["id"])
    group = registry.find(started["id"]).pid
    stop, _gone = cli("servers", "stop", started["id"], "--json")
    gpus = load["status"]["gpus"]
    checks = {
        "fits": estimate["fits"] is True,
        "weights within 10 %": near(estimate["weights_bytes"], weights and weights * _GIB, 0.10),
        "KV cache within 15 %": near(estimate["kv_tokens"], cache, 0.15),
        "every stage was seen": [stage["name"] for stage in explained["stages"]][-1:] == ["ready"],
        "state is ready": explained["state"] == "ready" and explained["failure"] is None,
        "requests were counted": load["status"]["running"] > 0,
        "tokens were counted": load["status"]["generation_tokens_per_second"] > 0,
        "first token was timed": load["after"]["ttft_p50_seconds"] > 0,
        "NVML shows the server's memory": bool(gpus) and gpus[0]["memory_used"] > (weights or 0) * _GIB,
        "NVML shows load and heat": bool(gpus) and gpus[0]["utilization"] is not None and gpus[0]["temperature"] is not None,
        "nothing is left": stop == 0 and not any(found and found.group == group and found.state != "Z" for found in _all()),
    }
    report |= {"weights GiB": weights, "KV tokens": cache, "stages": explained["stages"], "load": load, "checks": checks}
    print(json.dumps(report, indent=1, ensure_ascii=False))
    return 0 if all(checks.values()) else 1


def _all() -> list[processes.Stat | None]:
    return [processes.stat(pid) for pid in processes.all_pids()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
