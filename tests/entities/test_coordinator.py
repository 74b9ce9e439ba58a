"""A new picture of a large island must not keep everything else waiting."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.tangle_grid.const import DOMAIN
from custom_components.tangle_grid.coordinator import AT_ONCE, IslandCoordinator
from custom_components.tangle_grid.entities.view_sensors import ViewSensor
from tests.support.island import Island

MANY = 3 * AT_ONCE + 1


@pytest.fixture
def coordinator(hass: HomeAssistant) -> IslandCoordinator:
    entry = MockConfigEntry(domain=DOMAIN)
    entry.add_to_hass(hass)
    return IslandCoordinator(hass, entry, None)  # type: ignore[arg-type]  # what is shown does not matter here


async def turn() -> None:
    await asyncio.sleep(0)


def listen(coordinator: IslandCoordinator, count: int, looked: list[int]) -> list[Callable[[], None]]:
    return [coordinator.async_add_listener(partial(looked.append, number)) for number in range(count)]


async def test_a_few_look_at_once(coordinator: IslandCoordinator) -> None:
    looked: list[int] = []
    listen(coordinator, AT_ONCE, looked)
    coordinator.async_update_listeners()
    assert looked == list(range(AT_ONCE))


async def test_many_look_one_batch_after_the_other(coordinator: IslandCoordinator) -> None:
    looked: list[int] = []
    listen(coordinator, MANY, looked)
    coordinator.async_update_listeners()
    assert looked == []
    sizes = []
    while len(looked) < MANY:
        before = len(looked)
        await turn()
        sizes.append(len(looked) - before)
    assert max(sizes) <= AT_ONCE
    assert looked == list(range(MANY))


async def test_who_has_not_looked_yet_sees_the_newest_picture_once(coordinator: IslandCoordinator) -> None:
    looked: list[int] = []
    remove = listen(coordinator, MANY, looked)
    coordinator.async_update_listeners()
    await turn()
    assert len(looked) == AT_ONCE
    coordinator.async_update_listeners()
    remove[-1]()
    for _ in range(10):
        await turn()
    assert sorted(looked) == sorted([*range(MANY - 1), *range(AT_ONCE)])


async def test_one_that_fails_keeps_nobody_from_looking(
    coordinator: IslandCoordinator, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise ValueError("no picture today")

    looked: list[int] = []
    coordinator.async_add_listener(fail)
    listen(coordinator, 3, looked)
    coordinator.async_update_listeners()
    assert looked == [0, 1, 2]
    assert "no picture today" in caplog.text
    caplog.clear()


async def test_nobody_looks_after_the_end(coordinator: IslandCoordinator) -> None:
    looked: list[int] = []
    listen(coordinator, MANY, looked)
    coordinator.async_update_listeners()
    coordinator.async_close()
    await turn()
    assert looked == []


async def test_a_sensor_takes_one_view_of_a_picture(island: Island, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large island has ten thousand of them."""
    await island.settle()
    views: list[str] = []
    for kind in {type(entity) for entity in sensors(island)}:
        view = kind.view.fget
        assert view is not None

        def counted(entity: ViewSensor, view: Callable[[ViewSensor], object] = view) -> object:
            views.append(entity.entity_id)
            return view(entity)

        monkeypatch.setattr(kind, "view", property(counted))
    island.runtime.coordinator.async_update_listeners()
    assert len(views) == len(set(views)) > 0


def sensors(island: Island) -> list[ViewSensor]:
    listeners = island.runtime.coordinator._listeners.values()  # Home Assistant has no door to them
    owners = (getattr(update, "__self__", None) for update, _ in listeners)
    return [owner for owner in owners if isinstance(owner, ViewSensor)]
