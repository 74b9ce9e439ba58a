"""What is said beside a payment that tells of a person is sealed under that person's key, and goes with it."""

from collections.abc import Mapping
from typing import Any

from custom_components.tangle_grid.bridge.secrets import keys_of
from custom_components.tangle_grid.ledger import TREASURY, Ledger, PaymentOrder
from tests.ledger.conftest import Opener, island_secrets, open_ledger

__all__ = ["island_secrets", "open_ledger"]

CAR, HOME = keys_of("a1" * 32), keys_of("b2" * 32)
MEMO = {"kind": "parking", "receipts": {"from": "00" * 32}}


async def pay(ledger: Ledger, name: str, source: str, target: str, memo: Mapping[str, Any] = MEMO) -> None:
    await ledger.pay(PaymentOrder(payment_id=name, source=source, target=target, amount_i=10, memo=memo))


async def readable(ledger: Ledger) -> list[list[str]]:
    """Return the ids of the payments of each bundle that can be read, the newest first."""
    messages = await ledger.tangle.messages(kind="payment")
    return [[each["id"] for each in message.body.get("payments", ())] for message in messages]


async def test_notes_of_a_person_go_with_its_key(open_ledger: Opener) -> None:
    ledger = await open_ledger(persons={"car": CAR, "home": HOME})
    await pay(ledger, "begin", TREASURY, "car", {"reason": "x"})
    assert await ledger.drain(20)
    # What tells of two people is not said in one message: each has a key of its own.
    for name, target in (("1", "car"), ("2", "home"), ("3", "home")):
        await pay(ledger, name, TREASURY, target)
    assert await ledger.drain(20)
    await pay(ledger, "4", "car", "home")
    assert await ledger.drain(20)
    assert sorted(map(sorted, await readable(ledger))) == [["1"], ["2", "3"], ["4"], ["begin"]]
    messages = await ledger.tangle.messages(kind="payment")
    assert sum(message.sealed for message in messages) == 3
    assert len({*await ledger.keys.openings()}) == 1 + len(CAR) + len(HOME)

    assert await ledger.keys.forget_person("car", keys_of(CAR[1])) == 2
    left = [["2", "3"], ["begin"]]
    assert sorted(each for each in await readable(ledger) if each) == left
    known = {each.payment_id: each for each in await ledger.payments(limit=10)}
    assert (known["4"].memo, known["4"].target, known["2"].memo, known["2"].target) == ({}, "erased", MEMO, "home")
    # The same payments are known all the same, and wallets hold what they held.
    assert {name: wallet.balance_i for name, wallet in (await ledger.wallets()).items()}["home"] == 30
    await pay(ledger, "5", "car", "home")
    assert await ledger.drain(20)
    assert ["5"] in await readable(ledger)
    await ledger.close()

    # A backup brings the old key back, and with it all that follow: what was sealed since still opens.
    ledger = await open_ledger(persons={"car": CAR, "home": HOME})
    assert sorted(each for each in await readable(ledger) if each) == [["1"], ["2", "3"], ["4"], ["5"], ["begin"]]


async def test_a_file_is_written_anew_unless_it_is_to_lie_still(open_ledger: Opener) -> None:
    ledger = await open_ledger(persons={"car": CAR})
    await pay(ledger, "begin", TREASURY, "car")
    assert await ledger.drain(20)
    await ledger.copies.lie_still(60.0)
    log = ledger._core._database.path.with_name("wallet.sqlite-wal")
    assert await ledger.keys.forget_person("car", keys_of(CAR[1])) == 1
    assert log.stat().st_size > 0
    await ledger.copies.go_on()
    assert await ledger.keys.forget_person("car", keys_of(CAR[2])) == 0
    assert b'"receipts"' not in ledger._core._database.path.read_bytes() + log.read_bytes()
