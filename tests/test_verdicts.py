"""Every reason, condition and consequence has words for people and a line in the documents."""

from pathlib import Path

import pytest

from anpr.events import CaseClass, Decision, LimitSource, LockVerdict, Match, SectionVerdict
from console.words import CODES
from rules.admission import AdmissionReason
from rules.data import shipped_law
from rules.doubts import SectionReason
from rules.fines import BAN, WITHDRAWAL
from rules.lock import LockReason
from rules.permits import PERMITS_UNKNOWN, PermitReason
from rules.zone import ZoneReason

PAGE = Path(__file__).parent.parent / "docs" / "verdicts.md"
FINES = shipped_law().fines.values()
CONDITIONS = {
    *(condition for fines in FINES for row in fines.collection for condition in row.conditions),
    *(condition for fines in FINES for row in fines.gas5 for condition in row.conditions),
}
KINDS = (
    SectionVerdict, SectionReason, CaseClass, LockVerdict, LockReason, PermitReason, Decision,
    ZoneReason, AdmissionReason, LimitSource, Match,
)  # fmt: skip
ALL = sorted(
    {
        WITHDRAWAL,
        BAN,
        PERMITS_UNKNOWN,
        *CONDITIONS,
        *(code.value for kind in KINDS for code in kind),
    }
)


@pytest.mark.parametrize("code", ALL)
def test_a_code_has_words_in_both_languages_and_a_line_in_the_documents(code: str) -> None:
    assert all(CODES[code])
    assert f"`{code}`" in PAGE.read_text("utf-8")
