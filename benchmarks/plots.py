"""The pictures of docs/balancing.md, made again from the code: scripts/bench plots [--out FOLDER] [--only NAME].

Each shows a closed loop: the grid on the simulated street, or on a feeder with something broken.

Environment: bench
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl

from custom_components.tangle_grid.grid import (
    NOMINAL_V,
    ChargerTelemetry,
    CurtailmentRequest,
    RequestIssued,
    Settlement,
)

from . import ROOT
from ._fault_rig import CAPACITY_A as RIG_A, Rig
from ._street_loop import EVENING, HOUR_S, Loop

mpl.use("Agg")
from matplotlib import dates, pyplot as plt

FOLDER: Final = ROOT / "docs" / "images" / "balancing"
CAPACITY_A: Final = 63.0
THRESHOLD: Final = 0.8
BLUE, ORANGE, GREY, RED, GREEN = "#1f77b4", "#e8871e", "#8a8f98", "#c0392b", "#2e8b57"
STYLE: Final = {
    "figure.dpi": 120,
    "font.size": 10,
    "axes.grid": True,
    "grid.color": "#e4e7eb",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "legend.frameon": False,
}


def clock(at: float) -> datetime:
    """Return a time of day for the axis."""
    return datetime.fromtimestamp(at, UTC)


def worst_a(loop: Loop) -> tuple[list[datetime], list[float]]:
    """Return the load of the most loaded phase, A."""
    return [clock(sample.at) for sample in loop.samples], [max(sample.load_a) for sample in loop.samples]


def hours(axes: Any) -> None:
    """Times of day below the axis."""
    axes.xaxis.set_major_formatter(dates.DateFormatter("%H:%M"))
    axes.margins(x=0)


def limits(axes: Any, capacity_a: float, *, threshold: bool = True) -> None:
    """Lines of the fuse and of the threshold."""
    axes.axhline(capacity_a, color=RED, linewidth=1.2)
    axes.annotate("capacity", (1, capacity_a), xycoords=("axes fraction", "data"), ha="right", va="bottom", color=RED)
    if threshold:
        axes.axhline(capacity_a * THRESHOLD, color=ORANGE, linewidth=1.0, linestyle="--")
        axes.annotate(
            "threshold",
            (1, capacity_a * THRESHOLD),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="bottom",
            color=ORANGE,
        )


def evening() -> Any:
    """Return the same evening, with every charger free and balanced; and what was asked for."""
    free = Loop(1, step_s=20.0)
    while free.street.now < EVENING + 5 * HOUR_S:
        free.street.advance(free.street.now + free.step_s)
        free.sample()
    balanced = Loop(1, step_s=20.0)
    balanced.run(5 * HOUR_S)
    figure, axes = plt.subplots(figsize=(9, 4))
    axes.plot(*worst_a(free), color=GREY, linewidth=1.0, label="every charger free")
    axes.plot(*worst_a(balanced), color=BLUE, linewidth=1.3, label="balanced")
    limits(axes, CAPACITY_A)
    asked = [event.request for event in balanced.events if isinstance(event, RequestIssued)]
    for number, request in enumerate(asked):
        axes.axvspan(
            clock(request.issued_at),
            clock(min(request.ends_at, balanced.street.now)),
            color=GREEN,
            alpha=0.10,
            linewidth=0,
            label=None if number else "a request is open",
        )
    axes.set_ylabel("load of the worst phase (A)")
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper right")
    hours(axes)
    return figure


@dataclass(slots=True)
class Part:
    """A charger's part in one request."""

    request: CurtailmentRequest
    settlement: Settlement


def reward() -> Any:
    """Return what one charger drew around a request, its baseline, and what is paid for."""
    loop = Loop(1, step_s=10.0)
    powers: dict[str, list[tuple[float, float]]] = {device.id: [] for device in loop.chargers()}
    end = EVENING + 4 * HOUR_S
    while loop.street.now < end:
        loop.step()
        for device in loop.chargers():
            telemetry = loop.telemetry(device)
            if isinstance(telemetry, ChargerTelemetry) and telemetry.reading is not None:
                powers[device.id].append((loop.street.now, telemetry.reading.total_w))
    part = _largest(loop, powers.keys())
    receipt = part.settlement.receipt
    begun, ended = float(receipt["active_at"]), float(receipt["ended_at"])
    drawn = [(at, watts) for at, watts in powers[part.settlement.device_id] if begun - 900 <= at <= ended + 900]
    figure, axes = plt.subplots(figsize=(9, 4))
    times = [clock(at) for at, _ in drawn]
    axes.step(times, [watts / 1000 for _, watts in drawn], where="post", color=BLUE, label="drawn by the charger")
    baseline_kw = float(receipt["baseline_w"]) / 1000
    axes.hlines(
        baseline_kw,
        clock(begun),
        clock(ended),
        color=ORANGE,
        linestyle="--",
        label="baseline: it would have drawn",
    )
    axes.fill_between(
        times,
        [watts / 1000 for _, watts in drawn],
        baseline_kw,
        where=[begun <= at <= ended and watts / 1000 < baseline_kw for at, watts in drawn],
        step="post",
        color=GREEN,
        alpha=0.2,
        label=f"delivered: {part.settlement.energy_wh / 1000:.2f} kWh, paid {part.settlement.amount_i:,} i",
    )
    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.set_ylabel("power (kW); below 0 it feeds back")
    # Above the picture: where there is room in it depends on the evening.
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    hours(axes)
    return figure


def _largest(loop: Loop, chargers: Any) -> Part:
    """Return the charger's part that delivered most, of those with a baseline that can be seen."""
    parts = [
        Part(loop.engine.requests[event.request_id], event)
        for event in loop.events
        if isinstance(event, Settlement) and event.device_id in chargers
    ]
    return max(parts, key=lambda part: (part.settlement.receipt["baseline_w"] > 0, part.settlement.energy_wh))


def blind() -> Any:
    """Return the meter dies under three charging cars, and comes back."""
    rig = Rig()
    rig.run(600)
    died = rig.at
    rig.distort.append(lambda _rig, _power_w: None)
    rig.run(300)
    back = rig.at
    rig.distort.clear()
    rig.run(600)
    start = died - 120
    samples = rig.since(start)
    figure, axes = plt.subplots(figsize=(9, 3.6))
    seconds = [sample.at - died for sample in samples]
    axes.plot(seconds, [max(sample.load_a) for sample in samples], color=BLUE, label="load of the worst phase")
    axes.plot(
        seconds,
        [sample.chargers_kw * 1000 / NOMINAL_V / 3 for sample in samples],
        color=GREEN,
        label="of it, the three chargers",
    )
    axes.axvspan(0, back - died, color=RED, alpha=0.08, linewidth=0, label="no meter")
    limits(axes, RIG_A, threshold=False)
    axes.set_xlabel("seconds since the meter died")
    axes.set_ylabel("A")
    axes.set_ylim(bottom=0)
    axes.margins(x=0)
    axes.legend(loc="lower right")
    return figure


PLOTS: Final[dict[str, Callable[[], Any]]] = {"evening": evening, "reward": reward, "blind": blind}


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench plots", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder for the pictures")
    parser.add_argument("--only", choices=sorted(PLOTS), help="make one of them")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    plt.rcParams.update(STYLE)
    for name, draw in PLOTS.items():
        if arguments.only not in (None, name):
            continue
        figure = draw()
        figure.tight_layout()
        file = arguments.out / f"{name}.png"
        # Without the time of making, the same code makes the same file.
        figure.savefig(file, metadata={"Software": None})
        plt.close(figure)
        print(f"{file} ({file.stat().st_size // 1024} kB)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
