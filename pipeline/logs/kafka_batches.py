"""Many records of one partition handed to a producer at once, with one word for each batch.

Sent one by one, each record has a future of its own, several locks and checks: three quarters of
what sending it takes.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from anpr.ports import Record
from pipeline.logs.kafka_client import MemoryRecordsBuilder, ProducerBatch, kafka_errors

MAGIC = 2
"""The format of records since Kafka 0.11."""

Told = Callable[[Sequence[Record], Exception | None], None]


def send_all(producer: Any, at: Any, records: Sequence[Record], told: Told) -> None:
    """Queue records behind what waits for a partition; `told` hears of each batch once it is done.

    Raises KafkaError where the producer is closed; then none is queued.
    """
    accumulator = producer._accumulator  # noqa: SLF001 - the client takes no batches otherwise
    batches = [_batch(at, made, some, told) for made, some in _made(accumulator.config, records)]
    # As its own append: it must not be closed between a look and the queueing.
    accumulator._appends_in_progress.increment()  # noqa: SLF001
    try:
        with accumulator._tp_lock(at):  # noqa: SLF001
            if accumulator._closed:  # noqa: SLF001
                raise kafka_errors.IllegalStateError("the producer is closed")
            for batch in batches:
                accumulator._batches[at].append(batch)  # noqa: SLF001
                accumulator._incomplete.add(batch)  # noqa: SLF001
    finally:
        accumulator._appends_in_progress.decrement()  # noqa: SLF001
    producer._sender.wakeup()  # noqa: SLF001


def _made(config: Any, records: Sequence[Record]) -> Iterator[tuple[Any, Sequence[Record]]]:
    """Write records into as few batches as they fit in; give each with its records."""
    rest = list(records)
    while rest:
        builder = MemoryRecordsBuilder(MAGIC, config["compression_attrs"], config["batch_size"])
        fitting = 0
        for record in rest:
            headers = [(name, text.encode()) for name, text in record.headers.items()]
            if builder.append(None, record.key.encode(), record.value, headers) is None:
                break
            fitting += 1
        yield builder, rest[:fitting]
        rest = rest[fitting:]


def _batch(at: Any, builder: Any, records: Sequence[Record], told: Told) -> Any:
    batch = ProducerBatch(at, builder)

    def done(result: tuple[int, int, Callable[[int], Exception] | None]) -> None:
        _, _, error_of = result
        told(records, error_of(0) if error_of else None)

    batch.produce_future.add_callback(done)
    batch._record_futures = [_Refusal(batch.produce_future, records, told)]  # noqa: SLF001
    return batch


class _Refusal:
    """Stands for the futures of a batch's records where the client would split the batch.

    It does so where a broker finds the batch too large, which the topic's settings rule out. To
    follow the parts is not worth it: the batch has failed, and may be there all the same.
    """

    def __init__(self, whole: Any, records: Sequence[Record], told: Told) -> None:
        self._whole = whole
        self._records = records
        self._told = told

    def rebind(self, _part: Any, _index: int) -> None:
        """Wake who waits for the batch, as the client's own future does, and tell."""
        self._whole._latch.set()  # noqa: SLF001
        self._told(self._records, kafka_errors.MessageSizeTooLargeError())
