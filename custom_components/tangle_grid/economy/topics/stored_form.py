"""How the state of a topic is written as JSON, and read back without believing it."""

from dataclasses import asdict, astuple
from typing import Any, Final

from ..stored import Stored
from .findings import Account, Finding, FindingState, Payee, Sighting
from .places import Place
from .topic import MAX_AMOUNT_I, MAX_NAME, MAX_VALUE

MAX_COUNT: Final = 2**53 - 1
MAX_TIME: Final = 1e11


def _place_of(stored: Stored) -> Place:
    where = stored.row("place", ("latitude", "longitude"))
    return Place(where.value("latitude"), where.value("longitude"))


def sighting_dict(sighting: Sighting) -> dict[str, Any]:
    """Return an open report as JSON."""
    return {**asdict(sighting), "place": list(astuple(sighting.place))}


def sighting_of(stored: Stored) -> Sighting:
    """Read an open report. Raises StoredError, TopicError for a place that is none."""
    return Sighting(
        number=stored.whole("number", 0, MAX_COUNT),
        report_id=stored.text("report_id", MAX_NAME),
        reporter=stored.text("reporter", MAX_NAME),
        owner=stored.text("owner", MAX_NAME),
        place=_place_of(stored),
        first_at=stored.number("first_at", MAX_TIME),
        last_at=stored.number("last_at", MAX_TIME),
        value=stored.optional_number("value", MAX_VALUE),
        picture=stored.optional_text("picture", MAX_NAME),
    )


def finding_dict(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON."""
    return {
        **asdict(finding),
        "state": finding.state.value,
        "place": list(astuple(finding.place)),
        "payees": [list(astuple(each)) for each in finding.payees],
    }


def finding_of(stored: Stored) -> Finding:
    """Read a finding. Raises StoredError, TopicError for a place that is none."""
    bounty_i = stored.whole("bounty_i", 0, MAX_COUNT)
    payees = tuple(
        Payee(
            report_id=each.text("report_id", MAX_NAME),
            reporter=each.text("reporter", MAX_NAME),
            owner=each.text("owner", MAX_NAME),
        )
        for each in stored.rows("payees", ("report_id", "reporter", "owner"))
    )
    if bounty_i * len(payees) > MAX_AMOUNT_I:
        raise stored.impossible("bounty_i", bounty_i)
    return Finding(
        number=stored.whole("number", 0, MAX_COUNT),
        finding_id=stored.text("finding_id", MAX_NAME),
        state=stored.choice("state", FindingState),
        place=_place_of(stored),
        since=stored.number("since", MAX_TIME),
        until=stored.number("until", MAX_TIME),
        bounty_i=bounty_i,
        payees=payees,
        is_paid=stored.flag("is_paid"),
        value=stored.optional_number("value", MAX_VALUE),
        picture=stored.optional_text("picture", MAX_NAME),
    )


def accounts_of(stored: Stored) -> dict[str, Account]:
    """Read how owners' reports fared; how many are open is not stored. Raises StoredError."""
    rows = {owner: stored.row(owner, ("confirmed", "unconfirmed", "earned_i")) for owner in stored.names()}
    return {
        owner: Account(
            confirmed=row.whole("confirmed", 0, MAX_COUNT),
            unconfirmed=row.whole("unconfirmed", 0, MAX_COUNT),
            earned_i=row.whole("earned_i", 0, MAX_COUNT),
        )
        for owner, row in rows.items()
    }
