from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.errors import ListError
from anpr.events import Action, Match
from anpr.list_entries import Rows
from anpr.list_file import COLUMNS, Life, parse_list
from anpr.lists import Entry

BRUSSELS = ZoneInfo("Europe/Brussels")
HEADER = ",".join(COLUMNS)

EVERY_PROBLEM = """\
line 2, country: 'Belgium' is no country code. Write two letters, such as BE.
line 2, match_mode: 'fuzzy' is not known. Write exact, equivalent, wildcard, probable.
line 2, valid_from: '2026-13-01' is no date. \
Write a day such as 2026-01-31, or a moment such as 2026-01-31T08:00:00+01:00.
line 2, valid_to: '31/01/2026' is no date. \
Write a day such as 2026-01-31, or a moment such as 2026-01-31T08:00:00+01:00.
line 2, priority: '101' is no priority. Write a number from 0 to 100.
line 2, action: 'shoot' is not known. Write stop, observe, discreet, inform.
line 3, plate_pattern: it is empty. Write the plate.
line 4, match_mode: `?` and `*` need the mode wildcard. Write wildcard.
line 5, plate_pattern: '#', '%' stands on no plate. \
Write letters and digits, `?` for one character, `*` for any run.
line 5, valid_from: '2026-01-31T08:00' has no offset. \
Write a day, or 2026-01-31T08:00+01:00 or the like.
line 5, priority: '-1' is no priority. Write a number from 0 to 100.
line 6, valid_to: it is not after valid_from. Write a later end.
line 7, valid_from: '1970-01-01' is before the year 2000. Leave it empty where it is open.
line 7, valid_to: no calendar goes that far. Leave it empty where it is open.
line 9: it repeats line 8. Take one of them out.
line 10, plate_pattern: it holds no letter or digit. Write at least one, or take the row out.
line 11: 9 cells stand under 8 columns. Put a text that holds the delimiter in quotes.
line 12, plate_pattern: it is longer than 16 characters. Write one plate.
line 13, plate_pattern: it is what cameras send for an unread plate. Write a plate."""


def parsed(text: str) -> Rows:
    return parse_list(text, "gestolen", BRUSSELS)


def told(text: str) -> list[str]:
    with pytest.raises(ListError) as caught:
        parsed(text)
    return [str(problem) for problem in caught.value.problems]


def test_only_the_plate_is_required() -> None:
    [one] = parsed("plate_pattern\n1-abc-123\n")
    assert one == Entry(id=one.id, plate_pattern="1ABC123")
    assert (one.match_mode, one.action, one.priority) == (Match.EXACT, Action.OBSERVE, 50)


def test_every_column_is_read() -> None:
    [one] = parsed(
        f"{HEADER}\n"
        '1A?-*,be,STOLEN,80,2026-01-01,2026-01-31,Wildcard,C-1,art. 1,STOP,"left, fast",Dorp,Jan\n'
    )
    assert one.model_dump(exclude={"id", "valid_from", "valid_to"}) == {
        "plate_pattern": "1A?*",
        "country": "BE",
        "reason_code": "STOLEN",
        "priority": 80,
        "match_mode": "wildcard",
        "case_ref": "C-1",
        "legal_basis": "art. 1",
        "action": "stop",
        "notes": "left, fast",
        "address": "Dorp",
        "inviter": "Jan",
    }


def test_a_bare_date_is_a_whole_day_in_the_sites_zone() -> None:
    [one] = parsed("plate_pattern,valid_from,valid_to\nA1,2026-03-29,2026-03-29\n")
    assert one.valid_from == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert one.valid_to == datetime(2026, 3, 29, 22, tzinfo=UTC)


def test_a_moment_with_an_offset_is_taken_as_it_is() -> None:
    [one] = parsed("plate_pattern,valid_from\nA1,2026-01-31T08:00:00+01:00\n")
    assert one.valid_from == datetime(2026, 1, 31, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "plate_pattern,notes\n1ABC123,x\n",
        "plate_pattern;notes\n1ABC123;x\n",
        "\ufeffplate_pattern;notes\r\n1ABC123;x\r\n",
        "\n Plate_Pattern , NOTES \n\n 1 ABC 123 , x \n,,\n",
        'notes,plate_pattern\nx,"1ABC123"\n',
    ],
)
def test_delimiter_mark_blank_lines_and_order_of_columns_do_not_matter(text: str) -> None:
    assert [(one.plate_pattern, one.notes) for one in parsed(text)] == [("1ABC123", "x")]


def test_a_header_alone_is_a_list_without_entries() -> None:
    assert list(parsed(HEADER)) == []


def test_an_entry_keeps_its_id_while_only_its_instructions_change() -> None:
    [before] = parsed("plate_pattern,case_ref,priority\n1ABC123,C1,10\n")
    [after] = parsed("plate_pattern,case_ref,priority\n1-ABC-123,C1,90\n")
    [other] = parsed("plate_pattern,case_ref,priority\n1ABC123,C2,10\n")
    [elsewhere] = parse_list("plate_pattern,case_ref\n1ABC123,C1\n", "verzekering", BRUSSELS)
    assert before.id == after.id
    assert len({before.id, other.id, elsewhere.id}) == 3


def test_every_row_that_cannot_be_used_is_told_at_once() -> None:
    text = """\
plate_pattern;country;priority;valid_from;valid_to;match_mode;case_ref;action
1ABC123;Belgium;101;2026-13-01;31/01/2026;fuzzy;;shoot
;BE;;;;;;
1A?C*;;;;;;;
1A#C%;;-1;2026-01-31T08:00;;;;
1ABC124;;;2026-02-01;2026-01-31;;;
1ABC125;;;1970-01-01;9999-12-31;;;
1ABC126;BE;;;;;C1;
1-ABC-126;BE;9;;;;C1;stop
*;;;;;wildcard;;
1ABC127;;;;;;;;extra
ABCDEFGHIJKLMNOPQ;;;;;;;
no plate;;;;;;;
"""
    assert "\n".join(told(text)) == EVERY_PROBLEM


def test_a_row_after_a_note_of_two_lines_keeps_its_own_number() -> None:
    [problem] = told('plate_pattern,notes\n1ABC123,"one\ntwo"\n,x\n')
    assert problem.startswith("line 4, plate_pattern")


@pytest.mark.parametrize(
    "text, problem",
    [
        ("", "line 1: the file is empty. "),
        ("\n\n", "line 1: the file is empty. "),
        ("1ABC123\n1ABC124\n", "line 1: there is no column plate_pattern. "),
        ("plate_pattern,valid_too\nA1,2026-01-01\n", "line 1: no column 'valid_too' is known. "),
        ("plate_pattern,notes,notes\nA1,,\n", "line 1: 2 columns are called 'notes'. "),
        ('plate_pattern\nA1\n"A2\n', "line 3: the quoting is broken "),
        ('plate_pattern\n"A1"x\nA2\n', "line 2: the quoting is broken "),
    ],
)
def test_a_file_that_is_no_list_says_why(text: str, problem: str) -> None:
    [only] = told(text)
    assert only.startswith(problem)


def test_a_misspelt_column_is_told_the_nearest_known_one() -> None:
    [only] = told("plate_pattern,valid_too\nA1,2026-01-01\n")
    assert only.endswith("Did you mean valid_to?")


@pytest.mark.parametrize(
    "column, text", [("notes", "x" * 2001), ("case_ref", "x" * 201), ("legal_basis", "x" * 201)]
)
def test_a_text_that_is_too_long_names_its_column(column: str, text: str) -> None:
    [only] = told(f"plate_pattern,{column}\nA1,{text}\n")
    assert only.startswith(f"line 2, {column}: ")


@pytest.mark.parametrize("text", ["1ABC123\n1ABC124\n", "plate_pattern\n1ABC123\n1ABC123\n"])
def test_no_problem_repeats_a_plate(text: str) -> None:
    assert "1ABC12" not in "\n".join(told(text))


@given(st.text())
def test_any_text_is_a_list_or_a_list_of_problems(text: str) -> None:
    for whole in (text, f"plate_pattern,valid_to,priority\n{text}"):
        try:
            entries = parsed(whole)
        except ListError:
            continue
        assert len({one.id for one in entries}) == len(entries)


def ends(text: str, days: int = 30) -> list[datetime | None]:
    rows = parse_list(text, "gestolen", BRUSSELS, Life(days, date(2026, 6, 1)))
    return [one.valid_to for one in rows]


def test_an_entry_without_an_end_holds_for_the_default_life_of_whole_days() -> None:
    assert ends("plate_pattern\n1ABC123\n", 1) == [datetime(2026, 6, 2, 22, tzinfo=UTC)]


def test_the_default_life_of_an_entry_that_starts_later_counts_from_then() -> None:
    text = "plate_pattern,valid_from\n1ABC123,2026-06-10\n"
    assert ends(text, 1) == [datetime(2026, 6, 11, 22, tzinfo=UTC)]


def test_an_entry_with_an_end_keeps_it_and_only_the_others_are_counted() -> None:
    text = "plate_pattern,valid_to\n1ABC123,2026-12-31\n1ABC124,\n1ABC125,\n"
    rows = parse_list(text, "gestolen", BRUSSELS, Life(30, date(2026, 6, 1)))
    assert rows.undated == 2
    assert datetime(2026, 12, 31, 23, tzinfo=UTC) in [one.valid_to for one in rows]


@given(st.lists(st.sampled_from(["1ABC123", "1-abc-124", "UNKNOWN", "A", " 1ABC125 ", "1A?"])))
def test_plain_rows_are_read_as_all_others_are(plates: list[str]) -> None:
    """What is recognised quickly, and what is looked at cell by cell, must not differ."""
    header = "plate_pattern,case_ref,notes\n"
    plain = header + "".join(f"{one},C{number},\n" for number, one in enumerate(plates))
    noted = header + "".join(f"{one},C{number},x\n" for number, one in enumerate(plates))
    assert said(plain) == said(noted)


def said(text: str) -> list[str]:
    try:
        return sorted(f"{one.plate_pattern} {one.case_ref} {one.id}" for one in parsed(text))
    except ListError as error:
        return [str(problem) for problem in error.problems]


def test_a_permit_says_where_its_holder_has_business_and_who_asked_for_it() -> None:
    [permit] = parsed(
        "plate_pattern,reason_code,address,inviter\n1ABC123,levering,Kerkstraat 1,Bakkerij\n"
    )
    assert (permit.reason_code, permit.address, permit.inviter) == (
        "levering", "Kerkstraat 1", "Bakkerij"
    )  # fmt: skip
    [other] = parsed("plate_pattern,address\n1ABC123,Dorp 2\n")
    assert (other.id, other.address, other.inviter) == (permit.id, "Dorp 2", "")
