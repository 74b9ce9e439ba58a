"""Trinary arithmetic is, tryte for tryte, what plain pyota computes."""

import random
import sys
import time
from threading import Event, Thread

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.ledger.trinary import (
    ALPHABET,
    TRANSACTION_TRYTES,
    Curl,
    TrytesError,
    WorkCancelledError,
    address_of,
    bytes_to_trytes,
    curl_hash,
    curl_hashes,
    has_valid_checksum,
    int_to_trits,
    int_to_trytes,
    is_trytes,
    kerl_hash_trytes,
    normalize,
    text_to_trytes,
    trailing_zeros,
    trits_to_int,
    trits_to_trytes,
    trytes_to_bytes,
    trytes_to_int,
    trytes_to_text,
    trytes_to_trits,
    with_checksum,
    with_nonce,
)
from custom_components.tangle_grid.ledger.trinary.bundle import bundle_hash, secure_tag
from custom_components.tangle_grid.ledger.trinary.codec import HASH_TRYTES
from custom_components.tangle_grid.ledger.trinary.kerl import Kerl
from tests.ledger.conftest import ask_pyota

_random = random.Random(20261122)  # noqa: S311 - samples, not keys


def some_trytes(length: int) -> str:
    return "".join(_random.choices(ALPHABET, k=length))


trytes = st.text(ALPHABET, max_size=200)


@given(trytes)
def test_trytes_survive_trits(text: str) -> None:
    assert trits_to_trytes(trytes_to_trits(text)) == text


@given(trytes)
def test_trytes_survive_integers(text: str) -> None:
    assert int_to_trytes(trytes_to_int(text), len(text)) == text
    assert trytes_to_int(text) == trits_to_int(trytes_to_trits(text))


@given(st.text(ALPHABET, min_size=81, max_size=81))
def test_hashes_survive_integers_and_trits(text: str) -> None:
    assert int_to_trits(trytes_to_int(text)) == trytes_to_trits(text)


@given(st.binary(max_size=100))
def test_bytes_survive_trytes(data: bytes) -> None:
    assert trytes_to_bytes(bytes_to_trytes(data)) == data


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=100))
def test_text_survives_a_padded_fragment(text: str) -> None:
    assert trytes_to_text(text_to_trytes(text).ljust(2187, "9")) == text


@given(st.text(max_size=20))
def test_what_is_not_trytes_is_refused(text: str) -> None:
    if is_trytes(text):
        return
    for convert in (trytes_to_int, trytes_to_trits, curl_hash, kerl_hash_trytes, lambda seed: address_of(seed, 0)):
        with pytest.raises(TrytesError):
            convert(text)


@pytest.mark.parametrize("number", [3**243, -(3**243)])
def test_numbers_that_do_not_fit_are_refused(number: int) -> None:
    with pytest.raises(TrytesError):
        int_to_trytes(number, HASH_TRYTES)
    with pytest.raises(TrytesError):
        int_to_trits(number)


@pytest.mark.parametrize("bad", ["9", "ZZ", "JJ"])
def test_trytes_that_are_no_bytes_are_refused(bad: str) -> None:
    with pytest.raises(TrytesError):
        trytes_to_bytes(bad)


def test_hashes_are_those_of_pyota() -> None:
    samples = ["9" * 81, "Z" * 81, "N" * 81, "M" * 243, *(some_trytes(81 * blocks) for blocks in (1, 1, 2, 3, 33))]
    answers = ask_pyota(*[("curl", [each]) for each in samples], *[("kerl", [each]) for each in samples])
    assert [curl_hash(each) for each in samples] + [kerl_hash_trytes(each) for each in samples] == answers


def test_hashes_in_lanes_are_those_of_pyota() -> None:
    texts = [some_trytes(162) for _ in range(20)] + ["9" * 162, "M" * 162, "N" * 162]
    assert curl_hashes(texts) == ask_pyota(*[("curl", [each]) for each in texts])


@pytest.mark.parametrize("count", [1, 16, 63, 64, 65, 130])
def test_hashes_in_lanes_are_those_hashed_one_by_one(count: int) -> None:
    texts = [some_trytes(TRANSACTION_TRYTES if count < 64 else 243) for _ in range(count)]
    assert curl_hashes(texts) == list(map(curl_hash, texts))


@pytest.mark.parametrize("blocks", range(1, 8))
def test_every_layout_of_the_state_is_read_as_it_was_written(blocks: int) -> None:
    """There are six of them, in turn; the lanes know no pieces, but the place of each trit."""
    texts = [some_trytes(81 * blocks - number) for number in range(20)]
    assert curl_hashes(texts) == list(map(curl_hash, texts))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(ALPHABET, max_size=90), max_size=60))
def test_lanes_take_texts_of_all_lengths(texts: list[str]) -> None:
    assert curl_hashes(texts) == list(map(curl_hash, texts))


def test_hashes_without_numpy_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [some_trytes(81) for _ in range(20)]
    with_numpy = curl_hashes(texts)
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert curl_hashes(texts) == with_numpy


def test_lanes_refuse_what_is_not_trytes() -> None:
    with pytest.raises(TrytesError):
        curl_hashes(["A" * 81] * 20 + ["a" * 81])


def test_codecs_are_those_of_pyota() -> None:
    characters = "grüße, 電気 ⚡"
    sample = some_trytes(300)
    assert [trytes_to_trits(sample), text_to_trytes(characters)] == ask_pyota(
        ("trits", [sample]), ("text", [characters])
    )


def test_addresses_and_normalised_hashes_are_those_of_pyota() -> None:
    cases = [(some_trytes(81), 0, 2), ("9" * 81, 13, 1), ("M" * 81, 98765, 3)]
    hashes = [some_trytes(81), "9" * 81, "M" * 81, "N" * 81, "M9" * 40 + "A"]
    answers = ask_pyota(*[("address", list(case)) for case in cases], *[("normalized", [each]) for each in hashes])
    ours = [with_checksum(address_of(*case)) for case in cases]
    assert [*ours, *(normalize(each) for each in hashes)] == answers
    assert all(has_valid_checksum(address) for address in ours)


def test_a_changed_address_fails_its_checksum() -> None:
    address = with_checksum(some_trytes(81))
    assert has_valid_checksum(address)
    for place in (0, 40, 89):
        other = "A" if address[place] != "A" else "B"
        assert not has_valid_checksum(address[:place] + other + address[place + 1 :])
    assert not has_valid_checksum(address[:81])


def test_a_sponge_squeezes_on() -> None:
    sponge = Curl()
    sponge.absorb_trytes("A" * 81)
    first, second = sponge.squeeze_trits(), sponge.squeeze_trits()
    assert first != second
    sponge.reset()
    assert sponge.public_trits() == [0] * 243
    kerl = Kerl()
    kerl.absorb(1)
    assert kerl.squeeze() != kerl.squeeze()


def test_the_secure_tag_gives_the_hash_of_the_bundle() -> None:
    essences = [some_trytes(162) for _ in range(3)]
    tag, found = secure_tag(essences)
    assert 13 not in normalize(found)
    assert bundle_hash([essences[0][:108] + tag + essences[0][135:], *essences[1:]]) == found


@pytest.mark.parametrize("use_numpy", [True, False])
@pytest.mark.parametrize("mwm", [0, 1, 5])
def test_proof_of_work_reaches_its_weight(mwm: int, use_numpy: bool) -> None:
    plain = some_trytes(TRANSACTION_TRYTES)
    worked = with_nonce(plain, mwm, use_numpy=use_numpy)
    assert worked[:-27] == plain[:-27]
    assert trailing_zeros(curl_hash(worked)) >= mwm


def test_proof_of_work_at_the_weight_of_the_test_networks() -> None:
    worked = with_nonce(some_trytes(TRANSACTION_TRYTES), 9)
    (digest,) = ask_pyota(("curl", [worked]))
    assert digest == curl_hash(worked)
    assert digest.endswith("999")


def test_proof_of_work_finds_the_same_nonce_on_any_number_of_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = some_trytes(TRANSACTION_TRYTES)
    found = set()
    for cores in (1, 2, 3):
        monkeypatch.setattr("os.process_cpu_count", lambda cores=cores: cores)
        found.add(with_nonce(plain, 9))
    assert len(found) == 1


def test_proof_of_work_refuses_what_is_no_transaction() -> None:
    for bad, mwm in (("9" * 2672, 1), ("a" * 2673, 1), ("9" * 2673, 244), ("9" * 2673, -1)):
        with pytest.raises(TrytesError):
            with_nonce(bad, mwm)


@pytest.mark.parametrize("use_numpy", [True, False])
def test_proof_of_work_stops_promptly(use_numpy: bool) -> None:
    stop = Event()
    ended: list[float] = []

    def work() -> None:
        with pytest.raises(WorkCancelledError):
            with_nonce(some_trytes(TRANSACTION_TRYTES), 60, stop, use_numpy=use_numpy)
        ended.append(time.monotonic())

    thread = Thread(target=work)
    thread.start()
    time.sleep(0.2)
    told = time.monotonic()
    stop.set()
    thread.join(5)
    assert ended
    assert ended[0] - told < 1.0


@settings(max_examples=30)
@given(st.text(ALPHABET, min_size=81, max_size=81))
def test_trailing_zeros_counts_trits(digest: str) -> None:
    trits = trytes_to_trits(digest)
    zeros = next((place for place, trit in enumerate(reversed(trits)) if trit), len(trits))
    assert trailing_zeros(digest) == zeros
