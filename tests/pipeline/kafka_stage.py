"""A stage on Kafka whose outputs tell whether its state was rebuilt; also as a process to kill."""

import sys
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

from anpr.ports import Message, Output, Place, Record, TopicSpec, Worker
from pipeline.logs.kafka import KafkaLog
from pipeline.stage import Stage, StageSpec
from tests.pipeline.log_brokers import KafkaBroker

NUMBERS, SUMS = "numbers", "sums"
PARTITIONS = 6
DAY = timedelta(days=1)
TOPICS = [TopicSpec(name, PARTITIONS, DAY) for name in (NUMBERS, SUMS)]
SOONEST = timedelta(seconds=6)
"""The shortest session that a broker allows by default."""


class Window(Worker):
    """Publishes of each number the sum of itself and the nine before it in its partition."""

    size = 10

    def __init__(self) -> None:
        self.last: deque[tuple[int, int]] = deque(maxlen=self.size)

    def work(self, messages: Sequence[Message]) -> list[Output]:
        outputs = []
        for message in messages:
            self.last.append((message.offset, int(message.record.value)))
            total = str(sum(value for _, value in self.last)).encode()
            outputs.append(Output(SUMS, Record(name_of(message.place, message.offset), total)))
        return outputs

    def idle(self) -> list[Output]:
        return []

    def needed_from(self) -> int | None:
        return self.last[0][0] if self.last else None


def name_of(place: Place, offset: int) -> str:
    return f"{place.partition}/{offset}"


def append_numbers(log: KafkaLog, numbers: range) -> None:
    """Append each number under a key of its own choosing, and wait for all."""
    for number in numbers:
        log.append(NUMBERS, Record(f"key-{number % 97}", str(number).encode()))
    log.flush()


def expected_sums(log: KafkaLog) -> dict[str, set[int]]:
    """Sum what stands in the topic of numbers, as one undisturbed stage would."""
    sums: dict[str, set[int]] = {}
    windows: dict[Place, deque[int]] = {}
    for message in log.read(NUMBERS):
        window = windows.setdefault(message.place, deque(maxlen=Window.size))
        window.append(int(message.record.value))
        sums[name_of(message.place, message.offset)] = {sum(window)}
    return sums


def found_sums(log: KafkaLog) -> dict[str, set[int]]:
    """Give every sum that was published for a number: more than one where a state was wrong."""
    sums: dict[str, set[int]] = {}
    for message in log.read(SUMS):
        sums.setdefault(message.record.key, set()).add(int(message.record.value))
    return sums


def stage_of(log: KafkaLog) -> Stage:
    return Stage(StageSpec("windows", [NUMBERS], lambda _: Window(), limit=50), log)


class Running:
    """A stage with a log of its own, as in a process of its own, on a thread."""

    def __init__(self, broker: KafkaBroker) -> None:
        self.log = broker.open()
        self.log.create(TOPICS)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=stage_of(self.log).run, args=(self._stop,))
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self.log.close()


def main() -> None:
    """Run the stage until killed."""
    bootstrap, prefix = sys.argv[1:]
    settings = replace(KafkaBroker(bootstrap, prefix).settings, session=SOONEST)
    with closing(KafkaLog(settings)) as log:
        log.create(TOPICS)
        print("runs", flush=True)  # noqa: T201 - told to the test
        stage_of(log).run(threading.Event())


if __name__ == "__main__":
    main()
