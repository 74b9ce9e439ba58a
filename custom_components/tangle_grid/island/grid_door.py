"""The door to an island's grid: for actions, entities and forms, which never reach for the engine itself."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from homeassistant.core import callback

from ..clock import GridClock
from ..grid.device.trial import TrialReport
from ..grid.engine.engine import GridEngine
from ..grid.engine.status import MarketAccount
from ..grid.model.events import GridEvent
from ..grid.model.request import ANSWERABLE, CurtailmentRequest
from ..grid.model.world import ChargingMode, GridConfig, Reason
from ..grid.planning.plan import Run
from ..grid.requests.consequence import Consequence


class GridDoor:
    """Commands at the present time, each with all that follows from it; and what the grid knows, to be looked at.

    Args:
        engine: The grid.
        clock: Its time.
        command: Lets the events of a command take their course, and runs a pass at once.
    """

    def __init__(self, engine: GridEngine, clock: GridClock, command: Callable[[Iterable[GridEvent]], None]) -> None:
        self._engine = engine
        self._clock = clock
        self._command = command

    @property
    def requests(self) -> Mapping[str, CurtailmentRequest]:
        """Requests by id, oldest first: all that are not finished, and the newest finished ones."""
        return self._engine.requests

    @property
    def newest_requests(self) -> Sequence[CurtailmentRequest]:
        """The same, the newest first."""
        return sorted(self.requests.values(), key=lambda request: request.issued_at, reverse=True)

    @property
    def config(self) -> GridConfig:
        """The island as the grid knows it, with the policies that are in force."""
        return self._engine.config

    def account(self) -> MarketAccount:
        """Return what the rewards of this day have cost, and who earned them lately."""
        return self._engine.account(self._clock.now())

    def questions(self, device_id: str) -> Sequence[CurtailmentRequest]:
        """Return the requests that still wait for a participant's answer, or would take a late one; oldest first."""
        now = self._clock.now()
        return [
            request
            for request in self._engine.open_requests()
            if (ask := request.asks.get(device_id)) is not None
            and ask.state in ANSWERABLE
            and request.time_of(now) < request.ends_at
        ]

    def why(self, device_id: str) -> Reason:
        """Return why a participant does what it does now, see `engine.why`.

        Raises:
            GridError: The grid does not know it.
        """
        return self._engine.why(self._clock.now(), device_id)

    def ready_in_time(self, device_id: str) -> bool | None:
        """Return whether the car at a charger is ready when it leaves; None: nobody knows.

        Raises:
            GridError: The grid does not know the charger.
        """
        return self._engine.ready_in_time(self._clock.now(), device_id)

    def planned(self, device_id: str) -> Sequence[Run]:
        """Return when the plan lets a charger's car have something, soonest first; nothing: no plan for it."""
        return self._engine.planned(device_id)

    def consequence(self, *, request_id: str, device_id: str) -> Consequence:
        """Return what a participant's yes would mean now.

        Raises:
            GridError: It has no part in such a request.
        """
        return self._engine.consequence(self._clock.now(), request_id, device_id)

    def to_dict(self) -> dict[str, Any]:
        """Return what a restart would go on with, JSON-able."""
        return self._engine.to_dict()

    @callback
    def request_curtailment(
        self,
        *,
        power_w: float,
        duration_s: float,
        rate_i_per_kwh: int | None,
        feeder_id: str,
        device_ids: Sequence[str] | None,
    ) -> CurtailmentRequest:
        """Ask for a reduction now, and return the request as it stands then. See `Commands.request_curtailment`.

        Raises:
            GridError: The request was refused; nothing was changed.
        """
        request, events = self._engine.commands.request_curtailment(
            self._clock.now(),
            power_w=power_w,
            duration_s=duration_s,
            rate_i_per_kwh=rate_i_per_kwh,
            feeder_id=feeder_id,
            device_ids=device_ids,
        )
        self._command(events)
        return self.requests.get(request.request_id, request)

    @callback
    def answer(
        self,
        *,
        request_id: str,
        device_id: str,
        accept: bool,
        power_w: float | None = None,
        reason: Reason | None = None,
    ) -> None:
        """Answer for a participant. See `Commands.answer`.

        Raises:
            GridError: The answer was refused; nothing was changed.
        """
        self._command(
            self._engine.commands.answer(
                self._clock.now(),
                request_id=request_id,
                device_id=device_id,
                accept=accept,
                power_w=power_w,
                reason=reason,
            )
        )

    def trial(self, device_id: str) -> TrialReport | None:
        """Return what was seen while a charger was tried out; None: it was not since the island was started.

        Raises:
            GridError: The grid does not know it.
        """
        return self._engine.trial(device_id)

    @callback
    def begin_trial(self, device_id: str) -> None:
        """Try a charger out: its current goes down and up again, below what the control lets it have.

        Raises:
            GridError: It is no charger.
        """
        self._engine.commands.begin_trial(self._clock.now(), device_id)
        self._command(())

    @callback
    def end_trial(self, device_id: str) -> None:
        """End a trial that goes on: the charger has what the control lets it have.

        Raises:
            GridError: It is no charger.
        """
        self._engine.commands.end_trial(device_id)
        self._command(())

    @callback
    def set_charging_mode(self, device_id: str, mode: ChargingMode) -> None:
        """Choose how a charger charges. See `Commands.set_charging_mode`.

        Raises:
            GridError: It is no charger.
        """
        self._engine.commands.set_charging_mode(device_id, mode)
        self._command(())

    @callback
    def opt_out(self, *, device_id: str, request_id: str | None = None) -> None:
        """Leave one request, or all open ones. See `Commands.opt_out`.

        Raises:
            GridError: There is nothing to leave.
        """
        self._command(self._engine.commands.opt_out(self._clock.now(), device_id=device_id, request_id=request_id))

    @callback
    def cancel(self, *, request_id: str) -> None:
        """End a request. See `Commands.cancel`.

        Raises:
            GridError: There is no such open request.
        """
        self._command(self._engine.commands.cancel(self._clock.now(), request_id=request_id))

    @callback
    def set_temporary_capacity(self, *, feeder_id: str, power_w: float, duration_s: float) -> None:
        """Lower a feeder's capacity for a while. See `Commands.set_temporary_capacity`.

        Raises:
            GridError: The capacity was refused; nothing was changed.
        """
        now = self._clock.now()
        self._command(
            self._engine.commands.set_temporary_capacity(
                now, feeder_id=feeder_id, power_w=power_w, until=now + duration_s
            )
        )

    @callback
    def clear_temporary_capacity(self, *, feeder_id: str) -> None:
        """Give a feeder its own capacity back.

        Raises:
            GridError: There is no such feeder.
        """
        self._command(self._engine.commands.clear_temporary_capacity(self._clock.now(), feeder_id=feeder_id))
