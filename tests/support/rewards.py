"""Rewards that somebody has earned."""

from custom_components.tangle_grid.grid.model.events import Settlement


def settlement(number: int, device_id: str = "car") -> Settlement:
    """The reward of a participant for its part in a request of its own."""
    return Settlement(
        request_id=f"r{number}",
        device_id=device_id,
        payment_id=f"r{number}:{device_id}",
        energy_wh=1,
        baseline_wh=1,
        measured_wh=0,
        rate_i_per_kwh=1_000_000,
        amount_i=1_000,
        receipt={},
    )
