"""The made-up requests of the sample district, and the plan of what becomes of each."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from linli_contracts.service_catalogue import ServiceItem
from linli_kernel.gcj02 import to_gcj02

from linli_devkit.sample.layout import Layout
from linli_devkit.sample.tiling import Point

COLUMNS = (
    "key",
    "category",
    "description",
    "longitude",
    "latitude",
    "coordinate_system",
    "channel",
    "contact_name",
    "contact_phone",
    "consent",
    "groups",
    "on_arrival",
    "reason",
    "original",
    "provider",
    "check",
    "rating_answered",
    "rating_solved",
    "rating_satisfaction",
)
FRESH_REQUESTS = 288
REPEATED_REQUESTS = 14
LEAST_PER_CATEGORY = 4
CHANNELS = {
    "wechat": 32,
    "app": 20,
    "hotline": 20,
    "web": 9,
    "in_person": 9,
    "patrol": 14,
    "open311": 3,
}
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
REJECTED_AS = ("not_a_request", "false_report", "no_consent", "repeated")
FLAWS = ("gcj02",) * 18 + ("unmarked",) * 2 + ("outside",) * 4 + ("unplaced",) * 3
BEYOND = ((116.4060, 39.9385), (116.4195, 39.9500), (116.4305, 39.9408), (116.4150, 39.9310))
"""Places 100 to 400 m beyond the edges of the made-up area."""

Row = dict[str, Any]


@dataclass
class Story:
    """What the rows are made from: templates, services, map, and what may be declined once."""

    templates: dict[str, Any]
    services: dict[str, ServiceItem]
    layout: Layout
    offered_twice: set[str]
    rng: random.Random
    care: dict[str, float] = field(default_factory=dict)
    """By community, the likelihood that work passes its check, so that scorecards differ."""
    contacts: int = 0


def requests(story: Story) -> list[Row]:
    """All rows in the order in which they come in; a repeated one comes after its original."""
    rng = story.rng
    story.care = {code: rng.uniform(0.72, 0.97) for code in story.layout.communities.values()}
    categories = _categories(story)
    flaws = [*FLAWS, *[""] * (FRESH_REQUESTS - len(FLAWS))]
    rng.shuffle(flaws)
    rows = [_lead(story)] + [
        _fresh(story, category, flaw) for category, flaw in zip(categories, flaws, strict=True)
    ]
    for number, row in enumerate(rows):
        row["_number"] = number
    sound = [row for row in rows if row["on_arrival"] == "verify" and not row["_flaw"]]
    rows += [_repeated(story, original) for original in rng.sample(sound, REPEATED_REQUESTS)]
    rows.sort(key=lambda row: row["_number"])
    keys = {row["_number"]: f"sample-{place:04d}" for place, row in enumerate(rows, start=1)}
    return [_finished(row, keys) for row in rows]


def _lead(story: Story) -> Row:
    """The first request goes through the whole flow: the one that the demonstration shows."""
    grid = story.layout.grids[len(story.layout.grids) // 2]
    row: Row = {
        "category": "elder_care.meal_delivery",
        "channel": "wechat",
        "groups": "older",
        "_flaw": "lead",
    }
    row |= {
        "description": "我母亲八十六岁，一个人住在青槐胡同12号，做不了饭了，"
        "想申请中午的助餐送餐，要软一些的饭菜。"
    }
    row |= {"_original": None, "_point": story.layout.lattice.centre(grid.cells[0])}
    row |= {"contact_name": "沈女士", "contact_phone": "13900000000", "consent": "true"}
    row |= {"on_arrival": "verify", "reason": "", "provider": "accept", "check": "pass"}
    row |= {"rating_answered": "true", "rating_solved": "true", "rating_satisfaction": "5"}
    return row | _place(row["_point"], "", story.rng)


def _finished(row: Row, keys: dict[float, str]) -> Row:
    row |= {"key": keys[row["_number"]], "original": keys.get(row["_original"], "")}
    return {column: row[column] for column in COLUMNS}


def _categories(story: Story) -> list[str]:
    weights = {code: entry["weight"] for code, entry in story.templates["categories"].items()}
    chosen = [code for code in weights for _ in range(LEAST_PER_CATEGORY)]
    chosen += story.rng.choices(
        list(weights), list(weights.values()), k=FRESH_REQUESTS - len(chosen)
    )
    story.rng.shuffle(chosen)
    return chosen


def _fresh(story: Story, category: str, flaw: str) -> Row:
    rng = story.rng
    grid = rng.choice(story.layout.grids)
    point = story.layout.point_in(rng.choice(grid.cells), rng)
    channel = _channel(category, rng)
    row: Row = {
        "category": category,
        "channel": channel,
        "_flaw": flaw,
        "_original": None,
        "_point": point,
    }
    row |= {"description": _words(story, category), "groups": _groups(story, category)}
    row |= _place(point, flaw, rng) | _contact(story, channel)
    return row | _plan(story, row, story.care[grid.community])


def _channel(category: str, rng: random.Random) -> str:
    channel = rng.choices(list(CHANNELS), list(CHANNELS.values()))[0]
    seen_from_the_street = category.startswith(
        ("environment.", "public_safety.", "utilities.streetlight")
    )
    return channel if seen_from_the_street or channel != "patrol" else "in_person"


def _repeated(story: Story, original: Row) -> Row:
    """Another report of the same matter: other words, a place within 25 m, another way in."""
    rng = story.rng
    longitude, latitude = original["_point"]
    point = (
        round(longitude + rng.uniform(-0.0002, 0.0002), 6),
        round(latitude + rng.uniform(-0.00015, 0.00015), 6),
    )
    channel = rng.choice(["wechat", "hotline", "app"])
    row: Row = {
        "category": original["category"],
        "channel": channel,
        "_flaw": "",
        "_point": point,
        "groups": "",
    }
    row |= {"description": _words(story, original["category"]), "_original": original["_number"]}
    row |= {"_number": original["_number"] + rng.randint(1, 9) + rng.random()}
    return row | _place(point, "", rng) | _contact(story, channel) | _nothing_more("link")


def _words(story: Story, category: str) -> str:
    rng, words = story.rng, story.templates
    text: str = rng.choice(words["categories"][category]["texts"])
    place = f"{rng.choice(words['lanes'])}{rng.randint(1, 98)}号"
    if rng.random() < 0.4:
        place += f"院{rng.randint(1, 6)}号楼"
    numbers = {
        "floor": rng.choice("二三四五六"),
        "days": rng.choice(["三", "四", "五", "七", "十"]),
    }
    return text.format(
        place=place, when=rng.choice(words["when"]), who=rng.choice(words["who"]), **numbers
    )


def _groups(story: Story, category: str) -> str:
    groups = story.services[category].priority_for
    return story.rng.choice(groups) if groups and story.rng.random() < 0.55 else ""


def _place(point: Point, flaw: str, rng: random.Random) -> Row:
    if flaw == "unplaced":
        return {"longitude": "", "latitude": "", "coordinate_system": ""}
    if flaw == "outside":
        point = rng.choice(BEYOND)
    if flaw == "unmarked":  # near the eastern edge, so that the shift carries it out of every grid
        point = (116.4268, round(rng.uniform(39.936, 39.944), 6))
    shown = to_gcj02(*point) if flaw in ("gcj02", "unmarked") else point
    return {
        "longitude": f"{shown[0]:.6f}",
        "latitude": f"{shown[1]:.6f}",
        "coordinate_system": "gcj02" if flaw == "gcj02" else "wgs84",
    }


def _contact(story: Story, channel: str) -> Row:
    rng = story.rng
    if channel == "patrol" or rng.random() < 0.5:
        return {"contact_name": "", "contact_phone": "", "consent": "false"}
    story.contacts += 1
    name = rng.choice(SURNAMES) + rng.choice(["先生", "女士"])
    return {
        "contact_name": name,
        "contact_phone": f"1390000{story.contacts:04d}",
        "consent": "true",
    }


def _plan(story: Story, row: Row, care: float) -> Row:
    rng = story.rng
    arrival = rng.choices(["verify", "resolve_on_spot", "reject"], [86, 9, 5])[0]
    if arrival == "reject":
        reason = "outside_the_district" if row["_flaw"] == "outside" else rng.choice(REJECTED_AS)
        return _nothing_more("reject", reason)
    if arrival == "resolve_on_spot" and not row["_flaw"]:
        return _nothing_more("resolve_on_spot")
    replies = ["accept", "decline_once", "return_once"]
    provider = (
        rng.choices(replies, [86, 10, 4])[0] if row["category"] in story.offered_twice else "accept"
    )
    check = "pass" if rng.random() < care else "rework_once"
    rating = (
        _rating(rng, care if check == "pass" else care - 0.25)
        if row["channel"] != "patrol"
        else NO_RATING
    )
    return {"on_arrival": "verify", "reason": "", "provider": provider, "check": check} | rating


NO_RATING = {"rating_answered": "", "rating_solved": "", "rating_satisfaction": ""}


def _nothing_more(arrival: str, reason: str = "") -> Row:
    return {"on_arrival": arrival, "reason": reason, "provider": "", "check": ""} | NO_RATING


def _rating(rng: random.Random, care: float) -> Row:
    if rng.random() < 0.28:
        return NO_RATING
    solved = rng.random() < care
    stars = rng.choice([5, 5, 4, 4, 3]) if solved else rng.choice([1, 2, 2, 3])
    return {
        "rating_answered": "true" if solved or rng.random() < 0.7 else "false",
        "rating_solved": "true" if solved else "false",
        "rating_satisfaction": str(stars) if rng.random() < 0.92 else "",
    }
