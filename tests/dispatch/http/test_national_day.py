"""Two weeks around National Day, with make-up workdays: every rise and every offer at its hand-checked minute.

The timetable stands beside this file, in ``national_day.txt``, with the reason of each minute. What people do in it is
done through HTTP; what the system does is read in the ledger and must be all of it, and nothing else.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, zip_longest
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import chinese_calendar
import orjson
import pytest

from dispatch.demo.county import county
from dispatch.domain import numbers
from dispatch.domain.vocabulary import Action, Party, Urgency
from dispatch.usecases.ledger import verify

SHANGHAI = ZoneInfo("Asia/Shanghai")
YEAR = 2025
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FIRST, END = datetime(YEAR, 9, 28, 10, tzinfo=SHANGHAI), datetime(YEAR, 10, 13, 18, tzinfo=SHANGHAI)
COMPLEX = "1403"  # no category of the demo county is complex by itself, so one is made so
_LINE = re.compile(r"(\d\d-\d\d) (\d\d:\d\d(?::\d\d)?) +(\S+) +(\S+) *([^#]*?) *(?:#.*)?")
_HEAD = re.compile(r"== ([A-Z]) (\w+) (\d{4}) (\w+): .+")
_SAID: dict[str, dict[str, str]] = {
    "pause": {"reason": "等住户回家"},
    "hand_back": {"reason": "临时出差"},
    "resolve": {"answer": "已办好"},
}
"""What an action needs beside its name."""


class Line(NamedTuple):
    """One line of the timetable."""

    when: datetime
    who: str
    action: str
    words: tuple[str, ...]

    @property
    def by_people(self) -> bool:
        return self.who != "system"


@dataclass(frozen=True)
class Story:
    """What becomes of one order."""

    letter: str
    urgency: Urgency
    category: str
    place: str
    lines: tuple[Line, ...]


def _line(text: str) -> Line:
    found = _LINE.fullmatch(text)
    assert found is not None, text
    day, clock, who, action, words = found.groups()
    when = datetime.fromisoformat(f"{YEAR}-{day} {clock}").replace(tzinfo=SHANGHAI)
    return Line(when, who, action, tuple(words.split()))


def _stories() -> list[Story]:
    text = Path(__file__).with_name("national_day.txt").read_text(encoding="utf-8")
    found = []
    for block in text.split("\n\n"):
        head, *rest = block.strip().splitlines()
        if head.startswith("== "):
            read = _HEAD.fullmatch(head)
            assert read is not None, head
            letter, urgency, category, place = read.groups()
            found.append(Story(letter, Urgency(urgency), category, place, tuple(map(_line, rest))))
    return found


STORIES = _stories()
FURTHER = 20
"""So many people of sibling branches the last rung asks."""


def _staff() -> dict[str, frozenset[str]]:
    serving = [row for row in SHEETS["roles"] if row["role"] in ("member", "grid_worker", "desk_officer")]
    return {
        branch: frozenset(row["person_code"] for row in serving if row["branch_code"] == branch)
        for branch in {row["branch_code"] for row in serving}
        if len(branch) <= LOWEST
    }


SHEETS = county()
LOWEST = len("B141123105205")  # no order of the timetable is filed below a village
STAFF = _staff()
"""Who serves in each branch of the county, of a township or of a village."""
CARED_FOR = {row["code"]: row["carer_code"] for row in SHEETS["households"]}


def _skilled(category: str) -> set[str]:
    wanted = {category, category[:2]}
    return {row["code"] for row in SHEETS["people"] if wanted & set(row["skills"].split())}


def _siblings(branch: str) -> list[str]:
    """The branches of the same length of code below the same one: townships all lie below the county."""
    above = {10: "B141123", 13: branch[:10]}.get(len(branch), branch)
    return [code for code in STAFF if code.startswith(above) and len(code) == len(branch)]


class Play:
    """The people of the timetable, and the clock."""

    def __init__(self, door: Any) -> None:
        self.door = door
        self.phones = {row["code"]: row["phone"] for row in SHEETS["people"]}
        self.orders: dict[str, dict[str, Any]] = {}
        self.asked: dict[str, str] = {}
        self.today: date | None = None

    async def through(self, moments: set[datetime]) -> None:
        """Go through the timetable, sweeping at each of these moments and whenever somebody does something."""
        acts = [(line.when, story, line) for story in STORIES for line in story.lines if line.by_people]
        acts.sort(key=lambda act: act[0])  # of the same moment in the order of the timetable
        by_moment = {when: [act[1:] for act in some] for when, some in groupby(acts, key=lambda act: act[0])}
        for moment in sorted(moments | by_moment.keys()):
            if moment.date() != self.today:
                self.today = moment.date()
                self.door.tokens.clear()  # a session is over by the next day
            self.door.set_time(moment.astimezone(UTC))
            for story, line in by_moment.get(moment, ()):
                await (self.file(story, line) if line.action == "file" else self.act(story, line))
            await self.door.sweep()

    async def file(self, story: Story, line: Line) -> None:
        body: dict[str, Any] = {"category": story.category, "text": "节前节后的事"}
        if line.by_people and line.who != "resident":
            body["filed_for"] = {"household": story.place, "channel": "visit"}
        else:
            body |= {"place": {"grid": story.place}, "contact": {"phone": "10003000001"}}
        if story.urgency is Urgency.URGENT:
            body["urgency"] = story.urgency.value
        status, order = await self.door.call("POST", "/orders", who=self.phones.get(line.who), json=body)
        assert (status, order["urgency"]) == (201, story.urgency.value), order
        self.orders[story.letter] = order

    async def act(self, story: Story, line: Line) -> None:
        order, more = self.orders[story.letter], dict(_SAID.get(line.action, {}))
        if line.action == "offer":
            more["member"] = line.words[1]
        if line.action == "rate":
            more["grade"] = line.words[0]
        if line.who == "resident":
            more["code"] = order["query_code"]
        elif line.who == "asked":
            more["who"] = self.phones[await self.whom(story.letter)]
        else:
            more["who"] = self.phones[line.who]
        await self.door.act(order, line.action, **more)

    async def whom(self, letter: str) -> str:
        """The one whom the order was offered to last."""
        if letter not in self.asked:
            last = [event for event in await self.history(letter) if event["action"] == Action.OFFER][-1]
            (self.asked[letter],) = last["offered"]
        return self.asked[letter]

    async def history(self, letter: str) -> list[dict[str, Any]]:
        """What the ledger tells of an order, with codes in place of numbers."""
        rows = await self.door.service.database.fetch(
            """
            SELECT e.at, e.due_at, e.action, e.party, e.level, e.data, p.code AS actor, h.code AS holder,
                   s.code AS supervisor,
                   ARRAY(SELECT o.code FROM jsonb_array_elements_text(e.data -> 'offered') AS asked
                         JOIN people AS o ON o.id = asked::int ORDER BY o.code) AS offered
            FROM events AS e
            LEFT JOIN people AS p ON p.id = e.actor_id LEFT JOIN branches AS h ON h.id = e.branch_id
            LEFT JOIN branches AS s ON s.id = (e.data ->> 'supervisor')::int
            WHERE e.order_id = $1 ORDER BY e.version
            """,
            numbers.parse(self.orders[letter]["id"])[1],
        )
        return [{**row, "data": orjson.loads(row["data"])} for row in rows]

    def expected(self, story: Story) -> list[str]:
        """The timetable, each line with level, holder and supervisor."""
        level = holder = supervisor = ""
        found = []
        for line in story.lines:
            who, action, words = line.who, line.action, list(line.words)
            if action in ("file", "escalate", "reopen"):
                *words, level, supervisor = words
                if words in ([], ["accept"]):
                    holder = supervisor
            who = self.asked[story.letter] if who == "asked" else who
            standing = f"| {level} {holder} {supervisor}"
            for done in ("submit", "route") if action == "file" else (action,):
                doer = "system" if done == "route" else who
                found.append(" ".join((_shown(line.when), doer, done, *words, standing)))
        return found

    async def recorded(self, story: Story) -> list[str]:
        """The ledger in the same words; in an offer of which only a number is expected, the number."""
        found = []
        lines = [*story.lines[:1], *story.lines]  # filing is two events
        for event, line in zip_longest(await self.history(story.letter), lines):
            if event is None:
                break
            counted = line is not None and line.words[-1:] and line.words[-1].isdigit()
            who = "system" if event["party"] == Party.SYSTEM else event["actor"] or "resident"
            standing = f"| {event['level']} {event['holder']} {event['supervisor']}"
            when = _shown((event["due_at"] or event["at"]).astimezone(SHANGHAI))
            found.append(" ".join((when, who, event["action"], *_words(event, counted), standing)))
        return found


def _shown(when: datetime) -> str:
    return when.strftime("%m-%d %H:%M:%S.%f").removesuffix(".000000").removesuffix(":00")


def _words(event: dict[str, Any], counted: bool) -> list[str]:
    data = event["data"]
    match event["action"]:
        case Action.OFFER:
            asked = [str(len(event["offered"]))] if counted else event["offered"]
            return [data.get("kind", "hand"), *asked]
        case Action.WARN:
            return [f"{data['milestone']}_{data['percent']}"]
        case Action.ESCALATE | Action.SUPERVISE:
            return [data["missed"]]
        case Action.NOTE:
            return [data["because"]]
        case Action.RATE:
            return [data["grade"]]
        case _:
            return []


@pytest.fixture
async def play(door) -> Play:
    await door.service.database.execute("UPDATE categories SET urgency = 'complex' WHERE code = $1", COMPLEX)
    await door.service.reload()
    return Play(door)


async def test_every_rise_and_every_offer_is_at_its_hand_checked_minute(play) -> None:
    moments = {line.when for story in STORIES for line in story.lines}
    hours = {FIRST + n * HOUR for n in range((END - FIRST) // HOUR + 1)}
    await play.through(moments | {when - MINUTE for when in moments} | hours)
    for story in STORIES:
        assert await play.recorded(story) == play.expected(story), story.letter
    late = await play.door.service.database.fetch("SELECT order_id, version FROM events WHERE at <> due_at")
    assert late == [], "and nothing happened later than it was due"
    assert await _in_the_night(play) == [], "nobody is woken for what is not urgent"
    assert (await verify(play.door.service.database)).findings == []


@pytest.mark.drill
async def test_nothing_else_happens_when_the_clock_is_looked_at_every_minute(play) -> None:
    await play.through({FIRST + n * MINUTE for n in range((END - FIRST) // MINUTE + 1)})
    for story in STORIES:
        assert await play.recorded(story) == play.expected(story), story.letter
    late = await play.door.service.database.fetch(
        "SELECT order_id, version FROM events WHERE at NOT BETWEEN due_at AND due_at + interval '59 seconds'"
    )
    assert late == []


async def _in_the_night(play: Play) -> list[dict[str, Any]]:
    rows = await play.door.service.database.fetch(
        """
        SELECT x.order_id, x.send_at FROM outbox AS x JOIN orders AS o ON o.region = x.region AND o.id = x.order_id
        WHERE o.urgency IN ('general', 'complex')
          AND (x.send_at AT TIME ZONE 'Asia/Shanghai')::time NOT BETWEEN '08:00' AND '20:59:59'
        """
    )
    return [dict(row) for row in rows]


def test_the_days_of_the_timetable_are_those_of_the_published_calendar() -> None:
    days = [FIRST.date() + timedelta(days=n) for n in range((END.date() - FIRST.date()).days + 1)]
    worked = [(9, 28), (9, 29), (9, 30), (10, 9), (10, 10), (10, 11), (10, 13)]
    assert [day for day in days if chinese_calendar.is_workday(day)] == [date(YEAR, *day) for day in worked]
    assert [day.weekday() for day in (date(YEAR, 9, 28), date(YEAR, 10, 11))] == [6, 5], "two make-up days"


def test_the_timetable_is_in_order_and_within_its_time() -> None:
    for story in STORIES:
        times = [line.when for line in story.lines]
        assert times == sorted(times), story.letter
        assert times[0] >= FIRST, story.letter
        assert times[-1] <= END, story.letter
    assert {story.urgency for story in STORIES} == set(Urgency)


def test_the_people_of_the_timetable_are_counted_in_the_sheets_and_not_by_the_matching() -> None:
    for story in STORIES:
        holder = ""
        for line in story.lines:
            if line.action in ("file", "reopen") or (line.action, *line.words[:1]) == ("escalate", "accept"):
                holder = line.words[-1]
            if line.action == "offer" and line.who == "system":
                kind, *asked = line.words
                assert _counted(kind, asked, holder, story), (story.letter, line)


def _counted(kind: str, asked: list[str], holder: str, story: Story) -> bool:
    own, able = STAFF[holder], _skilled(story.category)
    if kind == "siblings":
        further = set().union(*(STAFF[code] for code in _siblings(holder))) - own
        return int(asked[0]) == len(own) + min(FURTHER, len(further))
    if asked[0].isdigit():
        return int(asked[0]) == (len(own) if kind == "pool" else 1)
    if kind == "direct" and story.place in CARED_FOR:
        return asked == [CARED_FOR[story.place]]
    if kind == "direct":
        return set(asked) == own & able
    return set(asked) <= own


def test_whoever_accepts_from_a_sibling_branch_is_asked_for_a_skill_that_few_have() -> None:
    story = next(story for story in STORIES if story.letter == "B")
    further = set().union(*(STAFF[code] for code in _siblings(f"B{story.place}"))) - STAFF[f"B{story.place}"]
    able = further & _skilled(story.category)
    assert "M0450" in able
    assert len(able) <= FURTHER
