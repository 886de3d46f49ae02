"""persist-queue's SQLite queue with acknowledgements, each commit on disk (SQLite's own default)."""

from __future__ import annotations

import itertools
import threading
import time

from persistqueue import SQLiteAckQueue


def drain(folder: str, messages: int, workers: int) -> dict[str, float]:
    """Messages a second, each taken and acknowledged by itself; what is done is cleared away now and then."""
    queue = SQLiteAckQueue(folder, multithreading=True)
    fill(queue, [{"chat": number, "text": f"message number {number}"} for number in range(messages)])
    queue = SQLiteAckQueue(folder, multithreading=True)
    numbers = itertools.count(1)

    def work() -> None:
        while (number := next(numbers)) <= messages:
            item = queue.get()
            queue.ack(item)
            if number % 1000 == 0:
                queue.clear_acked_data(max_delete=1000, keep_latest=0)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    began, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    return {"rate": messages / took, "cpu": cpu / messages * 1e6}


def fill(queue: SQLiteAckQueue, items: list[object]) -> None:
    """All items in one transaction: filling is not what is measured."""
    rows = [(queue._serializer.dumps(item), time.time()) for item in items]
    connection = queue._putter
    connection.execute("BEGIN")
    connection.executemany(queue._sql_insert, rows)
    connection.execute("COMMIT")
