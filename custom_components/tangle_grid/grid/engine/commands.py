"""What people, automations and the ledger tell the grid."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ..device.household_loads import RESTORE_FOR_S
from ..device.state import DeviceState
from ..device.trial import ChargerTrial
from ..model.errors import GridError
from ..model.events import AskChanged, GridEvent, Settlement
from ..model.request import ANSWERABLE, CurtailmentRequest, RequestState
from ..model.sale import Sale
from ..model.validation import (
    checked_amps,
    checked_duration,
    checked_power,
    checked_rate,
    checked_reference,
    checked_until,
)
from ..model.world import CarConfig, ChargerConfig, ChargingMode, PolicyConfig, Reason, SolarConfig
from ..network.capacity_envelope import CapacityEnvelope, EnvelopeWatch
from ..network.feeder_watch import TemporaryCapacity
from ..requests.offers import answered_w, least_w
from .parts import EngineParts

BY_HOUSE: Final = {True: Reason(key="accepted_by_house"), False: Reason(key="declined_by_house")}
"""Why a house said yes or no: its people did, by rules that stay with them."""


class Commands:
    """Each command is checked first; one that is refused has changed nothing."""

    def __init__(self, parts: EngineParts) -> None:
        self._parts = parts

    def request_curtailment(
        self,
        now: float,
        *,
        power_w: float,
        duration_s: float,
        rate_i_per_kwh: int | None = None,
        feeder_id: str | None = None,
        device_ids: Sequence[str] | None = None,
    ) -> tuple[CurtailmentRequest, list[GridEvent]]:
        """Ask for a reduction now.

        Args:
            now: Grid time.
            power_w: How much, W over all phases.
            duration_s: For how long, s.
            rate_i_per_kwh: Reward; the present rate when None.
            feeder_id: Whose participants; the first feeder when None.
            device_ids: Ask only these, also if they have nothing to give; all that could give when None.

        Raises:
            GridError: `invalid_power`, `invalid_duration`, `invalid_rate`, `unknown_feeder`, `unknown_device`,
                `not_participating`, `feeder_blind`.
        """
        feeder = self._parts.feeder(feeder_id)
        power_w = checked_power(power_w)
        duration_s = checked_duration(duration_s)
        rate = self._parts.market.rate(feeder) if rate_i_per_kwh is None else checked_rate(rate_i_per_kwh)
        for device_id in device_ids or ():
            device = self._parts.device(device_id)
            if isinstance(device.config, SolarConfig) or not self._parts.topology.below(
                feeder.config.feeder_id, device.config
            ):
                raise GridError("not_participating", {"device_id": device_id, "request_id": ""})
        if feeder.blind:
            raise GridError("feeder_blind", {"feeder_id": feeder.config.feeder_id})
        return self._parts.market.ask_for(
            feeder, now, power_w=power_w, duration_s=duration_s, rate=rate, device_ids=device_ids
        )

    def answer(
        self,
        now: float,
        *,
        request_id: str,
        device_id: str,
        accept: bool,
        power_w: float | None = None,
        reason: Reason | None = None,
    ) -> list[GridEvent]:
        """Answer for a participant whose policy leaves it to a person.

        Args:
            now: Grid time.
            request_id: Which request.
            device_id: For whom.
            accept: Yes or no.
            power_w: Give only this much, W; what was asked for when None.
            reason: In the participant's own words or keys.

        Raises:
            GridError: `unknown_request`, `unknown_device`, `not_participating`, `request_closed`, `already_answered`,
                `invalid_power`, `power_below_loads`, `power_below_step`.
        """
        request, ask = self._parts.part(request_id, device_id)
        if request.closed or request.time_of(now) >= request.ends_at:
            raise GridError("request_closed", {"request_id": request_id})
        if ask.state not in ANSWERABLE:
            raise GridError("already_answered", {"request_id": request_id, "state": ask.state})
        if power_w is not None:
            power_w = checked_power(power_w)
            device = self._parts.device(device_id)
            least = math.ceil(least_w(device, ask.baseline_w))
            if accept and power_w < least:
                raise GridError("power_below_loads", {"power_w": f"{power_w:g}", "least_w": least})
            if accept and ask.quantity_w > 0 and answered_w(device, ask, power_w) <= 0:
                values = {"power_w": f"{power_w:g}", "least_w": math.ceil(ask.baseline_w)}
                raise GridError("power_below_step", values)
        if reason is None:
            reason = Reason(key="accepted_by_person" if accept else "declined_by_person")
        return self._parts.market.answer(request, ask, now, accept=accept, power_w=power_w, reason=reason)

    def opt_out(self, now: float, *, device_id: str, request_id: str | None = None) -> list[GridEvent]:
        """Leave one request, or all open ones, and the way back from them. What was delivered until now is settled.

        Raises:
            GridError: `unknown_device`, `unknown_request`, `request_closed`, `not_participating`.
        """
        self._parts.device(device_id)
        if request_id is not None:
            request, ask = self._parts.part(request_id, device_id)
            if request.closed:
                raise GridError("request_closed", {"request_id": request_id})
            parts = [(request, ask)]
        else:
            parts = [
                (request, request.asks[device_id])
                for request in self._parts.lifecycle.open()
                if device_id in request.asks
            ]
        parts = [(request, ask) for request, ask in parts if ask.waiting or ask.engaged]
        if not parts and not (request_id is None and self._parts.market.activation.let_back(device_id, now)):
            raise GridError("not_participating", {"device_id": device_id, "request_id": request_id or ""})
        events: list[GridEvent] = []
        for request, ask in parts:
            reason = Reason(key="ended_by_person")
            self._parts.lifecycle.end(request, ask, RequestState.OPTED_OUT, now, events, reason=reason)
            self._parts.market.after_leaving(request, now, events)
        return events

    def cancel(self, now: float, *, request_id: str) -> list[GridEvent]:
        """End a request. What was delivered until now is settled.

        Raises:
            GridError: `unknown_request`, `request_closed`.
        """
        request = self._parts.request(request_id)
        if request.closed:
            raise GridError("request_closed", {"request_id": request_id})
        events: list[GridEvent] = []
        for ask in request.asks.values():
            if ask.waiting or ask.engaged:
                reason = Reason(key="ended_cancelled")
                self._parts.lifecycle.end(request, ask, RequestState.CANCELLED, now, events, reason=reason)
        self._parts.market.close(request, events)
        return events

    def set_temporary_capacity(
        self, now: float, *, feeder_id: str | None = None, power_w: float, until: float
    ) -> list[GridEvent]:
        """Lower a feeder's capacity for a while (a grid operator's dimming order); it can never raise it.

        The order holds for the feeder's whole load. What cannot be controlled comes first; chargers and batteries
        share the rest. If that is too little, each of them may still draw up to `GridConfig.dimming_floor_w`, so the
        feeder may then carry more than `power_w`: its uncontrolled load and one floor for each device that wants
        energy. The floor is a right, not a duty: it ends where the fuse does (`capacity_a` of this feeder or of any
        other above the device), and a car whose least charging current takes more than the floor pauses. The order
        survives a restart; when it ends, devices are raised by the usual ramp.

        Args:
            now: Grid time.
            feeder_id: Which; the first feeder when None.
            power_w: W over all phases, shared equally among them.
            until: Grid time.

        Raises:
            GridError: `unknown_feeder`, `invalid_capacity`, `invalid_duration`.
        """
        feeder = self._parts.feeder(feeder_id)
        power_w = checked_power(power_w, key="invalid_capacity")
        feeder.temporary = TemporaryCapacity(power_w, checked_until(now, until))
        feeder.renew_limit(now)
        return []

    def clear_temporary_capacity(self, now: float, *, feeder_id: str | None = None) -> list[GridEvent]:
        """Give a feeder its own capacity back; nothing happens when it has it.

        Raises:
            GridError: `unknown_feeder`.
        """
        feeder = self._parts.feeder(feeder_id)
        feeder.temporary = None
        feeder.renew_limit(now)
        return []

    def set_envelope(
        self,
        now: float,
        *,
        fallback_a: Sequence[float],
        limit_a: Sequence[float] | None = None,
        until: float | None = None,
        feeder_id: str | None = None,
    ) -> list[GridEvent]:
        """Say what a feeder may carry that hangs on another island; its own fuse is never exceeded by it.

        As a fuse it is: floors of a temporary capacity end at it, and it asks nobody for help. Only what it falls back
        to survives a restart. Load that nobody controls may still exceed it: `FeederStatus` says by how much, and for
        how long.

        Args:
            now: Grid time.
            fallback_a: What holds without an envelope, A per phase.
            limit_a: The envelope, A per phase; None: there is none now.
            until: When it ends, grid time; needed with `limit_a`.
            feeder_id: Which; the first feeder when None.

        Raises:
            GridError: `unknown_feeder`, `invalid_capacity`, `invalid_duration`.
        """
        feeder = self._parts.feeder(feeder_id)
        fallback = checked_amps(fallback_a)
        if limit_a is None:
            envelope = CapacityEnvelope(fallback_a=fallback, limit_a=fallback, until=now)
        else:
            envelope = CapacityEnvelope(
                fallback_a=fallback, limit_a=checked_amps(limit_a), until=checked_until(now, until)
            )
        feeder.linked.envelope = envelope
        feeder.renew_limit(now)
        return []

    def clear_envelope(self, now: float, *, feeder_id: str | None = None) -> list[GridEvent]:
        """Let a feeder carry what its own fuse allows: it hangs on no other island any more.

        Raises:
            GridError: `unknown_feeder`.
        """
        feeder = self._parts.feeder(feeder_id)
        feeder.linked = EnvelopeWatch()
        feeder.renew_limit(now)
        return []

    def sell(self, sale: Sale | None) -> None:
        """Say what is sold to neighbours; None: nothing. It ends by itself, and with a restart."""
        self._parts.sale = sale

    def switch_on_again(self, now: float, device_id: str, loads: Sequence[str]) -> None:
        """Have loads of a household come back that are known to be off and that the stored state says nothing of.

        Raises:
            GridError: `unknown_device`.
        """
        device = self._parts.device(device_id)
        until = now + RESTORE_FOR_S
        device.loads.restoring |= {
            load: until for load in loads if load not in device.loads.shed and load not in device.loads.restoring
        }

    def mark_paid(self, now: float, *, request_id: str, device_id: str, reference: str) -> list[GridEvent]:
        """Note that the ledger has sent a reward, known there as `reference`. Saying it again changes nothing.

        Raises:
            GridError: `unknown_request`, `not_participating`, `invalid_reference`, `invalid_transition`.
        """
        return self._mark(now, request_id, device_id, RequestState.PAID, checked_reference(reference))

    def mark_confirmed(
        self, now: float, *, request_id: str, device_id: str, reference: str | None = None
    ) -> list[GridEvent]:
        """Note that the ledger has confirmed a reward. Saying it again changes nothing.

        Raises:
            GridError: `unknown_request`, `not_participating`, `invalid_reference`, `invalid_transition`.
        """
        events = self._mark(now, request_id, device_id, RequestState.PAID, checked_reference(reference or ""))
        return events + self._mark(now, request_id, device_id, RequestState.CONFIRMED, "")

    def unpaid(self) -> list[Settlement]:
        """Return rewards that are settled and not known to be paid: hand them to the ledger, again after a restart."""
        return self._parts.lifecycle.unpaid()

    def paid(self) -> list[Settlement]:
        """Return rewards that are known to be paid, of the requests that are kept.

        A ledger may have been set back since.
        """
        return self._parts.lifecycle.paid()

    def update_policy(self, device_id: str, policy: PolicyConfig) -> None:
        """Put another policy into force, from the next question on.

        Raises:
            GridError: `unknown_device`, `not_participating` (the sun is never asked).
        """
        device = self._parts.device(device_id)
        if isinstance(device.config, SolarConfig):
            raise GridError("not_participating", {"device_id": device_id, "request_id": ""})
        device.config = replace(device.config, policy=policy)
        if not isinstance(device.configured, SolarConfig):
            device.configured = replace(device.configured, policy=policy)
        self._parts.config = replace(
            self._parts.config, devices=tuple(each.configured for each in self._parts.devices.values())
        )

    def set_car(self, device_id: str, car: CarConfig) -> None:
        """Say what the car at a charger wants and how it answers, from the next step on. No current changes by it.

        Raises:
            GridError: `unknown_device`, `not_participating` (it is no charger).
        """
        device = self._charger(device_id)
        for name in ("config", "configured"):
            config = getattr(device, name)
            changed = replace(config, battery_wh=car.battery_wh, target_soc=car.target_soc, policy=car.policy)
            setattr(device, name, changed)
        device.charge.capacity_wh = car.battery_wh
        self._parts.config = replace(
            self._parts.config, devices=tuple(each.configured for each in self._parts.devices.values())
        )

    def change_car(self, device_id: str, *, left_with: float | None = None, left_at: float | None = None) -> None:
        """Forget what was heard of the car at a charger: it is another one than was thought.

        Args:
            device_id: Which charger.
            left_with: The state of charge that this car reported when it was unplugged last, percent.
            left_at: When that was, grid time.

        Raises:
            GridError: `unknown_device`, `not_participating` (it is no charger).
        """
        device = self._charger(device_id)
        device.charge.change_car(left_with=left_with, left_at=left_at)
        device.car.departure.leave()
        device.car.satisfied = False

    def limit_charger(self, device_id: str, current_a: float | None) -> None:
        """Let a charger draw no more than this, A per phase, from the next step on; None: as much as there is.

        It is not kept over a restart.

        Raises:
            GridError: `unknown_device`, `not_participating` (it is no charger).
        """
        self._charger(device_id).limit_a = current_a

    def set_charging_mode(self, device_id: str, mode: ChargingMode) -> None:
        """Choose how a charger charges, from the next step on; it is kept over a restart.

        Raises:
            GridError: `unknown_device`, `not_participating` (it is no charger).
        """
        self._charger(device_id).mode = mode

    def begin_trial(self, now: float, device_id: str) -> None:
        """Try a charger out from the next step on, see `device.trial`; one that goes on begins again.

        Raises:
            GridError: `unknown_device`, `not_participating` (it is no charger).
        """
        device = self._charger(device_id)
        config = device.config
        assert isinstance(config, ChargerConfig)  # noqa: S101  # see _charger
        device.trial = ChargerTrial(now, min_a=config.min_current_a, max_a=config.max_current_a)

    def end_trial(self, device_id: str) -> None:
        """End a trial that goes on; whoever is not tried out is left alone.

        Raises:
            GridError: `unknown_device`, `not_participating` (it is no charger).
        """
        if (trial := self._charger(device_id).trial) is not None:
            trial.stop("cancelled")

    def _charger(self, device_id: str) -> DeviceState:
        device = self._parts.device(device_id)
        if not isinstance(device.configured, ChargerConfig):
            raise GridError("not_participating", {"device_id": device_id, "request_id": ""})
        return device

    def set_planning(self, *, enabled: bool) -> None:
        """Spread charging out in advance, or not, from the next step on."""
        self._parts.config = replace(self._parts.config, planning=enabled)

    def _mark(
        self, now: float, request_id: str, device_id: str, state: RequestState, reference: str
    ) -> list[GridEvent]:
        _, ask = self._parts.part(request_id, device_id, known_device=False)
        if ask.state in {state, RequestState.CONFIRMED}:
            return []
        if ask.state is RequestState.SETTLED and not ask.unpaid:
            raise GridError("invalid_transition", {"device_id": device_id, "from": ask.state, "to": state})
        ask.move(state)
        ask.payment_reference = reference or ask.payment_reference
        if state is RequestState.PAID:
            ask.paid_at = now
        else:
            ask.confirmed_at = now
        return [AskChanged(request_id=request_id, device_id=device_id, state=state)]
