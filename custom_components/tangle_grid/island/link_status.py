"""How a link is, as people are shown it."""

from collections.abc import Mapping

from homeassistant.config_entries import ConfigSubentry

from ..const import CONF_LINK_ID, SUBENTRY_HOUSE
from ..data import LinkState, LinkStatus
from ..link.core import LowerEnd, UpperEnd
from ..link.joining.errors import Problem
from ..link.joining.record import LinkRecord
from .link_ends import CarriedEnd


def status_of_house(house_id: str, carried: CarriedEnd[UpperEnd], at: float) -> LinkStatus:
    """Return how the link to a house below is, at this moment of the links' own clock."""
    return LinkStatus(
        link_id=carried.end.link_id,
        subentry_id=house_id,
        upper=True,
        state=carried.state,
        why=carried.why,
        envelope_a=carried.end.envelope_reserved_a(at),
        figures={},
    )


def status_of_upper(
    upper_id: str,
    record: LinkRecord,
    carried: CarriedEnd[LowerEnd] | None,
    refused: tuple[Problem, Mapping[str, str]] | None,
    at: float,
) -> LinkStatus:
    """Return how the link to the island above is; `refused`: why that one does not take this one, and its figures."""
    state, why, figures = LinkState.WAITING, None, {}
    if refused is not None:
        state, why, figures = LinkState.REFUSED, refused[0].value, dict(refused[1])
    elif carried is not None:
        state, why = carried.state, carried.why
    return LinkStatus(
        link_id=record.link_id,
        subentry_id=upper_id,
        upper=False,
        state=state,
        why=why,
        envelope_a=None if carried is None else carried.end.envelope_a(at),
        figures=figures,
    )


def status_without_keys(subentry: ConfigSubentry) -> LinkStatus:
    """Return how a link is whose keys are gone: it can only be joined anew."""
    return LinkStatus(
        link_id=str(subentry.data[CONF_LINK_ID]),
        subentry_id=subentry.subentry_id,
        upper=subentry.subentry_type == SUBENTRY_HOUSE,
        state=LinkState.DEAD,
        why="keys_missing",
        envelope_a=None,
        figures={},
    )
