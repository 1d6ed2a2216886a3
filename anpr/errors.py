"""One class per failure: the message says what is wrong, then what to do."""

from collections.abc import Sequence
from dataclasses import dataclass


class AnprError(Exception):
    """Any failure this product names. Catch it at a border and show its message."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a file: where (a key or `line N`), what is wrong, what to write."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """Show the problem on one line."""
        return f"{self.where}: {self.what}. {self.remedy}"


class ProblemsError(AnprError):
    """Several problems found in one go; nothing was applied."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"{source}: {len(problems)} problem(s)\n{lines}")


class SiteError(ProblemsError):
    """The site file cannot be used. Every problem is listed with its key and what to write."""


class ListError(ProblemsError):
    """A list file has rows that cannot be used. Each is listed with its line number."""


class BrokenVersionError(AnprError):
    """A version of a list is not what was sent. The one before it holds on; import it again."""


class RegistryError(AnprError):
    """The registry of vehicles cannot be asked. The message says why; zones do as `fail` says."""


class SecretError(AnprError):
    """A secret's reference leads nowhere. Set the variable or write the file that it names."""


class UnreadableMessageError(AnprError):
    """A message in the log cannot be understood. It goes to the dead letters with this reason."""


class ImageError(AnprError):
    """The bytes are not an image that can be used. The message says why; send a whole JPEG."""


class LogError(AnprError):
    """The log cannot do what was asked."""


class UnknownTopicError(LogError):
    """The topic was never created. Create it before appending or consuming."""


class PartitionLostError(LogError):
    """The consumer no longer owns the partition: poll again, and drop what was fetched for it."""


class RetentionTooShortError(LogError):
    """A topic is kept shorter than its readers' state reaches back. Lengthen its retention."""


class LogFullError(LogError):
    """More unread messages wait than the bound allows. Try again later; nothing was taken in."""


class StoreError(AnprError):
    """The store cannot do what was asked."""


class UnusableInputError(AnprError):
    """What somebody wrote cannot be taken as it stands. The message says what to write."""


class AccessDeniedError(AnprError):
    """The account may not do this. The message names the right that it lacks."""


class UnknownAccountError(AnprError):
    """No such account or token. Make one with `anpr user add` or `anpr user token`."""


class ModelError(AnprError):
    """A model file is missing or not what its card says. Reinstall, or name a good one."""


class EvidenceError(AnprError):
    """An evidence package cannot be made. The message names what is missing, then what to do."""


class SigningKeyError(AnprError):
    """A key cannot be used. The message says why; `anpr keys list` shows those there are."""
