"""The key registry: only those send whom the island announced, and anybody can tell who they are."""

import hmac
import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.protocol import (
    PARTICIPANT,
    Envelope,
    KeyNotice,
    KeyRegistry,
    ProtocolError,
    Receiver,
    Rejection,
    Signer,
    SigningKey,
    member_key,
    read_notice,
    to_body,
)

SECRET = "07" * 32
ROOT = SigningKey.from_hex(SECRET)
ISLAND = "isle"
NOW = 1_000.0


def key(participant: str = "car", epoch: int = 1) -> SigningKey:
    return member_key(SECRET, ISLAND, participant, epoch)


def notice(participant: str = "car", epoch: int = 1, *, ends: int | None = None, **changed: Any) -> dict[str, Any]:
    """Announce the key of this epoch; `ends` is the last number of the one before."""
    return to_body(
        KeyNotice(
            participant=participant,
            role=PARTICIPANT,
            epoch=epoch,
            public_key=key(participant, epoch).public,
            revokes=key(participant, epoch - 1).public if epoch > 1 else None,
            last_sequence=ends,
            valid_from=NOW,
        )
    ) | dict(changed)


def end(participant: str, epoch: int, last: int) -> dict[str, Any]:
    return notice(participant, epoch, public_key=None, revokes=key(participant, epoch).public, last_sequence=last)


class Island:
    """Signs what the island and its members say."""

    def __init__(self) -> None:
        self._signers: dict[str, Signer] = {}
        self._count = 0

    def say(
        self, kind: str, body: dict[str, Any], by: SigningKey = ROOT, *, at: float = NOW, island: str = ISLAND
    ) -> Envelope:
        signer = self._signers.setdefault(by.public + island, Signer(by, island))
        self._count += 1
        return signer.seal(kind, f"m{self._count}", body, issued_at=at, expires_at=at + 60)

    def announce(self, **fields: Any) -> Envelope:
        return self.say("key", notice(**fields))


def refusal(by: Receiver, envelope: Envelope, now: float = NOW) -> Rejection:
    with pytest.raises(ProtocolError) as caught:
        by.accept(envelope, now)
    return caught.value.key


def test_each_key_is_its_own() -> None:
    publics = {
        ROOT.public,
        *(
            member_key(secret, island, participant, epoch).public
            for secret in (SECRET, "08" * 32)
            for island in (ISLAND, "other")
            for participant in ("car", "ca", "car1", "home")
            for epoch in (1, 2, 11)
        ),
    }
    assert len(publics) == 49
    assert key().public == member_key(SECRET, ISLAND, "car", 1).public


def test_derived_keys_are_those_of_rfc_5869() -> None:
    """A key that came out differently after an update would be a stranger's: here it is computed by hand."""
    secret = hmac.digest(b"tangle_grid keys, version 1", bytes.fromhex(SECRET), "sha256")
    derived = hmac.digest(secret, b'["member","isle","car",1]\x01', "sha256")
    assert SigningKey.from_hex(derived.hex()).public == key().public


def test_a_member_is_let_in_once_it_is_announced() -> None:
    island, door = Island(), Receiver.of_registry(KeyRegistry(ISLAND, ROOT.public))
    early = island.say("answer", {"participant": "car"}, key())
    assert refusal(door, early) is Rejection.UNKNOWN_SENDER
    announced = island.announce()
    door.accept(announced, NOW)
    door.accept(early, NOW)
    door.accept(island.say("answer", {"participant": "car"}, key()), NOW)
    assert refusal(door, early) is Rejection.REPLAYED
    assert refusal(door, announced) is Rejection.REPLAYED
    assert refusal(door, island.say("answer", {}, key("home"))) is Rejection.UNKNOWN_SENDER
    assert refusal(door, island.say("answer", {}, key(), island="other")) is Rejection.WRONG_ISLAND


def test_each_refusal_of_a_member_has_its_reason() -> None:
    island, door = Island(), Receiver.of_registry(KeyRegistry(ISLAND, ROOT.public))
    door.accept(island.announce(), NOW)
    assert refusal(door, island.say("request", {}, key())) is Rejection.NOT_ALLOWED
    assert refusal(door, island.say("key", notice("home"), key())) is Rejection.NOT_ALLOWED
    assert refusal(door, island.say("answer", {}, key(), at=NOW - 1)) is Rejection.KEY_NOT_YET_VALID
    forged = replace(island.say("answer", {}, key()), signature="00" * 64)
    assert refusal(door, forged) is Rejection.BAD_SIGNATURE
    assert refusal(door, replace(forged, kind="request")) is Rejection.BAD_SIGNATURE
    before = door.states
    assert refusal(door, island.say("key", {"participant": "home"})) is Rejection.INVALID_BODY
    assert refusal(door, island.say("key", notice("home", public_key=key().public))) is Rejection.KEY_CONFLICT
    assert door.states == before
    assert key().public not in before


def test_a_key_that_was_replaced_says_nothing_new() -> None:
    island, registry = Island(), KeyRegistry(ISLAND, ROOT.public)
    door = Receiver.of_registry(registry)
    door.accept(island.announce(), NOW)
    first = island.say("answer", {}, key())
    door.accept(first, NOW)
    stolen = island.say("answer", {}, key())
    door.accept(island.say("key", notice(epoch=2, ends=1)), NOW)
    assert refusal(door, stolen) is Rejection.REVOKED_KEY
    door.accept(island.say("answer", {}, key(epoch=2)), NOW)
    # What it said before stands.
    assert registry.why_rejected(first) is None
    assert registry.why_rejected(stolen) is Rejection.REVOKED_KEY
    door.accept(island.say("key", end("car", 2, 1)), NOW)
    assert refusal(door, island.say("answer", {}, key(epoch=2))) is Rejection.REVOKED_KEY
    assert registry.current("car") is None
    door.accept(island.say("key", notice(epoch=3, ends=1)), NOW)
    assert (member := registry.current("car")) is not None
    assert (member.epoch, member.public_key) == (3, key(epoch=3).public)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"role": "owner"}, "role"),
        ({"epoch": 0}, "epoch"),
        ({"epoch": True}, "epoch"),
        ({"public_key": None}, "public_key"),
        ({"public_key": "AB" * 32}, "public_key"),
        ({"public_key": "ab" * 31}, "public_key"),
        ({"epoch": 2, "revokes": None}, "revokes"),
        ({"revokes": "ab" * 32, "last_sequence": 1}, "revokes"),
        ({"epoch": 2, "revokes": "ab" * 32, "public_key": "ab" * 32, "last_sequence": 1}, "revokes"),
        ({"epoch": 2, "revokes": "ab" * 32}, "last_sequence"),
        ({"last_sequence": 1}, "last_sequence"),
        ({"epoch": 2, "revokes": "ab" * 32, "last_sequence": -1}, "last_sequence"),
        ({"valid_from": float("inf")}, "valid_from"),
        ({"participant": ""}, "participant"),
    ],
)
def test_a_notice_that_cannot_be_is_refused(changed: dict[str, Any], field: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        read_notice(notice(**changed))
    assert (caught.value.key, caught.value.placeholders["field"]) == (Rejection.INVALID_BODY, field)


@pytest.mark.parametrize(
    "contradiction",
    [
        notice("home", public_key=key().public),
        notice(public_key=key("home").public),
        notice(valid_from=NOW + 1),
        notice("home", public_key=ROOT.public),
        notice(epoch=2, ends=4, revokes=ROOT.public),
        notice(epoch=2, ends=4, revokes=key("home").public),
        notice("home", 2, ends=4, revokes=key().public),
        end("car", 2, 4) | {"revokes": key().public},
    ],
)
def test_a_notice_that_contradicts_changes_nothing(contradiction: dict[str, Any]) -> None:
    registry = KeyRegistry(ISLAND, ROOT.public)
    registry.enter(read_notice(notice()))
    before = registry.members
    with pytest.raises(ProtocolError) as caught:
        registry.enter(read_notice(contradiction))
    assert caught.value.key is Rejection.KEY_CONFLICT
    assert registry.members == before
    registry.enter(read_notice(notice()))
    assert registry.members == before


def test_an_end_does_not_move() -> None:
    registry = KeyRegistry(ISLAND, ROOT.public)
    for body in (notice(), end("car", 1, 4), end("car", 1, 4)):
        registry.enter(read_notice(body))
    with pytest.raises(ProtocolError) as caught:
        registry.enter(read_notice(end("car", 1, 9)))
    assert caught.value.key is Rejection.KEY_CONFLICT
    assert registry.members[key().public].last_sequence == 4
    registry.enter(read_notice(notice()))
    assert registry.current("car") is None


def test_only_the_island_announces() -> None:
    island, registry = Island(), KeyRegistry(ISLAND, ROOT.public)
    stranger = SigningKey.generate()
    genuine = island.announce()
    for envelope, reason in (
        (island.say("key", notice(), stranger), Rejection.UNKNOWN_SENDER),
        (island.say("key", notice(), island="other"), Rejection.WRONG_ISLAND),
        (island.say("answer", notice()), Rejection.INVALID_BODY),
        (replace(genuine, body=notice("home")), Rejection.BAD_SIGNATURE),
        (replace(genuine, signature="00" * 64), Rejection.BAD_SIGNATURE),
        (island.say("key", {"participant": "car"}), Rejection.INVALID_BODY),
    ):
        with pytest.raises(ProtocolError) as caught:
            registry.apply(envelope)
        assert caught.value.key is reason
        assert not registry.members
    registry.apply(genuine)
    assert registry.owner(key().public) == "car"
    assert registry.owner(ROOT.public) is None


def test_a_member_speaks_for_itself_only() -> None:
    registry = KeyRegistry(ISLAND, ROOT.public)
    registry.enter(read_notice(notice()))
    island = Island()
    assert registry.speaks_for_itself(island.say("answer", {}, key()), {"participant": "car"})
    assert not registry.speaks_for_itself(island.say("answer", {}, key()), {"participant": "home"})
    assert registry.speaks_for_itself(island.say("data", {}, key()), {"topic": "x"})
    assert registry.speaks_for_itself(island.say("request", {}), {"participant": "home"})


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["car", "home", "sun"]), st.sampled_from(["renew", "revoke", "speak", "speak"])),
    max_size=20,
)


@given(ACTIONS, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_anybody_rebuilds_the_same_registry(actions: list[tuple[str, str]], chance: random.Random) -> None:
    """Read in any order, twice, among forgeries: it is the registry that the island went through itself."""
    island, registry = Island(), KeyRegistry(ISLAND, ROOT.public)
    door = Receiver.of_registry(registry)
    epochs: dict[str, int] = {}
    revoked: set[str] = set()
    spoken: dict[str, int] = {}
    told: list[Envelope] = []
    messages: list[Envelope] = []

    def ended(participant: str) -> int:
        return spoken.get(key(participant, epochs[participant]).public, 0)

    for participant, action in actions:
        body = None
        if action == "renew" or (action == "speak" and participant not in epochs):
            last = ended(participant) if participant in epochs else None
            epochs[participant] = epochs.get(participant, 0) + 1
            body = notice(participant, epochs[participant], ends=last)
            revoked.discard(participant)
        elif action == "revoke" and participant in epochs and participant not in revoked:
            revoked.add(participant)
            body = end(participant, epochs[participant], ended(participant))
        if body is not None:
            told.append(island.say("key", body))
            door.accept(told[-1], NOW)
        if action == "speak" and participant not in revoked:
            by = key(participant, epochs[participant])
            spoken[by.public] = spoken.get(by.public, 0) + 1
            messages.append(island.say("answer", {"participant": participant}, by))
            door.accept(messages[-1], NOW)
    forged = [
        *(replace(each, signature="00" * 64) for each in told),
        *(Island().say("key", dict(each.body), SigningKey.generate()) for each in told),
    ]
    read = [*told, *told, *forged, *messages]
    chance.shuffle(read)
    again = KeyRegistry.replay(ISLAND, ROOT.public, read)
    assert again.members == registry.members
    assert all(again.why_rejected(each) is None for each in messages)
    for participant, epoch in epochs.items():
        current = again.current(participant)
        assert (current is None) == (participant in revoked)
        assert current is None or current.epoch == epoch
        late = island.say("answer", {}, key(participant, epoch))
        assert again.why_rejected(late) is (Rejection.REVOKED_KEY if participant in revoked else None)


@given(st.integers(0), st.integers(0, 7))
@settings(max_examples=200, deadline=None)
def test_a_flipped_bit_of_a_notice_is_never_believed(place: int, bit: int) -> None:
    data = bytearray(Island().announce().encode())
    data[place % len(data)] ^= 1 << bit
    registry = KeyRegistry(ISLAND, ROOT.public)
    with pytest.raises(ProtocolError):
        registry.apply(Envelope.decode(bytes(data)))
    assert not registry.members
