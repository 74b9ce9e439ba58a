"""Frames: what was signed and sealed comes out again, and nothing else does."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from custom_components.tangle_grid.link.core import (
    MAX_FRAME_BYTES,
    Frame,
    Link,
    LinkKeys,
    LinkRefusal,
    Rejected,
    link_body_types,
    new_link_id,
    read_link_body,
)
from custom_components.tangle_grid.link.core.bodies import Terms, body_of
from tests.support.linked import LINK_ID, LOWER, TERMS, UPPER, links

SESSION = "ab" * 16
DOWN, UP = links()
BODY = {"reason": "moved"}


def frame(**changed: object) -> Frame:
    return replace(Frame.seal(DOWN, SESSION, 1, "leave", BODY), **changed)


def refused(data: bytes) -> Rejected:
    with pytest.raises(LinkRefusal) as caught:
        Frame.decode(data)
    return caught.value.reason


def test_what_one_side_says_the_other_reads() -> None:
    read = Frame.decode(frame().encode())
    assert read == frame(signature=read.signature, body=read.body)
    assert read.is_of(UP.peer)
    assert not read.is_of(DOWN.peer)
    assert read.open(UP) == BODY
    assert b"moved" not in read.encode()


@pytest.mark.parametrize(
    "changed", [{"sequence": 2}, {"session": "cd" * 16}, {"kind": "report"}, {"link_id": "00" * 16}, {"version": 2}]
)
def test_what_is_said_beside_the_body_cannot_be_changed(changed: dict[str, object]) -> None:
    other = frame(**changed)
    assert not other.is_of(UP.peer)
    with pytest.raises(LinkRefusal):
        other.open(UP)


def test_another_link_cannot_read_it() -> None:
    other = Link.of(new_link_id(), UPPER, LOWER.public)
    with pytest.raises(LinkRefusal) as caught:
        frame().open(other)
    assert caught.value.reason is Rejected.UNREADABLE


@given(st.binary(max_size=200) | st.text().map(str.encode))
@settings(max_examples=50)
def test_anything_else_is_refused_with_a_reason(data: bytes) -> None:
    assert refused(data) in {Rejected.MALFORMED, Rejected.UNKNOWN_VERSION}


@given(st.data())
@settings(max_examples=50)
def test_a_damaged_frame_is_refused(data: st.DataObject) -> None:
    good = frame().encode()
    place = data.draw(st.integers(0, len(good) - 1))
    bad = good[:place] + bytes([good[place] ^ data.draw(st.integers(1, 255))]) + good[place + 1 :]
    try:
        read = Frame.decode(bad)
    except LinkRefusal:
        return
    assert not read.is_of(UP.peer)


def test_sizes_versions_and_fields() -> None:
    fields = json.loads(frame().encode())
    assert refused(b"x" * (MAX_FRAME_BYTES + 1)) is Rejected.OVERSIZE
    assert refused(json.dumps({**fields, "v": 0}).encode()) is Rejected.UNKNOWN_VERSION
    for name, value in (("link", "x"), ("session", None), ("seq", -1), ("kind", "A"), ("body", {}), ("sig", "00")):
        assert refused(json.dumps({**fields, name: value}).encode()) is Rejected.MALFORMED, name
    assert refused(json.dumps({**fields, "more": 1}).encode()) is Rejected.MALFORMED


def test_keys_show_their_public_half_only() -> None:
    keys = LinkKeys.generate()
    assert LinkKeys(keys.secret).public == keys.public
    assert keys.secret not in repr(keys)
    assert DOWN.seals == UP.seals
    assert DOWN.seals not in repr(DOWN)
    for secret in ("", "zz" * 64, "11" * 63):
        with pytest.raises(ValueError, match="keys of a link"):
            LinkKeys(secret)
    for link_id, own, peer in (("x", LOWER, UPPER.public), (LINK_ID, LOWER, "00"), (LINK_ID, LOWER, LOWER.public)):
        with pytest.raises(ValueError, match="link"):
            Link.of(link_id, own, peer)


@pytest.mark.parametrize("kind", sorted(link_body_types()))
def test_bodies_come_back_and_lack_nothing(kind: str) -> None:
    body = link_body_types()[kind]
    read = read_link_body(kind, {**body.example, "of_a_later_release": 1})
    assert read_link_body(kind, body_of(read)) == read
    for name in body.checks:
        for wrong in ("", [None], object()):
            with pytest.raises(LinkRefusal):
                read_link_body(kind, {**body.example, name: wrong})


def test_a_kind_of_a_later_release_is_unknown() -> None:
    with pytest.raises(LinkRefusal) as caught:
        read_link_body("sunshine", {})
    assert caught.value.reason is Rejected.UNKNOWN_KIND


def test_terms_come_back() -> None:
    assert Terms.from_dict(json.loads(json.dumps(TERMS.to_dict()))) == TERMS
    assert TERMS.fallback_a == (10.0, 8.0, 8.0)
    assert replace(TERMS, fuse_a=(9.0, 25.0, 25.0)).fallback_a == (9.0, 8.0, 8.0)
