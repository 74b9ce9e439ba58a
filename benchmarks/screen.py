"""What the page of an island costs: on the event loop, in bytes, and in a browser on a slow machine.

scripts/bench screen [--participants 60,1000] [--slower 6] [--updates 30] [--json]

On the event loop: one picture for three screens, in all and its longest piece, processor time. In the browser
(Chromium, headless): the built page with a street of 60, from the address to the first picture and to the first live
difference with a processor that is so many times slower; and what each difference costs that changes a third of the
participants: processor time of the page's own thread without styles and layout, so many times over, after ten
differences that nobody counts. What else runs on the machine does not count there. Nothing comes from a Home
Assistant: what is measured is the page.
"""

import argparse
import asyncio
import gzip
import json
import logging
import os
import statistics
import sys
from collections.abc import Sequence
from typing import Any, Final

from playwright.async_api import CDPSession, Page, async_playwright

from benchmarks._screen_page import BUILT, served
from benchmarks._screen_picture import measure_picture
from scripts.lib.browser import ensure_chromium
from scripts.lib.demo.browsing import FLAGS

_COUNT: Final = 60
_SCREENS: Final = 3
_VIEWS: Final = ("transformer", "charging", "homes")
_CHARTS: Final = "more-"
#: When something of the island is drawn, ms since the address was asked for.
_DRAWN: Final = """() => new Promise((done) => {
  const within = (root) => [...root.querySelectorAll("*")].flatMap((each) => [
    each, ...(each.shadowRoot ? within(each.shadowRoot) : []),
  ]);
  const isDrawn = (each) => each.matches?.(".node, li > button, article.box");
  const look = () => within(document).some(isDrawn) ? done(performance.now()) : setTimeout(look, 10);
  look();
})"""
#: Everything that follows from a message is done before the next task begins.
_UPDATE: Final = """async (round) => {
  const {picture} = window.street;
  const some = Object.entries(picture.participants).filter((_, place) => place % 3 === round % 3);
  const moved = some.map(([id, each]) => [id, {...each, power_w: (each.power_w ?? 0) + 10 * round}]);
  const feeder = picture.feeders.main;
  const load_w = feeder.load_w.map((each) => each + round);
  window.tell({participants: Object.fromEntries(moved), feeders: {main: {...feeder, load_w}}});
  await new Promise((done) => {
    const {port1, port2} = new MessageChannel();
    port1.onmessage = done;
    port2.postMessage(0);
  });
}"""
#: Updates before the browser has compiled what they run.
_WARM: Final = 10


async def _measure(page: Page, base: str, view: str, slower: float, updates: int) -> dict[str, Any]:
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    await page.goto(f"{base}?count={_COUNT}&view={view}")
    first = float(await page.evaluate(_DRAWN))
    await page.evaluate(_UPDATE, 0)
    live = float(await page.evaluate("performance.now()"))
    # The browser is slowed down by the clock of the wall, which also runs while something else has the processor.
    await session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    costs = []
    for number in range(1, _WARM + updates + 1):
        before = await _script_s(session)
        await page.evaluate(_UPDATE, number)
        if number > _WARM:
            costs.append((await _script_s(session) - before) * 1e3 * slower)
    return {
        "first_picture_ms": round(first),
        "live_ms": round(live),
        "script_per_update_ms": round(statistics.median(costs), 1),
        "script_per_update_p90_ms": round(sorted(costs)[int(len(costs) * 0.9)], 1),
    }


async def _script_s(session: CDPSession) -> float:
    """Return the processor time that tasks of the page have taken until now, styles and layout aside, s."""
    answer = await session.send("Performance.getMetrics")
    found = {each["name"]: float(each["value"]) for each in answer["metrics"]}
    return found["TaskDuration"] - found["RecalcStyleDuration"] - found["LayoutDuration"]


async def _in_browser(slower: float, updates: int) -> dict[str, Any]:
    executable = os.environ.get("TANGLE_GRID_CHROMIUM") or ensure_chromium()
    with served() as base:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
            found: dict[str, Any] = {"participants": _COUNT, "slower": slower}
            try:
                for view in _VIEWS:
                    page = await browser.new_page(viewport={"width": 1440, "height": 1000}, reduced_motion="reduce")
                    found[view] = await _measure(page, base, view, slower, updates)
                    await page.close()
            finally:
                await browser.close()
            return found


def sizes() -> dict[str, int]:
    """Return how large the built page is, bytes gzipped: on every page, in all without charts, with them."""
    found = {path.name: len(gzip.compress(path.read_bytes())) for path in BUILT.glob("*.js")}
    return {
        "every_page": sum(size for name, size in found.items() if name.startswith("entry-")),
        "without_charts": sum(size for name, size in found.items() if not name.startswith(_CHARTS)),
        "all": sum(found.values()),
    }


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench screen")
    parser.add_argument("--participants", default="60,1000", help="numbers of chargers, with commas")
    parser.add_argument("--slower", type=float, default=6.0, help="how many times slower the browser's processor is")
    parser.add_argument("--updates", type=int, default=30)
    parser.add_argument("--json", action="store_true", help="print only JSON")
    options = parser.parse_args(argv)
    logging.disable(logging.WARNING)
    results: dict[str, Any] = {"gzipped_bytes": sizes()}
    results["browser"] = asyncio.run(_in_browser(options.slower, options.updates))
    counts = [int(text) for text in options.participants.split(",") if text]
    results["event_loop"] = {count: measure_picture(count, _SCREENS, 4) for count in counts}
    if options.json:
        print(json.dumps(results, indent=2))
        return 0
    for part, figures in results.items():
        print(part)
        for name, value in figures.items():
            print(f"    {name:26}{value}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
