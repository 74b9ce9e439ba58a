"""One full cycle, watched from outside through Home Assistant's API, step by step, and told as figures.

Nothing here knows what the street should do at which moment: each step waits until it can be read, and the one that
does not come within its time is the answer.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .api import HomeAssistantApi, Json
from .errands import Errands
from .errors import DemoError
from .progress import Progress
from .states import LiveStates
from .steps import Steps, ask, diagnostics, listed, poll
from .street import DOMAIN, FLEXIBLE, Owner, Street

# Real seconds; together below six minutes.
_FIRST_READING_S: Final = 30
_LEDGER_S: Final = 45
_PEAK_S: Final = 120
_ANSWER_S: Final = 120
_FEED_BACK_S: Final = 120
#: When nobody had to feed back for so long, the operator asks for more: W for min, as long as the street itself asks.
_BY_ITSELF_S: Final = 35
_ASKED: Final[Mapping[str, object]] = {"power": 12_000, "duration": 15}
_RELIEF_S: Final = 40
_PAYMENT_S: Final = 90
_LOOK_UP_S: Final = 30
_TOTAL_S: Final = 360

_BELOW_FOR_S: Final = 3.0
_FEEDING_BACK_W: Final = -100.0
_YES: Final = frozenset(
    {"accepted", "active", "fulfilled", "opted_out", "expired", "cancelled", "settled", "paid", "confirmed"}
)
_NO: Final = "declined"
_ON_THE_WAY: Final = frozenset({"queued", "sent"})
# The entities show a changed balance at most this much later.
_STILL_S: Final = 1.5
_TRYTES: Final = frozenset("9ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_HASH_LENGTH: Final = 81


@dataclass(slots=True, kw_only=True)
class Before:
    """What there was when the watching began: with `--keep` an earlier evening has left its traces."""

    wallets_i: int
    requests: frozenset[str]
    payments: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One conductor of the feed: a fuse feels phases, not sums.

    Attributes:
        name: `L1`, `L2` or `L3`.
        entity_id: The sensor with its load.
        threshold_w: Above it the transformer asks for help.
        capacity_w: What it may carry.
    """

    name: str
    entity_id: str
    threshold_w: float
    capacity_w: float


class Witness:
    """What passes by in the states, and would be missed by looking only at the end of each step.

    Attributes:
        peaks: The highest load of each phase, W.
        peak_w: The highest load over all phases, W.
        fed_back: The strongest feed-in of each charger and battery that gave energy back, by name, W.
    """

    def __init__(self, street: Street, live: LiveStates, phases: Sequence[Phase]) -> None:
        self.peaks = {phase.name: 0.0 for phase in phases}
        self.peak_w = 0.0
        self.fed_back: dict[str, float] = {}
        self._live = live
        self._load = street.need(street.island, "load")
        self._phases = {phase.entity_id: phase.name for phase in phases}
        self._powers = {street.need(owner, "power"): owner.name for owner in street.of_kind("charger", "battery")}
        for state in tuple(live.states.values()):
            self._see(state)
        live.watch(self._see)

    def _see(self, state: Json) -> None:
        entity_id: str = state["entity_id"]
        if entity_id == self._load:
            self.peak_w = max(self.peak_w, self._live.number(entity_id) or 0.0)
            return
        phase, name = self._phases.get(entity_id), self._powers.get(entity_id)
        power = self._live.number(entity_id) if phase or name else None
        if power is None:
            return
        if phase:
            self.peaks[phase] = max(self.peaks[phase], power)
        elif name and power <= _FEEDING_BACK_W:
            self.fed_back[name] = min(self.fed_back.get(name, 0.0), power)


class Cycle:
    """The steps, in the order in which they have to come."""

    def __init__(self, api: HomeAssistantApi, street: Street, live: LiveStates, progress: Progress) -> None:
        self._api = api
        self._street = street
        self._live = live
        self._progress = progress
        self._steps = Steps(progress)
        self._errands = Errands(api, street)

    async def run(self) -> dict[str, object]:
        """Watch it all.

        Raises:
            StepError: A step did not come.
        """
        return await self._steps.within(_TOTAL_S, self._run())

    async def _run(self) -> dict[str, object]:
        step = self._steps.step
        phases = await step("first_readings", self._first_readings)
        witness = Witness(self._street, self._live, phases)
        before = await step("ledger_open", self._before)
        await step("errands", self._begin_errands)
        await step("evening_peak", lambda: self._evening_peak(phases, witness))
        await step("request", lambda: self._some_request(before))
        await step("car_accepts", lambda: self._answered(before, accepted=True))
        await step("car_declines", lambda: self._answered(before, accepted=False))
        await step("battery_feeds_back", lambda: self._fed_back("battery", witness))
        await step("car_feeds_back", lambda: self._fed_back("charger", witness))
        await step("relief", lambda: self._relief(phases))
        await step("car_leaves", self._errands.leave)
        load_after = self._live.number(self._street.need(self._street.island, "load"))
        messages = await step("meter_messages", self._meter_messages)
        payments, delta = await step("rewards", lambda: self._rewards(before))
        transactions = await step("transactions", lambda: self._transactions(payments))
        reaction = await step("reaction", self._reaction)
        errands = await step("errands_paid", self._errands_paid)
        balanced = await step("books", self._books)
        requests = await self._requests(before)
        asks = [ask for request in requests for ask in request["participants"]]
        declined = [ask for ask in asks if ask["state"] == _NO]
        return {
            "homeassistant": (await self._api.request("GET", "config"))["version"],
            "entities": self._street.total_entities,
            "peak_w": witness.peak_w,
            "threshold_w": sum(phase.threshold_w for phase in phases),
            "capacity_w": sum(phase.capacity_w for phase in phases),
            "load_after_w": load_after,
            "phases": {
                phase.name: {
                    "peak_w": witness.peaks[phase.name],
                    "threshold_w": phase.threshold_w,
                    "capacity_w": phase.capacity_w,
                }
                for phase in phases
            },
            "requests": len(requests),
            "accepted": sum(ask["state"] in _YES for ask in asks),
            "declined": len(declined),
            "rewards_i": sum(payment["amount"] for payment in payments),
            "wallet_delta_i": delta,
            "meter_messages": messages,
            "reward_transactions": transactions,
            "reaction_ms": reaction,
            "fed_back": witness.fed_back,
            **errands,
            "books_balanced": balanced,
            "decline_reasons": {ask["name"]: ask["reason"] for ask in declined},
            "elapsed_s": round(self._progress.elapsed_s, 1),
            "steps": self._steps.done,
        }

    # Steps

    async def _first_readings(self) -> list[Phase]:
        """Return the phases with their limits.

        Those are per phase in the diagnostics, and only as sums in the sensors.
        """
        feeder = next(iter((await diagnostics(self._api, self._street.entry_id))["grid"]["feeders"].values()))
        phases = [
            Phase(
                name=f"L{number}",
                entity_id=self._street.need(self._street.island, f"load_l{number}"),
                threshold_w=round(threshold, 1),
                capacity_w=round(capacity, 1),
            )
            for number, (threshold, capacity) in enumerate(
                zip(feeder["threshold_w"], feeder["capacity_w"], strict=True), start=1
            )
        ]
        await self._live.until(
            lambda: all(self._live.number(phase.entity_id) is not None for phase in phases) or None,
            _FIRST_READING_S,
            "the phases do not all show a load",
        )
        return phases

    async def _before(self) -> Before:
        """Return what is there, once nothing of an earlier evening is still on its way."""
        await self._live.until(self._wallets, _LEDGER_S, "not every wallet shows a balance")
        still: tuple[int | None, frozenset[str]] | None = None

        async def settled() -> tuple[int, frozenset[str]] | None:
            """Cars pay all the time: what counts is what is confirmed, at a moment at which nothing changes."""
            nonlocal still
            payments = await self._list("payments")
            confirmed = frozenset(payment["payment_id"] for payment in payments if payment["state"] == "confirmed")
            last, still = still, (self._wallets(), confirmed)
            rewards = await self._rewards_among(payments)
            on_the_way = any(payment["state"] in _ON_THE_WAY for payment in rewards)
            return None if on_the_way or last != still or still[0] is None else (still[0], still[1])

        total, payments = await poll(
            settled, _LEDGER_S, "payments of an earlier evening are still on their way", every_s=_STILL_S
        )
        requests = frozenset(request["request_id"] for request in await self._list("requests"))
        return Before(wallets_i=total, requests=requests, payments=payments)

    async def _evening_peak(self, phases: Sequence[Phase], witness: Witness) -> None:
        """The street as a whole above its threshold; single phases may ask for help before that."""
        threshold_w = sum(phase.threshold_w for phase in phases)
        try:
            await self._live.until(lambda: witness.peak_w > threshold_w or None, _PEAK_S, "")
        except DemoError:
            limits = ", ".join(f"{phase.name} {witness.peaks[phase.name]:.0f} W" for phase in phases)
            raise DemoError(
                f"the load came to {witness.peak_w:.0f} W, and not over its threshold of {threshold_w:.0f} W ({limits})"
            ) from None
        self._progress.say(f"the street carries {witness.peak_w:.0f} W, its threshold is {threshold_w:.0f} W")

    async def _some_request(self, before: Before) -> None:
        await poll(
            lambda: self._requests(before), _ANSWER_S, "the threshold was passed, and the transformer asked nobody"
        )

    async def _answered(self, before: Before, *, accepted: bool) -> None:
        """A car says yes, and another one no, with its reason."""
        cars = {owner.name for owner in self._street.of_kind("charger")}

        async def answers() -> list[str]:
            asks = [ask for request in await self._requests(before) for ask in request["participants"]]
            return [
                f"{ask['name']} ({ask['reason']})"
                for ask in asks
                if ask["name"] in cars and ask["reason"] and (ask["state"] in _YES if accepted else ask["state"] == _NO)
            ]

        told = await poll(answers, _ANSWER_S, f"no car {'accepted' if accepted else 'declined'} with a reason")
        self._progress.say(", ".join(dict.fromkeys(told)))

    async def _fed_back(self, kind: str, witness: Witness) -> None:
        names = {owner.name for owner in self._street.of_kind(kind)}
        missing = f"no {kind} gave energy back"
        for _ in range(_FEED_BACK_S // _BY_ITSELF_S):
            try:
                await self._live.until(lambda: names & witness.fed_back.keys() or None, _BY_ITSELF_S, missing)
            except DemoError:
                # How much a street's first request needs depends on the moment: others may have been enough.
                self._progress.say("others were enough so far: the operator asks for more by hand")
                asked = {"config_entry_id": self._street.entry_id, **_ASKED}
                with contextlib.suppress(DemoError):
                    await self._api.action(DOMAIN, "request_curtailment", asked)
            else:
                return
        await self._live.until(lambda: names & witness.fed_back.keys() or None, _BY_ITSELF_S, missing)

    async def _relief(self, phases: Sequence[Phase]) -> None:
        """Every phase below its threshold, and not only for a moment."""
        loop = asyncio.get_running_loop()
        below_since: float | None = None

        def stays_below() -> bool | None:
            nonlocal below_since
            loads = [(self._live.number(phase.entity_id), phase.threshold_w) for phase in phases]
            if not all(load is not None and load < threshold for load, threshold in loads):
                below_since = None
                return None
            below_since = loop.time() if below_since is None else below_since
            return loop.time() - below_since >= _BELOW_FOR_S or None

        await self._live.until(
            stays_below, _RELIEF_S, f"the load did not stay below the threshold for {_BELOW_FOR_S:.0f} s"
        )

    async def _reaction(self) -> float:
        """Return how fast the overload was answered."""
        entity = self._street.need(self._street.island, "reaction_time")
        return await self._live.until(
            lambda: self._live.number(entity), _LOOK_UP_S, f"{entity} shows no reaction to an overload"
        )

    async def _meter_messages(self) -> int:
        async def verified() -> list[Json]:
            messages = await self._list("messages", kind="meter")
            return [message for message in messages if message["verified"] and message["transaction"]]

        return len(await poll(verified, _LOOK_UP_S, "no verified meter reading can be read back"))

    async def _rewards(self, before: Before) -> tuple[Sequence[Json], int]:
        """Payments that are all confirmed, and wallets that show exactly them."""
        seen = ""

        async def settled() -> tuple[Sequence[Json], int] | None:
            nonlocal seen
            payments = await self._payments(before)
            rewards = await self._rewards_among(payments)
            moved = sum(self._moves_i(payment) for payment in payments if payment["state"] == "confirmed")
            delta = (self._wallets() or 0) - before.wallets_i
            states = [payment["state"] for payment in rewards]
            seen = f"payments {states}, confirmed {moved:+d} i, wallets {delta:+d} i"
            if not rewards or set(states) != {"confirmed"} or moved != delta:
                return None
            # What cars pay meanwhile is as much in the wallets: without it, they show what the rewards brought.
            others = moved - sum(self._moves_i(payment) for payment in rewards)
            return rewards, delta - others

        try:
            return await poll(settled, _PAYMENT_S, "not paid")
        except DemoError:
            raise DemoError(f"the rewards do not stand in the wallets: {seen}") from None

    async def _transactions(self, payments: Sequence[Json]) -> list[str]:
        """Return the hash of every payment, each looked up on the Tangle and found confirmed."""
        hashes = []
        for payment in payments:
            tail = payment["transaction"]
            if not isinstance(tail, str) or len(tail) != _HASH_LENGTH or not _TRYTES.issuperset(tail):
                raise DemoError(f"the payment {payment['payment_id']} has no transaction hash: {tail}")
            found = await self._ask("transaction", transaction=tail)
            if not found["confirmed"]:
                raise DemoError(f"the transaction {tail} of {payment['payment_id']} is not confirmed")
            hashes.append(tail)
        return hashes

    async def _begin_errands(self) -> None:
        """Wait until cars and topics have something to spend."""

        async def funded() -> bool:
            return self._errands.are_funded(await self._list("payments"))

        await poll(funded, _LEDGER_S, "the cars have no tokens to begin with")
        await self._errands.begin()

    async def _errands_paid(self) -> Json:
        """Cars have paid for energy, parking and the toll, and two of them were paid for what they saw."""

        async def paid() -> Json | None:
            return self._errands.outcome(await self._list("payments"))

        return await poll(paid, _PAYMENT_S, "not all that cars owe or earn is paid")

    async def _books(self) -> bool:
        """Everybody's statement closes with what the wallet holds."""

        async def balanced() -> bool | None:
            names = {owner.key: owner.name for owner in (*self._owners, *self._street.services)}
            wallets = (await diagnostics(self._api, self._street.entry_id))["ledger"]["wallets"]
            return await self._errands.books_balanced(
                {names[key]: wallet["balance_i"] for key, wallet in wallets.items() if key in names}
            )

        return await poll(balanced, _PAYMENT_S, "the statements do not close with what the wallets hold")

    # Reading

    @property
    def _owners(self) -> tuple[Owner, ...]:
        return (*self._street.of_kind(*FLEXIBLE), *self._street.vehicles)

    async def _rewards_among(self, payments: Sequence[Json]) -> list[Json]:
        """Return those that pay for a part of a request."""
        requests = {request["request_id"] for request in await self._list("requests")}
        return [payment for payment in payments if payment["payment_id"].partition(":")[0] in requests]

    def _moves_i(self, payment: Json) -> int:
        """Return what a payment brings to the wallets that are watched."""
        names = {owner.name for owner in self._owners}
        amount: int = payment["amount"]
        return amount * ((payment["target"] in names) - (payment["source"] in names))

    def _wallets(self) -> int | None:
        balances = [self._live.number(self._street.need(owner, "wallet_balance")) for owner in self._owners]
        known = [round(balance) for balance in balances if balance is not None]
        return sum(known) if len(known) == len(balances) else None

    async def _requests(self, before: Before) -> list[Json]:
        return [item for item in await self._list("requests") if item["request_id"] not in before.requests]

    async def _payments(self, before: Before) -> list[Json]:
        return [item for item in await self._list("payments") if item["payment_id"] not in before.payments]

    async def _list(self, what: str, **fields: object) -> list[Json]:
        return await listed(self._api, self._street.entry_id, what, **fields)

    async def _ask(self, what: str, **fields: object) -> Json:
        return await ask(self._api, self._street.entry_id, what, **fields)


async def full_cycle(api: HomeAssistantApi, street: Street, progress: Progress) -> dict[str, object]:
    """Watch one full cycle of the street.

    Raises:
        StepError: A step did not come; it names the step.
    """
    live = await LiveStates.follow(api)
    return await Cycle(api, street, live, progress).run()
