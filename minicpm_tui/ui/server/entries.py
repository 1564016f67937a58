"""What the panel's first view lists: vLLM, GPUs, models, servers and problems, as lines that can be chosen."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from textual.content import Content

from minicpm_tui.i18n import _
from minicpm_tui.servers.doctor import Report
from minicpm_tui.servers.endpoints import Answering
from minicpm_tui.servers.gpus import Gpu
from minicpm_tui.servers.live import gpu_text
from minicpm_tui.servers.local import STATE_TITLES, LocalServer
from minicpm_tui.servers.models import LocalModel
from minicpm_tui.text import format_bytes, format_duration, model_name, one_line

Kind = Literal["heading", "text", "install", "model", "other", "ours", "server"]


@dataclass(frozen=True)
class Entry:
    """One line. ``model``, ``server`` and ``answering`` are what Enter acts on; headings and texts cannot be chosen."""

    kind: Kind
    content: Content
    model: LocalModel | None = None
    server: LocalServer | None = None
    answering: Answering | None = None

    @property
    def choosable(self) -> bool:
        """Whether the cursor stops there."""
        return self.kind not in ("heading", "text")


def entries(report: Report, servers: list[LocalServer]) -> list[Entry]:
    """All lines; what can be used at once comes first."""
    sections = (_servers(report, servers), _models(report), _vllm(report), _gpus(report.gpus), _problems(report))
    found: list[Entry] = []
    for section in map(list, sections):
        found += [_text(""), *section] if found and section else section
    return found


def _heading(text: str, hint: str = "") -> Entry:
    return Entry("heading", Content.assemble((text, "bold $primary"), (hint, "$muted")))


def _text(text: str, style: str = "$muted", *, indent: int = 2) -> Entry:
    return Entry("text", Content.styled(" " * indent + one_line(text), style))


def _servers(report: Report, servers: list[LocalServer]) -> Iterator[Entry]:
    others = [answering for answering in report.servers if not answering.ours]
    if not servers and not others:
        return
    yield _heading(_("Servers"))
    for server in servers:
        since = f" {format_duration(time.time() - server.started)}" if server.live else ""
        state = _(STATE_TITLES[server.state])
        style = {"failed": "$text-error", "unresponsive": "$text-warning"}.get(server.state, "$text-success")
        line = Content.assemble(
            "  ", (model_name(server.model, 40), "bold"), (f"  {state}{since}", style), (f"  {server.url}", "dim")
        )
        yield Entry("ours", line, server=server)
    for answering in others:
        model = model_name(answering.model, 40) if answering.model else _("needs a key") if answering.locked else "—"
        if answering.silent:
            yield Entry(
                "server",
                Content.assemble("  ", (answering.silent, "$text-warning"), (f"  {answering.url}", "dim")),
                answering=answering,
            )
            continue
        yield Entry("server", Content.assemble("  ", model, (f"  {answering.url}", "dim")), answering=answering)


def _models(report: Report) -> Iterator[Entry]:
    yield _heading(_("Start a model"), _("  Enter starts · o options"))
    for model in report.models:
        if model.complete:
            facts = "  ".join(part for part in (model.quantization, format_bytes(model.bytes)) if part)
            yield Entry("model", Content.assemble("  ▶ ", (one_line(model.name, 60), "bold"), (f"  {facts}", "dim")), model=model)
    yield Entry("other", Content.assemble("  ▶ ", _("another folder or hub id …")))


def _vllm(report: Report) -> Iterator[Entry]:
    yield _heading("vLLM")
    if report.vllm:
        yield _text(report.vllm.version or _("unknown version"), "")
        yield _text(str(report.vllm.path))
    if report.install:
        line = Content.assemble("  ", (report.install, "bold"), "\n  ", (_("Enter copies this command"), "dim"))
        yield Entry("install", line)


def _gpus(gpus: tuple[Gpu, ...]) -> Iterator[Entry]:
    yield _heading(_("GPUs"))
    for gpu in gpus:
        yield _text(f"{gpu.index} {gpu.name}", "")
        yield _text(gpu_text(gpu), indent=4)
        for process in gpu.processes[:4]:
            memory = format_bytes(process.memory) if process.memory else ""
            yield _text(f"{process.name or '?'} ({process.pid}) {memory}", indent=4)
    if not gpus:
        yield _text(_("none"))


def _problems(report: Report) -> Iterator[Entry]:
    if report.problems:
        yield _heading(_("Problems"))
    for problem in report.problems:
        yield _text(problem.title, "$text-warning")
        if problem.hint:
            yield _text(problem.hint, indent=4)
