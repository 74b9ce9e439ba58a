"""A street between two houses: it tells each of the other's cars, and hands letters on by token and stay alone."""

from types import SimpleNamespace
from typing import Any

import pytest
from homeassistant.core import HomeAssistant

from custom_components.tangle_grid.island.roaming_letters import UPPER, RoamingLetters
from custom_components.tangle_grid.link.core import LetterCame, body_of
from custom_components.tangle_grid.link.core.roaming import (
    Roamer,
    Roamers,
    StayAnswer,
    StayBill,
    StayOffer,
    mark_of,
    read_roaming,
)
from custom_components.tangle_grid.protocol import SigningKey

STREET = "a1" * 16
TOKEN = "0a" * 8
OFFER = StayOffer(stay="s", token=TOKEN, price_i=1, most_i=1, hour_i=0, flat_i=0, most_w=11_000, wh=0, seen="9" * 81)
ANSWER = StayAnswer(stay="s", accepted=True, payee="A" * 90)


class End:
    """An end that only keeps what it is given."""

    has_room = True
    session_id = "one"

    def __init__(self) -> None:
        self.posted: list[Any] = []

    def understands(self, _kind: str) -> bool:
        return True

    def recall(self, _name: str) -> None:
        self.posted.append("recalled")

    def post(self, _mono: float, _name: str, about: str, says: Any, *, keep_s: float) -> None:
        assert keep_s > 0
        self.posted.append(read_roaming(about, says))

    def take(self) -> list[Any]:
        posted, self.posted = self.posted, []
        return posted


class Street:
    """The street's letters, with houses b, c and d, and a car of the street's own."""

    def __init__(self, hass: HomeAssistant) -> None:
        self.ends = {name: End() for name in "bcd"}
        carried = {name: SimpleNamespace(end=end, pump=lambda: None) for name, end in self.ends.items()}
        self.own: list[Any] = []
        self.jobs: list[Any] = []
        links: Any = SimpleNamespace(carried=carried, upper=None, upper_island=None, listen=self._listen)
        key = SigningKey.generate()
        link: Any = SimpleNamespace(signing_key=lambda: key)
        car = SimpleNamespace(title="Van", data={"roaming": True, "ids": ["11:22"]})
        entry: Any = SimpleNamespace(subentries={"van": car}, title="Street")
        self.letters = RoamingLetters(
            hass,
            entry,
            island_id=STREET,
            links=links,
            link=link,
            vehicles={"van": None},
            do=lambda work, _name: self.jobs.append(work),
        )
        part: Any = SimpleNamespace(
            heard=lambda *said: self.own.append(said), has=lambda stay, _source: stay == "own stay"
        )
        self.letters.connect(part, part)

    def _listen(self, _kinds: Any, heard: Any) -> None:
        self.heard = heard

    def say(self, source: str, body: Any) -> None:
        self.heard(source, LetterCame(letter="l", about=body.kind, says=body_of(body), age_s=0.0))

    async def settle(self) -> None:
        self.letters.async_tell()
        jobs, self.jobs = self.jobs, []
        for job in jobs:
            await job
        self.letters.async_tell()


@pytest.fixture
async def street(hass: HomeAssistant) -> Street:
    made = Street(hass)
    made.say("b", Roamers(cars=(Roamer(token=TOKEN, mark=mark_of("04A37B", STREET)),)))
    await made.settle()
    return made


async def test_each_house_hears_of_the_cars_of_others_once(street: Street) -> None:
    van = Roamer(token=street.letters.token_of("van"), mark=mark_of("1122", STREET))
    theirs = Roamer(token=TOKEN, mark=mark_of("04A37B", STREET))
    assert street.ends["b"].take() == [Roamers(cars=(van,))]
    assert street.ends["c"].take() == street.ends["d"].take() == [Roamers(cars=(van, theirs))]
    await street.settle()
    assert not any(end.take() for end in street.ends.values())
    # Whoever starts anew hears it again; whoever changes it, too.
    street.ends["c"].session_id = "two"
    street.say("b", Roamers(cars=()))
    await street.settle()
    assert street.ends["c"].take() == street.ends["d"].take() == ["recalled", Roamers(cars=(van,))]


async def test_a_card_is_recognised_by_its_mark(street: Street) -> None:
    assert street.letters.recognise("04A37B") is None
    await street.settle()
    assert street.letters.recognise("04A37B") == (TOKEN, "b")
    assert street.letters.recognise("04A37C") is None
    await street.settle()
    assert street.letters.recognise("04A37C") is None


async def test_letters_of_a_stay_go_between_its_two_houses_and_to_nobody_else(street: Street) -> None:
    for end in street.ends.values():
        end.take()
    street.say("c", OFFER)
    assert street.ends["b"].take() == [OFFER]
    # An answer counts from the car's home alone, and goes to the host alone.
    street.say("d", ANSWER)
    assert not any(end.take() for end in street.ends.values())
    street.say("b", ANSWER)
    assert street.ends["c"].take() == [ANSWER]
    # Nobody else speaks of this stay, and no home of its own car.
    bill = StayBill(stay="s", token=TOKEN, payment="s:0:0:e", amount_i=1, wh=1, covered_wh=1, payee="A" * 90)
    for source in ("d", "b", UPPER):
        street.say(source, bill)
    street.say("c", StayOffer(**{**body_of(OFFER), "token": "0b" * 8}))
    assert not any(end.take() for end in street.ends.values())
    street.heard("c", LetterCame(letter="l", about="roam_bill", says={"stay": 7}, age_s=0.0))
    assert not any(end.take() for end in street.ends.values())


async def test_what_is_of_an_own_car_or_an_own_stay_stays_here(street: Street) -> None:
    for end in street.ends.values():
        end.take()
    own = StayOffer(**{**body_of(OFFER), "token": street.letters.token_of("van")})
    street.say("c", own)
    mine = StayAnswer(stay="own stay", accepted=False)
    street.say("b", mine)
    assert street.own == [("c", "van", own), (mine,)]
    assert not any(end.take() for end in street.ends.values())
