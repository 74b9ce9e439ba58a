"""The code: what it says, that nobody mistypes it, and that nonsense is told from it."""

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.link.core import LinkKeys
from custom_components.tangle_grid.link.joining.code import JoinCode
from custom_components.tangle_grid.link.joining.errors import JoinError, Problem

ISLAND = "0123456789abcdef0123456789abcdef"


def code(url: str = "https://street.example.org:8123") -> JoinCode:
    return JoinCode.make(url=url, island_id=ISLAND, public=LinkKeys.generate().public)


@pytest.mark.parametrize("url", ["", "http://192.168.1.5:8123", "https://street.example.org", "http://[fe80::1]:8123"])
def test_a_code_reads_as_it_was_written(url: str) -> None:
    made = code(url)
    assert JoinCode.parse(made.text) == made
    # As somebody types it, with what looks alike.
    typed = made.text.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert JoinCode.parse(f"  {typed.replace('tgl', 'tg1', 1)}\n") == made


def test_a_code_fits_a_small_qr_code() -> None:
    assert set(code().text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
    assert len(code().text) < 190


def test_no_two_secrets_of_a_code_tell_anything_of_each_other() -> None:
    made = code()
    derived = {made.code_id, made.token, made.topic_id, made.sealing_key}
    assert len(derived) == 4
    assert not any(made.secret in each for each in derived)
    assert made.secret not in repr(made)


@given(st.text(max_size=60))
@settings(max_examples=50)
def test_nonsense_is_said_to_be_nonsense(text: str) -> None:
    with pytest.raises(JoinError) as error:
        JoinCode.parse(text)
    assert error.value.problem in {Problem.NONSENSE, Problem.NEWER}


def test_one_wrong_character_is_noticed() -> None:
    text = code().text
    for place in range(4, len(text), 7):
        if text[place] == "-":
            continue
        wrong = "X" if text[place] != "X" else "Y"
        with pytest.raises(JoinError, match=Problem.NONSENSE):
            JoinCode.parse(text[:place] + wrong + text[place + 1 :])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", Problem.NONSENSE),
        ("TG2-ABCDE", Problem.NEWER),
        ("TG-12345", Problem.NONSENSE),
        ("TG1-" + "A" * 2000, Problem.NONSENSE),
        ("TG1-ÄÄÄÄÄ", Problem.NONSENSE),
    ],
)
def test_what_is_wrong_is_told_apart(text: str, problem: Problem) -> None:
    with pytest.raises(JoinError) as error:
        JoinCode.parse(text)
    assert error.value.problem is problem


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://", "ftp://street", "http://street:99999"])
def test_an_address_that_is_none_is_not_gone_to(url: str) -> None:
    with pytest.raises(JoinError, match=Problem.NONSENSE):
        JoinCode.parse(code(url).text)
