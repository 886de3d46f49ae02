"""procrastinate on PostgreSQL, one worker with as many jobs at once as it is given."""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from typing import Any

from procrastinate import App, PsycopgConnector

BATCH = 1_000  # jobs in one statement


def drain(url: str, messages: int, workers: int, chats: int) -> dict[str, float]:
    """Messages a second, each a job that does nothing: from the worker's start until the last one's end is durable.

    `chats`: the jobs of each wait for each other (`lock`); 0: none does.
    """
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    return asyncio.run(_drain(url, messages, workers, chats))


async def _drain(url: str, messages: int, workers: int, chats: int) -> dict[str, float]:
    app = App(connector=PsycopgConnector(conninfo=url, min_size=4, max_size=16))
    numbers = itertools.count(1)
    done = asyncio.Event()

    @app.task  # type: ignore[untyped-decorator]
    async def send(chat: int, text: str) -> None:
        if next(numbers) == messages:
            done.set()

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        jobs = [_job(send, number, chats) for number in range(messages)]
        for start in range(0, messages, BATCH):
            await app.job_manager.batch_defer_jobs_async(jobs=jobs[start : start + BATCH])
        await app.connector.execute_query_async("ANALYZE")
        began, cpu = time.perf_counter(), time.process_time()
        worker = asyncio.create_task(
            app.run_worker_async(
                concurrency=workers,
                delete_jobs="successful",
                fetch_job_polling_interval=0.01,  # nobody tells it when a lock is free
                install_signal_handlers=False,
            )
        )
        await done.wait()
        worker.cancel()  # it ends what it has begun
        await asyncio.gather(worker, return_exceptions=True)
        took, cpu = time.perf_counter() - began, time.process_time() - cpu
        left = await app.connector.execute_query_one_async("SELECT count(*) FROM procrastinate_jobs")
    assert left["count"] == 0, left
    return {"rate": messages / took, "cpu": cpu / messages * 1e6}


def _job(task: Any, number: int, chats: int) -> Any:
    lock = f"chat {number % chats}" if chats else None
    return task.configure(lock=lock).job.evolve(task_kwargs={"chat": number, "text": f"message number {number}"})
