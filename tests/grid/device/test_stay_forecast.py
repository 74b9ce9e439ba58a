"""Expected departures, from earlier stays."""

from hypothesis import given, strategies as st

from custom_components.tangle_grid.grid.device.stay_forecast import StayLog

DAY = 86_400.0
HOUR = 3600.0


def workplace(days: int = 30) -> StayLog:
    log = StayLog()
    for day in range(days):
        minutes = day % 7 * 10
        log.add(arrived_at=day * DAY + 8 * HOUR, left_at=day * DAY + 16 * HOUR + minutes * 60)
        log.add(arrived_at=day * DAY + 18 * HOUR, left_at=day * DAY + 20 * HOUR + minutes * 60)
    return log


def test_it_learns_the_habits_of_the_hour() -> None:
    log = workplace()
    morning = 40 * DAY + 8.2 * HOUR
    evening = 40 * DAY + 18.1 * HOUR
    assert 7.9 * HOUR < log.expected_departure(arrived_at=morning, now=morning) - morning < 9.2 * HOUR
    assert 1.9 * HOUR < log.expected_departure(arrived_at=evening, now=evening) - evening < 3.2 * HOUR


def test_a_car_that_is_still_there_will_leave_later() -> None:
    log = workplace()
    arrived = 40 * DAY + 18 * HOUR
    assert log.expected_departure(arrived_at=arrived, now=arrived + 5 * HOUR) > arrived + 5 * HOUR


def test_without_experience_it_assumes() -> None:
    log = StayLog()
    assert log.expected_departure(arrived_at=0.0, now=0.0) == 5 * HOUR
    assert log.expected_departure(arrived_at=0.0, now=10 * HOUR) == 12.5 * HOUR


@given(st.lists(st.tuples(st.floats(0, 1e7), st.floats(-1e5, 1e5)), max_size=60), st.floats(0, 1e7), st.floats(0, 2e5))
def test_a_departure_lies_ahead(stays: list[tuple[float, float]], arrived: float, stayed: float) -> None:
    log = StayLog(window=40)
    for start, length in stays:
        log.add(arrived_at=start, left_at=start + length)
    assert len(log.to_dict()) <= 40
    assert log.expected_departure(arrived_at=arrived, now=arrived + stayed) > arrived + stayed
    again = StayLog.from_dict(log.to_dict())
    assert len(again.to_dict()) == len(log.to_dict())


def test_habits_are_forgotten() -> None:
    log = StayLog(window=20)
    for day in range(20):
        log.add(arrived_at=day * DAY, left_at=day * DAY + HOUR)
    for day in range(20):
        log.add(arrived_at=day * DAY, left_at=day * DAY + 9 * HOUR)
    assert log.expected_departure(arrived_at=50 * DAY, now=50 * DAY) - 50 * DAY == 9 * HOUR
