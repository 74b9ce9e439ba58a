"""What is paid for carrying an island while its cable is dead: energy that was given, at a rate that was stated.

Each outage has one account. Energy is added up exactly, in watt seconds, and each participant is paid once for the
whole of it, when the outage is over.
"""

from collections.abc import Mapping
from typing import Any, Final, Self

from .effects import BookEntry, Effect, Kind, Transfer

_WS_PER_WH: Final = 3_600
#: Nobody gives more than this in one outage, Wh: what is stored beyond it is damaged.
_MOST_WS: Final = 10**15


class CarriedEnergy:
    """What everybody gave in one outage.

    Attributes:
        outage_id: Names the outage for ever.
    """

    def __init__(self, outage_id: str, given_ws: Mapping[str, int] | None = None) -> None:
        self.outage_id = outage_id
        self._given_ws = dict(given_ws or {})

    @property
    def given_wh(self) -> Mapping[str, int]:
        """What each participant gave, whole Wh."""
        return {who: watt_seconds // _WS_PER_WH for who, watt_seconds in self._given_ws.items()}

    def add(self, who: str, power_w: float, seconds: float) -> None:
        """Add what a participant gave: `power_w` W for so many seconds; nothing where it took energy."""
        if power_w > 0 and seconds > 0:
            self._given_ws[who] = self._given_ws.get(who, 0) + round(power_w * seconds)

    def effects(self, payer: str, rate_i_per_kwh: int, at: float) -> tuple[Effect, ...]:
        """Return what is paid and written down for all of it, each payment once whenever this is asked.

        Args:
            payer: Who pays: the operator.
            rate_i_per_kwh: What a kWh is worth, i.
            at: When the outage was over, epoch seconds.
        """
        effects: list[Effect] = []
        for who, energy_wh in sorted(self.given_wh.items()):
            amount_i = energy_wh * rate_i_per_kwh // 1_000
            if amount_i <= 0:
                continue
            payment_id = f"outage/{self.outage_id}/{who}"
            effects.append(Transfer(payment_id=payment_id, source=payer, target=who, amount_i=amount_i))
            for participant, other, moved_i, out in ((who, payer, amount_i, energy_wh), (payer, who, -amount_i, 0)):
                effects.append(
                    BookEntry(
                        entry_id=f"{payment_id}/{participant}",
                        participant=participant,
                        at=at,
                        kind=Kind.REWARD,
                        reference=f"outage/{self.outage_id}",
                        amount_i=moved_i,
                        wh_out=out,
                        counterparty=other,
                        payment_id=payment_id,
                        details={"energy_wh": energy_wh, "rate_i_per_kwh": rate_i_per_kwh},
                    )
                )
        return tuple(effects)

    def to_dict(self) -> dict[str, Any]:
        """Return what is stored, JSON-able."""
        return {"given_ws": dict(self._given_ws)}

    @classmethod
    def from_dict(cls, outage_id: str, stored: Mapping[str, Any]) -> Self:
        """Go on from what `to_dict` gave.

        Raises:
            ValueError: it is something else.
        """
        given = stored.get("given_ws")
        if not isinstance(given, Mapping) or not all(map(_is_energy, given.values())):
            raise ValueError("given_ws")
        return cls(outage_id, {str(who): each for who, each in given.items()})


def _is_energy(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_WS
