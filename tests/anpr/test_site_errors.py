from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpr.errors import Problem, SiteError
from anpr.sites import parse_site
from tests.sites import SITE_TOML

EVERY_PROBLEM = """\
cameras[2] (b).lat: 151.079: it should be less than or equal to 90. \
Write `lat`: its degrees north (WGS 84), such as 51.0901.
cameras[3] (c).token: it has not the right form. \
Write `token`: where its token is kept: env:NAME or file:PATH, never the token itself.
sections[1] (n177).length_m: it is missing. \
Write `length_m`: the shortest drivable line between both ends in metres, as surveyed.
sections[1] (n177).lenght_m: no such key is known. Did you mean `length_m`?
sections[1] (n177).exit: no camera 'bb' is known. Did you mean 'b'?
locks[1] (relst).pairs: 'c/x' is no entry and exit of this lock. Write one of c/d, c/e.
alerts[1].channels: no channel 'dispach' is known. Did you mean 'dispatch'?"""


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(SiteError) as caught:
        parse_site(text, "zone.toml")
    return caught.value.problems


def with_change(old: str, new: str) -> str:
    assert old in SITE_TOML
    return SITE_TOML.replace(old, new)


def test_every_problem_is_told_at_once_with_key_and_remedy() -> None:
    text = SITE_TOML
    for old, new in (
        ("lat = 51.0790", "lat = 151.0790"),
        ('token = "env:TOKEN_C"', 'token = "hunter2"'),
        ("length_m = 1240.0\n", "lenght_m = 1240.0\n"),
        ('exit = ["b"]', 'exit = ["bb"]'),
        ('"c/e" = 600', '"c/x" = 600'),
        ('channels = ["dispatch", "console"]', 'channels = ["dispach", "console"]'),
    ):
        assert old in text
        text = text.replace(old, new)
    told = "\n".join(str(problem) for problem in problems_of(text))
    assert told == EVERY_PROBLEM


@pytest.mark.parametrize(
    "old, new, where, what",
    [
        ('id = "b"', 'id = "a"', "cameras (a).id", "2 have this id"),
        ('id = "b"', 'id = "B!"', "cameras[2] (B!).id", "the right form"),
        ('timezone = "Europe/Brussels"', 'timezone = "Brussels"', "site.timezone", "'Brussels'"),
        ('country = "BE"', 'country = "Belgium"', "site.country", "the right form"),
        ("limit_kmh = 70", 'limit_kmh = "70"', "sections[1] (n177).limit_kmh", "valid integer"),
        ("limit_kmh = 70", "limit_kmh = 4", "sections[1] (n177).limit_kmh", "4: it should be"),
        ("lon = 4.3702", "lon = nan", "cameras[1] (a).lon", "finite"),
        ("1240.0", "1.0", "sections[1] (n177)", "length_error_m is not smaller"),
        ('exit = ["b"]', 'exit = ["b", "a"]', "sections[1] (n177).exit", "its entry too"),
        ('inside = ["f"]', 'inside = ["x"]', "locks[1] (relst).inside", "no camera 'x'"),
        ('gates = ["g"]', 'gates = ["x"]', "zones[1] (centrum).gates", "no camera 'x'"),
        ('gates = ["g"]', "gates = []", "zones[1] (centrum).gates", "at least 1 item"),
        ('gates = ["g"]', 'gates = "g"', "zones[1] (centrum).gates", "valid array"),
        ('gates = ["g"]', 'gates = ["g", 5]', "zones[1] (centrum).gates[2]", "valid string"),
        ('action = "flag"', 'action = "shut"', "zones[1] (centrum).action", "'open' or 'flag'"),
        ("through_within_s = 900", 'except_holidays = "xmas"\nthrough_within_s = 900',
         "locks[1] (relst).except_holidays", "no holiday calendar 'xmas'"),
        ("[[alerts]]", '[[audit.service_hours]]\nexcept_holidays = "xmas"\n[[alerts]]',
         "audit.service_hours[1].except_holidays", "no holiday calendar 'xmas'"),
        ("through_within_s = 900", 'from = "08:00Z"\nthrough_within_s = 900',
         "locks[1] (relst).from", "has an offset"),
        ("through_within_s = 900", "from = 8\nthrough_within_s = 900",
         "locks[1] (relst).from", "8: it should be"),
        ("through_within_s = 900", 'from_ = "08:00"\nthrough_within_s = 900',
         "locks[1] (relst).from_", "no such key"),
        ("through_within_s = 900", 'days = ["monday"]\nthrough_within_s = 900',
         "locks[1] (relst).days[1]", "'monday': it should be 'mon'"),
        ('kind = "hit", priority_min = 50', 'kind = "speeding"', "alerts[1].when.kind",
         "'speeding'"),
        ('kind = "hit", priority_min = 50', 'kind = "access", priority_min = 50', "alerts[1].when",
         "only a hit"),
        ('kind = "hit", priority_min = 50', 'kind = "lock_transit", verdicts = ["violation"]',
         "alerts[1].when", "no lock_transit has the verdict 'violation'"),
        ('kind = "hit", priority_min = 50', 'kind = "camera_state", cameras = ["x"]',
         "alerts[1].when.cameras", "no camera 'x'"),
        ("[channels.dispatch]", '[lists.stolen]\nowner = ["dispach"]\n[channels.dispatch]',
         "lists.stolen.owner", "no channel 'dispach'"),
        ("[channels.dispatch]", '[networks.boom]\nchannels = ["console"]\n[channels.dispatch]',
         "networks.boom.channels", "no channel 'console'"),
        ("[channels.dispatch]", "[channels.Dispatch]", "channels.Dispatch", "the right form"),
        ("https://dispatch.example", "dispatch.example", "channels.dispatch.url", "right form"),
        ('type = "webhook"', 'typ = "webhook"', "channels.dispatch.type", "no `type`"),
        ("[[alerts]]", "[retention]\npassages_days = 366\n[[alerts]]", "retention.passages_days",
         "less than or equal to 365"),
        ("plate_px = [60, 220]", "plate_px = [220, 60]", "cameras[3] (c).plate_px",
         "the first is not below the second"),
        ("plate_px = [60, 220]", "region = [[0, 0], [1, 1]]", "cameras[3] (c).region",
         "at least 3 items"),
        ("plate_px = [60, 220]", "region = [[0, 0], [0.5, 0.5], [1, 1]]", "cameras[3] (c).region",
         "the corners enclose nothing"),
        ("plate_px = [60, 220]", "ignore = [[[0, 0], [1, 0], [1, 2]]]",
         "cameras[3] (c).ignore[1][3][2]", "less than or equal to 1"),
        ("[[alerts]]", "[zoens]\n[[alerts]]", "zoens", "no such key"),
    ],
)  # fmt: skip
def test_a_problem_names_its_key_and_what_is_wrong(
    old: str, new: str, where: str, what: str
) -> None:
    found = {problem.where: problem for problem in problems_of(with_change(old, new))}
    assert what in found[where].what
    assert found[where].remedy.endswith((".", "?"))


@pytest.mark.parametrize(
    "old, new, remedy",
    [
        ("[[alerts]]", "[camera]\n[[alerts]]", "Did you mean `cameras`?"),
        (
            "[[alerts]]",
            "[qqq]\n[[alerts]]",
            "Take it out; known here: alerts, areas, audit, cameras, ",
        ),
        ("triggered = true", "trigerred = true", "Did you mean `triggered`?"),
        ("certificate = { device", "certificate = { devise", "Did you mean `device`?"),
        ('url = "https', 'ulr = "https', "Did you mean `url`?"),
    ],
)
def test_an_unknown_key_is_told_the_nearest_known_one(old: str, new: str, remedy: str) -> None:
    unknown = [one for one in problems_of(with_change(old, new)) if "no such key" in one.what]
    assert len(unknown) == 1
    assert unknown[0].remedy.startswith(remedy)


def test_a_table_that_stands_alone_is_told_to_be_one_of_many() -> None:
    [problem] = [
        one
        for one in problems_of("[site]\nname='x'\ntimezone='UTC'\ncountry='BE'\n[cameras]\nid='a'")
        if one.where == "cameras"
    ]
    assert problem.remedy == "Write `cameras`: a [[cameras]] table for each camera."


@pytest.mark.parametrize(
    "text, where",
    [("[site]\nname = \n", "line 2"), ("[site", "end of document"), ("a = 1\na = 2\n", "line 2")],
)
def test_a_fault_in_the_toml_names_its_line(text: str, where: str) -> None:
    [problem] = problems_of(text)
    assert problem.where == where
    assert problem.what.startswith("not TOML: ")


@pytest.mark.parametrize(
    "old",
    ['token = "env:TOKEN_A"', 'secret = "env:DISPATCH_SECRET"', "[channels.dispatch]"],
)
@pytest.mark.parametrize("secret", ["'hunter2'", "['hunter2']", "{ a = 'hunter2' }", "0xdeadbee"])
def test_a_secret_written_in_the_file_is_not_repeated(old: str, secret: str) -> None:
    key, is_value, _ = old.partition(" = ")
    new = f"{key} = {secret}" if is_value else f"[channels]\ndispatch = [{secret}]\n[other]"
    told = "\n".join(str(problem) for problem in problems_of(with_change(old, new)))
    assert "hunter2" not in told
    assert str(0xDEADBEE) not in told


def test_the_message_names_the_file_and_counts_its_problems() -> None:
    with pytest.raises(SiteError, match=r"^zone\.toml: 2 problem\(s\)\n  site: it is missing"):
        parse_site("", "zone.toml")


@settings(deadline=None)
@given(st.lists(st.sampled_from(SITE_TOML.splitlines()), max_size=30).map("\n".join) | st.text())
def test_any_text_is_a_site_or_a_list_of_problems(text: str) -> None:
    with suppress(SiteError):
        parse_site(text, "zone.toml")


LINES = SITE_TOML.splitlines()
ODD = ["1", "true", "'x'", "[1]", "['x']", "[]", "{}", "{ x = 1 }", "[{}]", "nan", "2028-05-01"]


@pytest.mark.parametrize("value", ODD)
def test_an_odd_value_anywhere_is_a_site_or_a_list_of_problems(value: str) -> None:
    for number, line in enumerate(LINES):
        key, is_value, _ = line.partition(" = ")
        odd = f"{key} = {value}" if is_value else line.replace("[[", "[").replace("]]", "]")
        with suppress(SiteError):
            parse_site("\n".join([*LINES[:number], odd, *LINES[number + 1 :]]), "zone.toml")


def test_cameras_that_are_wrong_are_not_reported_as_missing_too() -> None:
    text = """
        [site]
        name = "Rupel"
        timezone = "Europe/Brussels"
        country = "BE"
        [[cameras]]
        id = "a"
        lat = 51.0
    """
    with pytest.raises(SiteError) as refused:
        parse_site(text, "site.toml")
    assert [problem.where for problem in refused.value.problems] == ["cameras[1] (a).lon"]
