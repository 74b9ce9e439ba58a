"""A house, or an island above, that becomes a subentry: what it is called, and asking with a code."""

from dataclasses import dataclass

from homeassistant.core import HomeAssistant

from ..devices.named import StoredEntry
from ..link.core import LinkKeys
from ..link.joining.asking import async_ask
from ..link.joining.code import JoinCode
from ..link.joining.messages import Answered
from ..link.joining.record import LinkRecord
from .links import Links


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """An island that was asked: it becomes a subentry. `name` is what it calls itself."""

    link_id: str
    name: str


async def async_prepare_joining(
    hass: HomeAssistant, links: Links, island_id: str, code: JoinCode, *, single_total: bool
) -> Joining:
    """Ask an island with a code, and keep the keys; its answer may still be to come.

    Raises:
        JoinError: It is refused, or cannot be reached. Nothing was changed.
    """
    keys, terms = LinkKeys.generate(), links.room.terms(single_total=single_total)
    answer = await async_ask(hass, code, island_id=island_id, keys=keys, terms=terms)
    await links.async_keep(
        LinkRecord(
            link_id=code.code_id,
            upper=False,
            code=code,
            own=keys,
            peer=answer.public if answer.says is Answered.APPROVED else None,
            peer_island=code.island_id,
            terms=terms,
            above=answer.above,
        )
    )
    return Joining(link_id=code.code_id, name=answer.name or code.island_id[:8])


def house_name_problem(entry: StoredEntry, name: str, own: str | None = None) -> str | None:
    """Return the key of what is wrong with the name of a house; None: nothing."""
    if not name:
        return "name_missing"
    taken = {each.title.casefold() for subentry_id, each in entry.subentries.items() if subentry_id != own}
    return "name_taken" if name.casefold() in taken else None
