"""A plant in which somebody is asked."""

from custom_components.tangle_grid.grid import (
    MarketConfig,
)
from tests.support.grid.feeder_plant import Car, Home, Plant, Store

QUIET = MarketConfig(automatic=False)


def plant_of(*devices: Car | Store | Home, **values: object) -> Plant:
    plant = Plant(*devices, **{"market": QUIET, **values})  # type: ignore[arg-type]
    plant.run(400)
    return plant


def ask_for(plant: Plant, power_w: float, duration_s: float = 900.0, **values: object) -> str:
    request, events = plant.engine.commands.request_curtailment(
        plant.now, power_w=power_w, duration_s=duration_s, **values
    )  # type: ignore[arg-type]
    plant.events += events
    return request.request_id
