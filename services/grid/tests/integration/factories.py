"""Made-up regions, a community of four grids, and requests in it."""

from linli_contracts.events.organization.regions import RegionRegistered
from linli_devkit.contracts.examples import example_event

COMMUNITY = "110101001001"
OTHER_COMMUNITY = "110101001002"
WEST, SOUTH, SIDE = 116.40, 39.90, 0.004  # tiles of about 340 m by 440 m


def square(west, south, side=SIDE):
    ring = [
        [west, south],
        [west + side, south],
        [west + side, south + side],
        [west, south + side],
        [west, south],
    ]
    return {"type": "Polygon", "coordinates": [ring]}


def tile(number, **changes):
    """One of the four grids of the community: 1 and 2 in the south, 3 and 4 north of them."""
    row, column = divmod(number - 1, 2)
    return {
        "grid_code": f"{COMMUNITY}{number:03}",
        "name": f"东华门{number}号网格",
        "households": 300 + number,
        "geometry": square(WEST + column * SIDE, SOUTH + row * SIDE),
        **changes,
    }


def centre(number):
    row, column = divmod(number - 1, 2)
    return {"longitude": WEST + (column + 0.5) * SIDE, "latitude": SOUTH + (row + 0.5) * SIDE}


def request(**changes):
    """A resident's request in grid 1."""
    return {
        "category": "environment.bulky_waste",
        "description": "楼道里有一张旧沙发，请帮忙清走。",
        "channel": "app",
        **centre(1),
        **changes,
    }


def region(code, **data):
    level = {6: "district", 9: "subdistrict", 12: "community"}[len(code)]
    parent = code[:-3] if len(code) > 6 else None
    return example_event(
        RegionRegistered,
        **{"region_code": code, "name": "社区", "level": level, "parent_code": parent, **data},
    )


def events_of(service, schema):
    """The events of one class that a service published, oldest first."""
    return [event for event in service.published() if event.type == schema.event_type.name]
