# The rules by which a harbor charges for a visit.

from wit_world import exports
from wit_world.imports.types import Bill, Item, Services, Visit

CENTS_A_TONNE_AND_DAY = 3
SERVICES = {Services.PILOT: ("pilot", 25_000), Services.TUG: ("tug", 40_000), Services.WATER: ("fresh water", 4_500)}
LONG_STAY_DAYS = 7


class Rules(exports.Rules):
    def charge(self, visits: list[Visit]) -> list[Bill]:
        return [Bill(visit.ship, list(items(visit))) for visit in visits]


def items(visit: Visit):
    place = f"berth {visit.berth}" if visit.berth is not None else "anchorage"
    dues = visit.tonnes * visit.days * CENTS_A_TONNE_AND_DAY
    yield Item(f"{place}, {visit.days} days", dues)
    for service, (name, cents) in SERVICES.items():
        if service in visit.services:
            yield Item(name, cents)
    if visit.days > LONG_STAY_DAYS:
        yield Item("long stay", -(dues // 10))
