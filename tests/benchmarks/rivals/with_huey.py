"""huey on SQLite with every commit on disk, its consumer with threads."""

from __future__ import annotations

import itertools
import threading
import time
from pathlib import Path

from huey import SqliteHuey


def drain(folder: str, messages: int, workers: int) -> dict[str, float]:
    """Messages a second, each a task that does nothing: from the consumer's start to the last one done."""
    queue = SqliteHuey("bench", filename=str(Path(folder) / "huey.db"), fsync=True, results=False)
    done = threading.Event()
    numbers = itertools.count(1)

    @queue.task()  # type: ignore[untyped-decorator]
    def send(chat: int, text: str) -> None:
        if next(numbers) == messages:
            done.set()

    fill(queue, [send.s(number, f"message number {number}") for number in range(messages)])
    consumer = queue.create_consumer(workers=workers, periodic=False, worker_type="thread", check_worker_health=False)
    began, cpu = time.perf_counter(), time.process_time()
    consumer.start()
    done.wait()
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    consumer.stop()
    return {"rate": messages / took, "cpu": cpu / messages * 1e6}


def fill(queue: SqliteHuey, tasks: list[object]) -> None:
    """All tasks in one transaction: filling is not what is measured."""
    rows = [(queue.name, queue.serialize_task(task)) for task in tasks]
    connection = queue.storage.conn
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO task (queue, data, priority) VALUES (?, ?, 0)", rows)
    connection.execute("COMMIT")
