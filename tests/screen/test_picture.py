"""The differences of pictures: applied one after the other they give the newest picture."""

from typing import Any

from hypothesis import given, strategies as st

from custom_components.tangle_grid.screen.picture import difference

ITEMS = st.dictionaries(st.sampled_from("abc"), st.fixed_dictionaries({"value": st.integers(0, 2)}))
PICTURES = st.dictionaries(st.sampled_from(("participants", "requests", "plan")), ITEMS)


def applied(picture: dict[str, Any], changed: dict[str, Any]) -> dict[str, Any]:
    """Return what a screen makes of it, as ``frontend/src/picture.ts`` does."""
    after = {section: dict(items) for section, items in picture.items()}
    for section, items in changed.items():
        for key, item in items.items():
            if item is None:
                after.setdefault(section, {}).pop(key, None)
            else:
                after.setdefault(section, {})[key] = item
    return {section: items for section, items in after.items() if items}


@given(st.lists(PICTURES, min_size=1, max_size=5))
def test_differences_add_up(pictures: list[dict[str, Any]]) -> None:
    sent: dict[str, Any] = {}
    shown: dict[str, Any] = {}
    for newest in pictures:
        changed = difference(sent, newest)
        shown, sent = applied(shown, changed), newest
        assert shown == {section: items for section, items in newest.items() if items}


@given(PICTURES)
def test_nothing_new_is_nothing_sent(picture: dict[str, Any]) -> None:
    assert difference(picture, picture) == {}
