"""A bounded queue whose one thread writes many items at once: one fsync serves many callers."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from anpr.errors import LogError, LogFullError

Item = TypeVar("Item")
Result = TypeVar("Result")

QUEUE_BYTES = 64 << 20
"""How much may wait to be written: seconds of a stalled disk, and no threat to the memory."""

GROUP_BYTES = 8 << 20
"""How much one write takes at most, so that its first item does not wait long for its last."""

TEND_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[Item, Result]):
    item: Item
    size: int
    future: Future[Result] | None = None


class WriteQueue(Generic[Item, Result]):
    """Writes what any thread puts, in that order, in groups as large as have gathered.

    `write` gives one result an item and must be durable on return; what it raises fails every
    item of its group, and the next group is tried anew. `tend` is called in the same thread after
    each write, and every 100 ms.
    """

    def __init__(
        self,
        name: str,
        write: Callable[[Sequence[Item]], Sequence[Result]],
        tend: Callable[[], None],
        bound: int = QUEUE_BYTES,
    ) -> None:
        self.failed = 0
        self.last_failure = ""
        self._name = name
        self._write = write
        self._tend = tend
        self._bound = bound
        self._waiting: deque[_Waiting[Item, Result]] = deque()
        self._bytes = self._put = self._done = 0
        self._is_closed = False
        lock = threading.Lock()
        self._arrived = threading.Condition(lock)
        self._written = threading.Condition(lock)
        # A daemon, so that a process that dies of an error before `close` does not hang in it.
        self._thread = threading.Thread(target=self._run, name=f"log-{name}", daemon=True)
        self._thread.start()

    def put(self, item: Item, size: int) -> Future[Result]:
        """Queue an item of `size` bytes; the future gives its result once it is durable.

        Never blocks, so an event loop may call it: LogFullError when more than the bound waits.
        The future cannot be cancelled; what was put is written.
        """
        future: Future[Result] = Future()
        future.set_running_or_notify_cancel()
        self._admit([_Waiting(item, size, future)])
        return future

    def put_all(self, items: Iterable[tuple[Item, int]]) -> None:
        """Queue items with their sizes, all or none; only `flush` and `failed` tell of them."""
        self._admit([_Waiting(item, size) for item, size in items])

    def flush(self) -> None:
        """Wait until everything put so far is written or has failed."""
        with self._written:
            until = self._put
            self._written.wait_for(lambda: self._done >= until)

    def close(self) -> None:
        """Write what waits, and end the thread."""
        with self._arrived:
            self._is_closed = True
            self._arrived.notify()
        self._thread.join()

    def _admit(self, waiting: Sequence[_Waiting[Item, Result]]) -> None:
        size = sum(one.size for one in waiting)
        with self._arrived:
            if self._is_closed:
                raise LogError(f"{self._name}: the log is closed; open it again")
            if self._bytes and self._bytes + size > self._bound:
                raise LogFullError(
                    f"{self._name}: {self._bytes} bytes wait to be written, the bound is"
                    f" {self._bound}; try again later"
                )
            self._bytes += size
            self._put += len(waiting)
            self._waiting.extend(waiting)
            self._arrived.notify()

    def _run(self) -> None:
        while (group := self._next_group()) is not None:
            if group:
                self._write_group(group)
            self._tend()

    def _next_group(self) -> list[_Waiting[Item, Result]] | None:
        with self._arrived:
            if not self._waiting and not self._is_closed:
                self._arrived.wait(TEND_EVERY_S)
            if not self._waiting:
                return None if self._is_closed else []
            group = [self._waiting.popleft()]
            size = group[0].size
            while self._waiting and (size := size + self._waiting[0].size) <= GROUP_BYTES:
                group.append(self._waiting.popleft())
            return group

    def _write_group(self, group: Sequence[_Waiting[Item, Result]]) -> None:
        try:
            results = self._write([waiting.item for waiting in group])
        except Exception as error:  # noqa: BLE001 - the thread's outermost ring: each caller hears it
            self.last_failure = f"{self._name}: not written ({error}); try again"
            self.failed += len(group)
            for waiting in group:
                if waiting.future is not None:
                    waiting.future.set_exception(LogError(self.last_failure))
        else:
            for waiting, result in zip(group, results, strict=True):
                if waiting.future is not None:
                    waiting.future.set_result(result)
        with self._written:
            self._bytes -= sum(waiting.size for waiting in group)
            self._done += len(group)
            self._written.notify_all()
