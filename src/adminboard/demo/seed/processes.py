"""Making chunks in several processes, and getting their blocks in a steady order."""

import multiprocessing
import os
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from queue import Empty
from threading import Thread

from adminboard.demo.seed.chunk import make_chunk
from adminboard.demo.seed.copy_rows import Block
from adminboard.demo.seed.errors import MakingFailed
from adminboard.demo.seed.plan import Chunk, SeedPlan

BLOCKS_AHEAD = 12
"""How many blocks of some megabytes each process may be ahead: what bounds the memory."""
PATIENCE_SECONDS = 2.0


class ChunkEnd:
    """Sent after a chunk's last block."""


Message = Block | ChunkEnd | str


@dataclass(frozen=True, slots=True)
class Maker:
    process: BaseProcess
    queue: "Queue[Message]"


def make_blocks(plan: SeedPlan, processes: int) -> Iterator[Block]:
    """All blocks of the plan, chunk after chunk whatever the number of processes. Raises `MakingFailed`."""
    chunks = list(plan.chunks())
    processes = min(processes, len(chunks))
    if processes < 2:
        for chunk in chunks:
            yield from make_chunk(plan, chunk)
        return
    with _making(plan, chunks, processes) as makers:
        for index in range(len(chunks)):
            yield from _receive_chunk(makers[index % processes])


@contextmanager
def _making(plan: SeedPlan, chunks: list[Chunk], processes: int) -> Iterator[list[Maker]]:
    context = multiprocessing.get_context("spawn")
    makers = []
    for number in range(processes):
        queue: Queue[Message] = context.Queue(BLOCKS_AHEAD)
        process = context.Process(
            target=_make_chunks, args=(plan, chunks[number::processes], queue), daemon=True
        )
        process.start()
        makers.append(Maker(process, queue))
    try:
        yield makers
    finally:
        for maker in makers:
            maker.process.terminate()
            maker.process.join()
            maker.queue.close()


def _receive_chunk(maker: Maker) -> Iterator[Block]:
    while True:
        try:
            message = maker.queue.get(timeout=PATIENCE_SECONDS)
        except Empty:
            if not maker.process.is_alive():
                raise MakingFailed("A process that makes rows was killed.") from None
            continue
        if isinstance(message, ChunkEnd):
            return
        if isinstance(message, str):
            raise MakingFailed(message)
        yield message


def _make_chunks(plan: SeedPlan, chunks: list[Chunk], queue: "Queue[Message]") -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()
    try:
        for chunk in chunks:
            for block in make_chunk(plan, chunk):
                queue.put(block)
            queue.put(ChunkEnd())
    except Exception:
        queue.put(traceback.format_exc())
        raise


def _end_with_parent() -> None:
    """A process that makes rows for nobody would wait for ever to hand them over."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "only a child makes rows here"
    parent.join()
    os._exit(1)
