"""Islands that share one ledger watch who signs it: each compares the milestones that it is shown with those of others.

The operator of a ledger confirms alone. What each island's node shows goes up and down the links as letters that the
islands sign themselves. While two of them disagree, or a node goes back or keeps milestones to itself, this island pays
nobody, until a person decides.
"""

import json
import math
import secrets
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers.event import async_track_time_interval

from ..bridge.link import LedgerLink
from ..bridge.options import LedgerChoice
from ..bridge.secrets import ledger_folder
from ..const import LOGGER
from ..data import WitnessStatus
from ..devices.named import StoredEntry
from ..ledger import LedgerError, SignedMilestone
from ..link.core import AGAIN_S, HEAD_KINDS, Head, Heads, LetterCame, Operator, Proof, Seen, Witness, body_of
from ..link.joining.store import LinkStore
from ..protocol import SigningKey
from .link_ends import CarriedEnd, mono
from .links import Links

LOOK_S: Final = 25.0
"""So often the own node is looked at: twice that, and how long withholding lasts to count, is below five minutes."""
_TOLD: Final = 8
"""So many houses hear what one of them was shown: what each of many tells all others would be too much to carry."""
_SAVED_EVERY_S: Final = 600.0
_UPPER: Final = "upper"
_OWN: Final = "own"

type Do = Callable[[Coroutine[Any, Any, None], str], None]


class LinkWitnesses:
    """What one island knows of the milestones of its ledger, and what follows from that.

    Attributes:
        status: What a person should know; None while nothing is watched.
    """

    def __init__(
        self,
        hass: HomeAssistant,
        entry: StoredEntry,
        *,
        island_id: str,
        store: LinkStore,
        links: Links,
        link: LedgerLink,
        do: Do,
        released: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        """Take the parts.

        Args:
            hass: Home Assistant.
            entry: The island.
            island_id: Its id.
            store: Where it is kept what was seen.
            links: The ways to others.
            link: The way to the ledger.
            do: Does something at the side.
            released: Called when payments that were held may be made again.
            changed: Called when there is something new to show.
        """
        self._hass = hass
        self._entry = entry
        self._island_id = island_id
        self._store = store
        self._links = links
        self._link = link
        self._do = do
        self._released = released
        self._changed = changed
        own = store.heads.get(_OWN, {})
        key = own.get("key")
        self._secret = key if isinstance(key, str) else secrets.token_hex(32)
        accepted = own.get("accepted")
        self._accepted = frozenset(map(str, accepted if isinstance(accepted, list) else ()))
        self._held = own.get("held") is True
        proof = own.get("proof")
        self._proof_file = proof if isinstance(proof, str) else None
        self._above = Operator.read(store.heads.get(_UPPER, {}))
        self._heads: Heads | None = None
        self._told: dict[str, float] = {}
        self._saved_at = mono()
        self._looking = False
        self.status: WitnessStatus | None = None
        links.listen(HEAD_KINDS, self._async_heard)

    @callback
    def async_start(self) -> CALLBACK_TYPE:
        """Begin to look; returns how to stop. What was held before the restart is held again. Before the ledger."""
        self._link.async_hold_payments(held=self._held)
        return async_track_time_interval(
            self._hass,
            self._async_time_to_look,
            timedelta(seconds=LOOK_S),
            name="tangle_grid witnesses",
            cancel_on_shutdown=True,
        )

    # Whose ledger it is

    def _operator(self) -> Operator | None:
        """Return whose milestones count here; None: nobody is there to compare with."""
        if LedgerChoice.from_options(self._entry.options).url is None:
            own = Operator(island=self._island_id, public_key=self._link.signing_key().public)
            return own if self._links.carried else None
        return None if self._links.upper is None else self._above

    async def _async_begin(self, operator: Operator) -> Heads:
        """Go on with what is stored of this operator, or begin anew."""
        stored = self._store.heads
        heads = Heads(operator, SigningKey.from_hex(self._secret))
        if Operator.read(stored.get("operator", {})) == operator:
            heads.witness = await self._hass.async_add_executor_job(
                Witness.from_dict, operator.island, operator.public_key, stored.get("witness", {})
            )
        else:
            # What was said of somebody else's ledger is nothing that counts here.
            self._accepted, self._proof_file = frozenset(), None
        return heads

    # Looking

    @callback
    def _async_time_to_look(self, _now: datetime) -> None:
        self._do(self.async_look(), "witnesses")

    async def async_look(self) -> None:
        """Look at what the own node shows, tell others, and judge."""
        if self._looking:
            return
        self._looking = True
        try:
            await self._async_look()
        finally:
            self._looking = False

    async def _async_look(self) -> None:
        operator = self._operator()
        if operator is None:
            self._heads = None
            self._async_judge()
            return
        heads = self._heads
        if heads is None or heads.operator != operator:
            heads = await self._async_begin(operator)
            # What came meanwhile comes again with the next milestone.
            self._heads = heads
        self._async_tell_operator(operator)
        known = heads.witness.head
        try:
            found = await self._link.ledger.tangle.milestones(
                island=operator.island, public_key=operator.public_key, down_to=0 if known is None else known.number
            )
        except LedgerError:
            return  # the ledger says what is wrong with it
        if heads is not self._heads:
            return
        seen = heads.show(mono(), [_head(each) for each in found])
        if seen is not None:
            self._async_pass_on(seen, _OWN)
        self._async_judge()
        if mono() - self._saved_at >= _SAVED_EVERY_S:
            self._async_keep()

    # Telling

    @callback
    def _async_tell_operator(self, operator: Operator) -> None:
        """Tell each house whose milestones count here; one that has heard it acknowledges, and does nothing else."""
        now = mono()
        for house_id, carried in self._links.carried.items():
            if now - self._told.get(house_id, -math.inf) < AGAIN_S:
                continue
            if _post(carried, operator, f"operator/{operator.public_key[:32]}"):
                self._told[house_id] = now

    @callback
    def _async_pass_on(self, seen: Seen, source: str) -> None:
        """Send what an island was shown up, and down to the houses that come next after it."""
        letter = f"seen/{seen.witness[:16]}/{seen.head.number}/{seen.signature[:8]}"
        if source != _UPPER and self._links.upper is not None:
            _post(self._links.upper, seen, letter)
        houses = sorted(self._links.carried)
        begin = houses.index(source) + 1 if source in self._links.carried else seen.head.number
        told = [houses[(begin + number) % len(houses)] for number in range(min(_TOLD, len(houses)))]
        for house_id in dict.fromkeys(told):
            if house_id != source:
                _post(self._links.carried[house_id], seen, letter)

    @callback
    def _async_heard(self, source: str | None, letter: LetterCame) -> None:
        """Take a letter of a house, or (None) of the island above."""
        if letter.about == Operator.kind:
            if source is None:
                self._async_take_operator(Operator.read(letter.says))
            return
        heads = self._heads
        seen = None if heads is None else heads.hear(mono(), letter.says)
        if seen is not None:
            self._async_pass_on(seen, _UPPER if source is None else source)
            self._async_judge()

    @callback
    def _async_take_operator(self, operator: Operator | None) -> None:
        if operator is None or operator == self._above:
            return
        if self._heads is not None and self._heads.operator == self._above and self._heads.witness.head is not None:
            # Whose milestones these are was seen at the node itself: nobody talks this island out of watching them.
            LOGGER.warning("The island above %s names another key of its ledger: it is not believed", self._entry.title)
            return
        self._above = operator
        self._async_keep()
        self._do(self.async_look(), "witnesses")

    # Judging

    @callback
    def _async_judge(self) -> None:
        """Hold payments while something is wrong that nobody has decided on, and say so."""
        heads = self._heads
        found = frozenset() if heads is None else frozenset(each.value for each in heads.witness.findings)
        self._accepted &= found
        held = bool(found - self._accepted)
        if held != self._held:
            self._held = held
            self._link.async_hold_payments(held=held)
            if held:
                LOGGER.warning(
                    "What %s is shown of its ledger does not agree with what others saw (%s): nothing is paid",
                    self._entry.title,
                    ", ".join(sorted(found)),
                )
            else:
                self._released()
        proof = None if heads is None else heads.witness.proof
        if heads is not None and proof is not None and self._proof_file is None:
            self._proof_file = f"fork-{proof.one.number}.json"
            self._do(self._async_hand_out(heads.operator, proof, self._proof_file), "proof of a fork")
        status = (
            None
            if heads is None
            else WitnessStatus(
                findings=found,
                held=held,
                proof=None if proof is None else self._proof_file,
                milestone=None if heads.witness.head is None else heads.witness.head.number,
                witnesses=heads.witnesses,
            )
        )
        before, self.status = self.status, status
        if (None if before is None else (before.findings, before.held)) != (
            None if status is None else (status.findings, status.held)
        ):
            self._async_keep()
            self._changed()

    async def _async_hand_out(self, operator: Operator, proof: Proof, name: str) -> None:
        """Write a proof to a file that anybody can check who knows the operator's key."""
        document = {"kind": "fork", "island": operator.island, "public_key": operator.public_key, **proof.to_dict()}
        path = ledger_folder(self._hass, self._island_id) / name
        try:
            await self._hass.async_add_executor_job(_write, path, json.dumps(document, indent=2) + "\n")
        except OSError as error:
            LOGGER.error("The proof of a fork cannot be written to %s: %s", path, error)

    @callback
    def async_pay_again(self) -> None:
        """Take a person's word that payments go on although something is wrong; what is found next holds them again."""
        if self._heads is not None:
            self._accepted = frozenset(each.value for each in self._heads.witness.findings)
            self._async_judge()

    def proof_place(self, name: str) -> str:
        """Return where a proof lies, as people find it."""
        return str(ledger_folder(self._hass, self._island_id) / name)

    # What is kept

    @callback
    def _async_keep(self) -> None:
        """Keep what was seen, before long."""
        self._saved_at = mono()
        self._store.heads = self._content()
        self._store.async_save_later(dict)

    def _content(self) -> dict[str, dict[str, Any]]:
        heads = self._heads
        content: dict[str, dict[str, Any]] = {
            _OWN: {
                "key": self._secret,
                "accepted": sorted(self._accepted),
                "held": self._held,
                "proof": self._proof_file,
            }
        }
        if self._above is not None:
            content[_UPPER] = body_of(self._above)
        if heads is not None:
            content |= {"operator": body_of(heads.operator), "witness": heads.witness.to_dict()}
        return content

    @callback
    def async_stop(self) -> None:
        """Leave what was seen to the store, which is saved when the links stop."""
        if self._heads is not None:
            self._store.heads = self._content()


def _post(carried: CarriedEnd[Any], body: Operator | Seen, letter: str) -> bool:
    """Send a letter if the other side understands it; return whether it was."""
    end = carried.end
    if not end.understands(body.kind) or not end.has_room:
        return False
    end.post(mono(), letter, body.kind, body_of(body), keep_s=AGAIN_S)
    carried.pump()
    return True


def _head(signed: SignedMilestone) -> Head:
    milestone = signed.milestone
    return Head(
        island=milestone.island,
        number=milestone.number,
        previous=milestone.previous,
        trunk=milestone.trunk,
        branch=milestone.branch,
        at=milestone.at,
        signature=signed.signature,
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
