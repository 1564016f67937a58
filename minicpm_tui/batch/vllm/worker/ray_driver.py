"""Answers requests on many GPUs or machines: Ray Data runs a pool of actors that do what ``vllm_worker.py`` does.

Speaks the lines of ``vllm_worker.py``. What it is told first has also ``address`` (of a cluster; ``auto``; empty starts one
here), ``requests`` (how many at most) and ``actors`` (0: one for each GPU or tensor-parallel group). Requests do not lie in the
data set, which would have to be known before it begins: its rows are tickets, and for a ticket an actor takes the next piece. A
ticket that Ray gives out again, after an actor died, gets its old piece.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    Json = dict[str, Any]

installed_vllm: Any = importlib.import_module("installed_vllm")  # it lies beside this script
vllm_worker: Any = importlib.import_module("vllm_worker")
wire: Any = importlib.import_module("wire")

PIECES_PER_ACTOR = 4
"""At least so many, where there is little to do: all actors are to end at about the same time."""


CPUS = 0.5
"""A claim on processors would only keep Ray from placing actors: the engine's own processes are not counted either."""


class Feeder:
    """Hands out requests in pieces; an actor of its own, so that actors on all machines reach it."""

    def __init__(self, room: int) -> None:
        self._queue: asyncio.Queue[bytes | None] = asyncio.Queue(room)
        self._given: dict[int, list[bytes]] = {}
        self._turn = asyncio.Lock()
        self._over = False

    async def put(self, line: bytes | None) -> None:
        """One request, None when there are no more. Waits while there is no room."""
        await self._queue.put(line)

    async def take(self, ticket: int, size: int) -> list[bytes]:
        """The piece of ``ticket``: empty when all are given out."""
        async with self._turn:
            if ticket not in self._given:
                piece: list[bytes] = []
                while len(piece) < size and not self._over:
                    line = await self._queue.get()
                    if line is None:
                        self._over = True
                    else:
                        piece.append(line)
                self._given[ticket] = piece
        return self._given[ticket]

    async def done(self, ticket: int) -> None:
        """The answers of ``ticket`` have arrived."""
        self._given[ticket] = []


class Answerer:
    """One actor: an engine that stays loaded from ticket to ticket."""

    def __init__(self, engine: Json, feeder: Any, size: int) -> None:
        self._ray = importlib.import_module("ray")
        self._vllm = installed_vllm.Vllm(engine)
        self._feeder = feeder
        self._size = size

    def __call__(self, batch: Json) -> Json:
        answers: list[str] = []
        for ticket in batch["id"]:
            piece = iter(self._ray.get(self._feeder.take.remote(int(ticket), self._size)))

            def source(_wait: bool, piece: Iterator[bytes] = piece) -> tuple[int, Json] | None:
                line = next(piece, None)
                if line is None:
                    return None
                request = json.loads(line)
                return request["number"], request["body"]

            vllm_worker.answer_all(self._vllm, source, lambda answer: answers.append(json.dumps(answer)))
        version = self._vllm.version
        return {
            "ticket": [int(batch["id"][0])],
            "version": [version],
            "left_out": [json.dumps(self._vllm.left_out)],
            "answers": [json.dumps(answers)],
        }


def main() -> None:
    """See the module's text."""
    wire.die_with_parent()
    report = wire.reporter(int(sys.argv[1]))
    lines = iter(sys.stdin.buffer.readline, b"")
    order = json.loads(next(lines))
    try:
        _run(order, lines, report)
    except Exception as error:
        report({"failed": wire.line_of(error)})
        raise
    report({"over": True})


def _run(order: Json, lines: Iterator[bytes], report: Any) -> None:
    ray = importlib.import_module("ray")
    data = importlib.import_module("ray.data")
    for module in (installed_vllm, vllm_worker, wire):
        ray.cloudpickle.register_pickle_by_value(module)  # other machines do not have the files
    ray.init(address=order["address"] or "local", log_to_driver=True)
    engine = order["engine"]
    group = int(engine.get("tensor_parallel_size", 1)) * int(engine.get("pipeline_parallel_size", 1))
    gpus = int(ray.cluster_resources().get("GPU", 0))
    actors = order["actors"] or max(1, gpus // group)
    fair = max(1, -(-order["requests"] // (actors * PIECES_PER_ACTOR)))
    size = min(4 * int(engine.get("max_num_seqs", installed_vllm.MAX_NUM_SEQS)), fair)
    tickets = -(-order["requests"] // size) + actors
    feeder = ray.remote(Feeder).options(num_cpus=0, max_concurrency=1000).remote(size)
    threading.Thread(target=_feed, args=(ray, feeder, lines), daemon=True).start()
    rows = data.from_items([{"id": number} for number in range(tickets)], override_num_blocks=tickets)
    answered = rows.map_batches(
        Answerer,
        batch_size=1,
        compute=data.ActorPoolStrategy(size=actors),
        num_gpus=group if gpus else 0,
        num_cpus=CPUS,
        fn_constructor_args=(engine, feeder, size),
    )
    told = False
    for row in answered.iter_rows():
        if not told:
            told = True
            report({"ready": {"version": row["version"], "left_out": json.loads(row["left_out"])}})
        for answer in json.loads(row["answers"]):
            report(json.loads(answer))
        ray.get(feeder.done.remote(row["ticket"]))
    ray.shutdown()


def _feed(ray: Any, feeder: Any, lines: Iterator[bytes]) -> None:
    for line in lines:
        ray.get(feeder.put.remote(line))
    ray.get(feeder.put.remote(None))


if __name__ == "__main__":
    main()
