"""Files of a ledger from any moments, in any mix: nothing is paid twice, nothing is lost, and somebody is told."""

import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from custom_components.tangle_grid.ledger import (
    SUPPLY,
    TREASURY,
    Findings,
    LedgerError,
    LedgerFault,
    Mishap,
    PaymentOrder,
    PaymentState,
    Secrets,
)
from custom_components.tangle_grid.ledger.core import LedgerCore
from custom_components.tangle_grid.ledger.messages.chronicle import text_of
from custom_components.tangle_grid.ledger.pyota.library import BundlePlan, prepare
from custom_components.tangle_grid.ledger.restore.history import History
from custom_components.tangle_grid.ledger.store.file_marks import log_of
from custom_components.tangle_grid.ledger.store.properties import Properties
from custom_components.tangle_grid.ledger.trinary import address_of
from tests.ledger.conftest import ISLAND
from tests.support.ledger.damage import damaged
from tests.support.ledger.moments import (
    TANGLE,
    WALLETS,
    Moment,
    Recording,
    assert_sound,
    disagreement,
    open_core,
    put,
    record,
    settle,
    signed,
)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[Recording]:
    secrets = Secrets.generate(["car", "home"])
    return [record(tmp_path_factory.mktemp("life"), secrets, seed) for seed in range(3)]


def order_again(core: LedgerCore, grid: Moment) -> set[str]:
    """Order all that was ordered by then, as the grid does; return what was taken."""
    taken = set()
    for order in grid.ordered:
        try:
            core.orders.pay(order)
        except LedgerError as error:
            # The grid orders from the treasury; what others had is what the files and the grid's orders give them.
            if order.source == TREASURY or error.key != "insufficient_funds":
                raise
        else:
            taken.add(order.payment_id)
    return taken


def mixed(recording: Recording, folder: Path, rng: random.Random) -> None:
    """Open with files of any moments, one of which may be damaged or gone, and let the grid order what it knows of."""
    moments = recording.moments
    wallets, tangle, grid = (rng.choice(moments) for _ in range(3))
    put(folder, WALLETS, wallets.wallets, log=rng.random() < 0.8)
    put(folder, TANGLE, tangle.tangle, log=rng.random() < 0.8)
    expected = disagreement(folder)
    bad = rng.choice((WALLETS, TANGLE)) if rng.random() < 0.2 else None
    if bad is not None:
        kind = rng.choice(("empty", "text", "missing"))
        data = (folder / bad).read_bytes()
        log_of(folder / bad).unlink(missing_ok=True)
        (folder / bad).unlink() if kind == "missing" else (folder / bad).write_bytes(damaged(data, kind))
        expected = {Mishap.WALLETS_REBUILT if bad == WALLETS else Mishap.TANGLE_REBUILT}
    try:
        core = open_core(folder, recording.secrets, begun=True)
    except LedgerError as error:
        # The wallets are of a moment when nothing was remembered of the Tangle yet: then nothing is begun anew.
        if bad != TANGLE or error.fault not in {LedgerFault.LOST, LedgerFault.CORRUPT}:
            raise
        return
    found = core.health().findings
    assert expected <= set(found.mishaps if found is not None else ())
    before = signed(core)
    known = {payment.payment_id for payment in core.orders.newest(1_000)}
    known |= order_again(core, grid)
    settle(core)
    assert_sound(core, recording.orders, known, begun_anew=bad == TANGLE)
    after = before | signed(core)
    assert len({address for address, _bundle in after}) == len(after)
    core.close()


_LONG = [pytest.param(range(start, start + 150), marks=pytest.mark.long) for start in range(40, 640, 150)]


@pytest.mark.parametrize("examples", [range(40), *_LONG], ids=str)
def test_any_files_of_any_moments(recordings: list[Recording], tmp_path: Path, examples: range) -> None:
    for number in examples:
        rng = random.Random(number)  # noqa: S311 - moments, not keys
        folder = tmp_path / str(number)
        mixed(rng.choice(recordings), folder, rng)
        shutil.rmtree(folder)


@pytest.mark.parametrize("examples", [range(12), pytest.param(range(12, 112), marks=pytest.mark.long)], ids=str)
def test_files_of_two_lives(recordings: list[Recording], tmp_path: Path, examples: range) -> None:
    """Files are restored, life goes on, and then one of them comes back from before: of another life than the rest.

    An address may have signed in both of them; but nothing is paid twice in this one, and nothing is lost.
    """
    life = recordings[1]
    for number in examples:
        rng = random.Random(number)  # noqa: S311 - moments, not keys
        wallets, tangle, grid, again = (rng.choice(life.moments) for _ in range(4))
        folder = tmp_path / str(number)
        put(folder, WALLETS, wallets.wallets)
        put(folder, TANGLE, tangle.tangle)
        core = open_core(folder, life.secrets)
        order_again(core, grid)
        other = PaymentOrder(payment_id=f"other-{number}", source=TREASURY, target="car", amount_i=3)
        core.orders.pay(other)
        settle(core)
        core.close()
        name, file = rng.choice([(WALLETS, again.wallets), (TANGLE, again.tangle)])
        for left in folder.glob(f"{name}*"):
            left.unlink()
        put(folder, name, file)
        core = open_core(folder, life.secrets)
        known = {payment.payment_id for payment in core.orders.newest(1_000)} | order_again(core, grid)
        settle(core)
        assert other.payment_id in known
        assert_sound(core, {**life.orders, other.payment_id: other}, known)
        core.close()
        shutil.rmtree(folder)


@pytest.fixture
def life(recordings: list[Recording]) -> Recording:
    return recordings[0]


def restored(life: Recording, folder: Path, *, wallets: int | None, tangle: int | None, **options: Any) -> LedgerCore:
    """Open with the files of these moments, in the order of their making; None leaves a file out."""
    if wallets is not None:
        put(folder, WALLETS, life.moments[wallets].wallets)
    if tangle is not None:
        put(folder, TANGLE, life.moments[tangle].tangle)
    return open_core(folder, life.secrets, **options)


def findings(core: LedgerCore) -> Findings:
    found = core.health().findings
    assert found is not None
    return found


def half(life: Recording) -> int:
    """Return a moment about which much was before, and much after."""
    return len(life.moments) // 2


def all_made(life: Recording, core: LedgerCore, *, begun_anew: bool = False) -> None:
    settle(core)
    assert_sound(core, life.orders, set(life.orders), begun_anew=begun_anew)


@pytest.mark.parametrize("name", [WALLETS, TANGLE])
@pytest.mark.parametrize("kind", ["empty", "text", "middle", "missing"])
def test_a_damaged_file_is_set_aside_and_made_anew_from_the_other(
    life: Recording, tmp_path: Path, name: str, kind: str
) -> None:
    put(tmp_path, WALLETS, life.moments[-1].wallets)
    put(tmp_path, TANGLE, life.moments[-1].tangle)
    bad = damaged((tmp_path / name).read_bytes(), kind) if kind != "missing" else None
    (tmp_path / name).unlink() if bad is None else (tmp_path / name).write_bytes(bad)
    log_of(tmp_path / name).unlink(missing_ok=True)
    core = open_core(tmp_path, life.secrets)
    found = findings(core)
    assert found.mishaps == (Mishap.WALLETS_REBUILT if name == WALLETS else Mishap.TANGLE_REBUILT,)
    assert [(tmp_path / each).read_bytes() for each in found.aside] == ([] if bad is None else [bad])
    all_made(life, core, begun_anew=name == TANGLE)
    # Nobody may pay to an address that has signed, on a Tangle that was begun anew either.
    assert core.backend.is_known_spent(address_of(life.secrets.seeds[TREASURY], 0))
    core.orders.pay(PaymentOrder(payment_id="after", source=TREASURY, target="car", amount_i=1))
    settle(core)
    core.findings_read()
    core.close()
    core = open_core(tmp_path, life.secrets)
    assert core.health().findings is None
    core.close()


def test_older_wallets_find_what_was_made_since(life: Recording, tmp_path: Path) -> None:
    core = restored(life, tmp_path, wallets=half(life), tangle=-1)
    found = findings(core)
    assert found.mishaps == (Mishap.WALLETS_OLDER,)
    assert found.found > 2
    # Known before anything is ordered again: an order is the payment that it became.
    for order in life.orders.values():
        payment, is_new = core.orders.pay(order)
        assert not is_new
        assert payment.state is not PaymentState.FAILED
    all_made(life, core)
    core.close()


def test_an_older_tangle_gets_back_what_it_lost(life: Recording, tmp_path: Path) -> None:
    core = restored(life, tmp_path, wallets=-1, tangle=half(life))
    found = findings(core)
    assert found.mishaps == (Mishap.TANGLE_OLDER,)
    assert found.again > 2
    all_made(life, core)
    core.close()


def test_files_of_one_moment_are_nothing_to_tell_of(life: Recording, tmp_path: Path) -> None:
    for at in range(len(life.moments)):
        core = restored(life, tmp_path / str(at), wallets=at, tangle=at)
        assert core.health().findings is None, at
        core.close()


def test_what_lies_still_for_a_backup_holds_what_everybody_has(life: Recording, tmp_path: Path) -> None:
    """Of an archive from which the Tangle is missing, nothing has to be sent again."""
    whole, wallets = tmp_path / "whole", tmp_path / "wallets"
    core = open_core(whole, life.secrets)
    core.orders.pay(PaymentOrder(payment_id="one", source=TREASURY, target="car", amount_i=5))
    settle(core)
    core.lie_still(60.0)
    wallets.mkdir()
    for file in whole.glob(f"{WALLETS}*"):
        shutil.copy(file, wallets)
    core.close()
    core = open_core(wallets, life.secrets)
    found = findings(core)
    assert found.mishaps == (Mishap.TANGLE_REBUILT,)
    assert found.again == 0
    assert core.accounts.states()["car"].balance_i == 5
    core.close()


def test_numbers_of_messages_go_on(life: Recording, tmp_path: Path) -> None:
    """A number that stands on the Tangle is not used again, by the island or by a participant."""
    core = restored(life, tmp_path, wallets=half(life), tangle=-1)
    core.publisher.publish("meter", {"n": "after"})
    core.publisher.publish("answer", {"participant": "car", "n": "after"}, "car")
    settle(core)
    messages = core.chronicle.messages(kind=None, limit=1_000)
    assert all(message.verified for message in messages)
    assert len({(message.sender, message.sequence) for message in messages}) == len(messages)
    core.close()


def test_a_ledger_that_was_begun_is_not_begun_again(life: Recording, tmp_path: Path) -> None:
    with pytest.raises(LedgerError) as caught:
        restored(life, tmp_path, wallets=None, tangle=None, begun=True)
    assert caught.value.fault is LedgerFault.LOST
    assert not list(tmp_path.glob("*.sqlite*"))


def test_a_lost_tangle_without_anything_remembered_is_not_begun_again(life: Recording, tmp_path: Path) -> None:
    core = restored(life, tmp_path, wallets=-1, tangle=-1)
    Properties(core._database).set("snapshot", "")
    core._remember = lambda: None
    core.close()
    (tmp_path / TANGLE).unlink()
    with pytest.raises(LedgerError) as caught:
        open_core(tmp_path, life.secrets)
    assert caught.value.fault is LedgerFault.LOST
    assert not (tmp_path / TANGLE).exists()


def test_a_first_start_that_was_cut_off_is_nothing_to_tell_of(life: Recording, tmp_path: Path) -> None:
    core = open_core(tmp_path, life.secrets)
    core.close()
    (tmp_path / WALLETS).unlink()
    core = open_core(tmp_path, life.secrets)
    assert core.health().findings is None
    assert core.accounts.states()[TREASURY].balance_i == SUPPLY
    core.close()


def test_a_text_in_a_bundle_of_somebody_else_is_no_payment(life: Recording, tmp_path: Path) -> None:
    """A guest puts the signed words of a payment into a bundle of his own: that pays nobody."""
    core = restored(life, tmp_path, wallets=-1, tangle=-1)
    bundle = next(iter(core._outbox.payments(1))).bundle
    assert bundle is not None
    (tail,) = core.backend.attached(bundle)[:1]
    words = text_of(core.backend.bundle_of(tail.hash))
    copied = BundlePlan(outputs=((tail.address, 0),), tag=tail.tag, text=words, timestamp=1)
    core.backend.send(prepare(copied).trytes)
    history = History(core.backend, island_id=ISLAND, root=core._public_key, opens=core.privacy.opens)
    (found,) = [each.hash for each in core.backend.recent_tails(tag=tail.tag, prefix="TG", limit=1, below=None)]
    assert history.own_bundle(found, core.accounts.book.owner) is None
    assert history.own_bundle(tail.hash, core.accounts.book.owner) is not None
    assert history.own_bundle(tail.hash, lambda _address: None) is None
    core.close()
