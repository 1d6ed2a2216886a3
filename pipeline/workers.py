"""The folds of the rules as workers on the log: bytes in, records out."""

from collections.abc import Callable, Sequence

from pydantic import ValidationError

from anpr.errors import UnreadableMessageError
from anpr.events import Passage, PlateRead, RuleEvent
from anpr.lists import Lists
from anpr.plates import fold
from anpr.ports import Commit, Message, Output, Record, Worker, dead_letter
from anpr.sites import Site
from anpr.topics import EVENTS, PASSAGES
from pipeline.controls import Controls
from rules.engine import Change
from rules.folds import PassageFold, RuleFold, passage_key, published


def why_invalid(error: ValidationError) -> str:
    """Name the fields of an invalid message, without their values."""
    # An id that cannot be computed only follows from what is wrong elsewhere.
    own = [one for one in error.errors() if one["type"] != "default_factory_not_called"]
    fields = sorted({".".join(map(str, one["loc"])) or "message" for one in own})
    return f"{error.title}: not valid in {', '.join(fields)}; see the contract of this topic"


class PassageWorker(Worker):
    """Reads to passages."""

    def __init__(self, site: Site) -> None:
        self._fold = PassageFold(site)

    def work(self, messages: Sequence[Message]) -> list[Output]:
        """Merge each read into its passage; publish the passages that changed."""
        outputs: list[Output] = []
        for message in messages:
            try:
                outputs += self._take(message)
            except ValidationError as error:
                outputs.append(dead_letter(message, why_invalid(error)))
            except UnreadableMessageError as error:
                outputs.append(dead_letter(message, str(error)))
        return outputs

    def idle(self) -> list[Output]:
        """Nothing waits for time to pass."""
        return []

    def needed_from(self) -> int | None:
        """Tell the lowest offset that the state still needs."""
        return self._fold.needed_from()

    def _take(self, message: Message) -> list[Output]:
        read = PlateRead.from_json(message.record.value)
        if read.received_at is None:
            read = read.model_copy(update={"received_at": message.appended_at})
        return [
            Output(PASSAGES, Record(passage_key(passage), passage.to_json()))
            for change in self._fold.take(read, message.offset)
            for passage in published(change)
        ]


class RulesWorker(Worker):
    """Passages to events, judged by the lists that hold.

    Its note is how far it had followed the lists: below the commit it folds with the lists of
    that moment, then takes in what came since and publishes what that changes.
    """

    def __init__(
        self,
        fold_for: Callable[[Lists], RuleFold],
        controls: Controls,
        committed: Commit | None,
    ) -> None:
        note = committed.metadata.partition(" ")[2] if committed else ""
        self._controls = controls
        end = controls.refresh()
        self._known = int(note) if note else end
        self._live_from = committed.offset if committed else 0
        self._fold = fold_for(controls.lists(self._known))

    def work(self, messages: Sequence[Message]) -> list[Output]:
        """Judge each passage; publish the events that changed."""
        outputs: list[Output] = []
        if messages[0].offset >= self._live_from:
            outputs += self._follow_lists()
        for message in messages:
            try:
                passage = Passage.from_json(message.record.value)
            except ValidationError as error:
                outputs.append(dead_letter(message, why_invalid(error)))
                continue
            outputs += _events(self._fold.take(passage, message.offset))
        return outputs

    def idle(self) -> list[Output]:
        """Judge again when a list has changed meanwhile."""
        return self._follow_lists()

    def needed_from(self) -> int | None:
        """Tell the lowest offset that the state still needs."""
        return self._fold.needed_from()

    def note(self) -> str:
        """Remember how far the lists were followed."""
        return str(self._known)

    def _follow_lists(self) -> list[Output]:
        end = self._controls.follow()
        if end == self._known:
            return []
        self._known = end
        self._fold.lists = self._controls.lists(end)
        return _events(self._fold.rejudge())


def _events(changes: Sequence[Change[RuleEvent]]) -> list[Output]:
    return [
        Output(EVENTS, Record(event_key(change.after), change.after.to_json()))
        for change in changes
    ]


def event_key(event: RuleEvent) -> str:
    """Key an event on the log: by plate fold."""
    return fold(event.plate)
