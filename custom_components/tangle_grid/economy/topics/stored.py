"""Writes a topic's state as JSON, and reads it back without believing it."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, astuple
from typing import Any, Final

from .errors import TopicError
from .findings import Account, Finding, FindingState, Payee, Sighting
from .places import Place
from .topic import MAX_AMOUNT_I, MAX_VALUE, is_name, is_number, is_whole

_MAX_COUNT: Final = 2**53 - 1
_MAX_TIME: Final = 1e11


def strange(what: str) -> TopicError:
    """Return the error for what cannot be read."""
    return TopicError("topic_state_invalid", {"field": what})


def read_count(value: Any, what: str) -> int:
    """Return a whole number of at least 0. Raises TopicError (topic_state_invalid)."""
    if not is_whole(value, 0, _MAX_COUNT):
        raise strange(what)
    return int(value)


def read_number(value: Any, what: str) -> float:
    """Return a number. Raises TopicError (topic_state_invalid)."""
    if not is_number(value, _MAX_TIME):
        raise strange(what)
    return value  # type: ignore[no-any-return]


def read_text(value: Any, what: str) -> str:
    """Return an id. Raises TopicError (topic_state_invalid)."""
    if not is_name(value):
        raise strange(what)
    return str(value)


class Reader:
    """Reads a stored object's fields, and says which one cannot be read."""

    def __init__(self, data: Any) -> None:
        if not isinstance(data, Mapping):
            raise strange("state")
        self._data = data

    def get(self, name: str) -> Any:
        """Return a field, or None."""
        return self._data.get(name)

    def text(self, name: str) -> str:
        """Return an id."""
        return read_text(self.get(name), name)

    def count(self, name: str) -> int:
        """Return a whole number of at least 0."""
        return read_count(self.get(name), name)

    def number(self, name: str) -> float:
        """Return a number."""
        return read_number(self.get(name), name)

    def value(self, name: str) -> float | None:
        """Return a reported number, or None."""
        value = self.get(name)
        if value is not None and not is_number(value, MAX_VALUE):
            raise strange(name)
        return value  # type: ignore[no-any-return]

    def optional_text(self, name: str) -> str | None:
        """Return a text, or None."""
        value = self.get(name)
        return None if value is None else read_text(value, name)

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self.get(name)
        if not isinstance(value, bool):
            raise strange(name)
        return value

    def place(self) -> Place:
        """Return the place."""
        match self.get("place"):
            case [latitude, longitude]:
                return Place(latitude, longitude)
        raise strange("place")

    def list[Item](self, name: str, of: Callable[[Any], Item]) -> list[Item]:
        """Return what stands in a list."""
        value = self.get(name)
        if not isinstance(value, list):
            raise strange(name)
        return [of(each) for each in value]

    def mapping[Item](self, name: str, of: Callable[[Any], Item]) -> dict[str, Item]:
        """Return what stands under names."""
        value = self.get(name)
        if not isinstance(value, Mapping):
            raise strange(name)
        return {read_text(key, name): of(each) for key, each in value.items()}


def sighting_dict(sighting: Sighting) -> dict[str, Any]:
    """Return an open report as JSON."""
    return {**asdict(sighting), "place": list(astuple(sighting.place))}


def sighting_of(data: Any) -> Sighting:
    """Read an open report. Raises TopicError."""
    read = Reader(data)
    return Sighting(
        number=read.count("number"),
        report_id=read.text("report_id"),
        reporter=read.text("reporter"),
        owner=read.text("owner"),
        place=read.place(),
        first_at=read.number("first_at"),
        last_at=read.number("last_at"),
        value=read.value("value"),
        picture=read.optional_text("picture"),
    )


def finding_dict(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON."""
    return {
        **asdict(finding),
        "state": finding.state.value,
        "place": list(astuple(finding.place)),
        "payees": [list(astuple(each)) for each in finding.payees],
    }


def _payee_of(data: Any) -> Payee:
    match data:
        case [report_id, reporter, owner]:
            return Payee(
                report_id=read_text(report_id, "payees"),
                reporter=read_text(reporter, "payees"),
                owner=read_text(owner, "payees"),
            )
    raise strange("payees")


def finding_of(data: Any) -> Finding:
    """Read a finding. Raises TopicError."""
    read = Reader(data)
    state = read.text("state")
    if state not in set(FindingState):
        raise strange("state")
    bounty_i = read.count("bounty_i")
    payees = tuple(read.list("payees", _payee_of))
    if bounty_i * len(payees) > MAX_AMOUNT_I:
        raise strange("bounty_i")
    return Finding(
        number=read.count("number"),
        finding_id=read.text("finding_id"),
        state=FindingState(state),
        place=read.place(),
        since=read.number("since"),
        until=read.number("until"),
        bounty_i=bounty_i,
        payees=payees,
        is_paid=read.flag("is_paid"),
        value=read.value("value"),
        picture=read.optional_text("picture"),
    )


def account_of(data: Any) -> Account:
    """Read how an owner's reports fared; how many are open is not stored. Raises TopicError."""
    match data:
        case [confirmed, unconfirmed, earned_i]:
            return Account(
                confirmed=read_count(confirmed, "accounts"),
                unconfirmed=read_count(unconfirmed, "accounts"),
                earned_i=read_count(earned_i, "accounts"),
            )
    raise strange("accounts")
