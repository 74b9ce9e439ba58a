"""What the page of an island costs: on the event loop, in bytes, and in a browser on a slow machine.

scripts/bench screen [--participants 60,1000] [--slower 6] [--updates 30] [--json]

On the event loop: one picture for three screens, in all and its longest piece, processor time. In the browser
(Chromium, headless): the built page with a street of 60, from the address to the first picture and to the first live
difference with a processor that is so many times slower; and what each difference costs that changes a third of the
participants, after ten that nobody counts: processor time of the page's own thread so many times over, of its script
(without styles, layout and painting) and of all that it does, so that what else runs on the machine does not count; and
the script by the clock of the wall in the slow browser, where that does count. Nothing comes from a Home Assistant:
what is measured is the page.
"""

import argparse
import asyncio
import bisect
import gzip
import json
import logging
import os
import statistics
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from playwright.async_api import Browser, Page, async_playwright

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
#: The street changes again and again; returns how long each change took by the clock of the wall, ms. Everything that
#: follows from a message is done before the next task begins, and all of it is painted before the next change.
_UPDATES: Final = """async ({first, count, pause_ms}) => {
  const took = [];
  const later = (wait) => new Promise((done) => wait(done));
  for (let round = first; round < first + count; round += 1) {
    const {picture} = window.street;
    const some = Object.entries(picture.participants).filter((_, place) => place % 3 === round % 3);
    const moved = some.map(([id, each]) => [id, {...each, power_w: (each.power_w ?? 0) + 10 * round}]);
    const feeder = picture.feeders.main;
    const load_w = feeder.load_w.map((each) => each + round);
    const changed = {participants: Object.fromEntries(moved), feeders: {main: {...feeder, load_w}}};
    await later((done) => setTimeout(done, pause_ms));
    performance.mark("update");
    const begun = performance.now();
    window.tell(changed);
    await later((done) => {
      const {port1, port2} = new MessageChannel();
      port1.onmessage = done;
      port2.postMessage(0);
    });
    took.push(performance.now() - begun);
  }
  await later((done) => setTimeout(done, pause_ms));
  performance.mark("update");
  return took;
}"""
_PAUSE_MS: Final = 50
#: What the browser notes of its own work: each task of a thread, and within it what is not script.
_TRACED: Final = ("toplevel", "devtools.timeline", "blink.user_timing")
_TASK: Final = "ThreadControllerImpl::RunTask"
_DRAWING: Final = frozenset({"UpdateLayoutTree", "Layout", "PrePaint", "Paint", "Layerize", "Commit"})
#: Updates before the browser has compiled what they run.
_WARM: Final = 10


async def _measure(browser: Browser, page: Page, base: str, view: str, slower: float, updates: int) -> dict[str, Any]:
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": slower})
    await page.goto(f"{base}?count={_COUNT}&view={view}")
    first = float(await page.evaluate(_DRAWN))
    await page.evaluate(_UPDATES, {"first": 0, "count": 1, "pause_ms": 0})
    live = float(await page.evaluate("performance.now()"))
    await page.evaluate(_UPDATES, {"first": 1, "count": _WARM, "pause_ms": 0})
    counted = {"first": _WARM + 1, "count": updates, "pause_ms": _PAUSE_MS}
    walls: list[float] = await page.evaluate(_UPDATES, counted)
    # The browser is slowed down by the clock of the wall, which also runs while something else has the processor.
    await session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    await browser.start_tracing(page=page, categories=list(_TRACED))
    await page.evaluate(_UPDATES, counted)
    costs = costs_ms(json.loads(await browser.stop_tracing())["traceEvents"])
    return {
        "first_picture_ms": round(first),
        "live_ms": round(live),
        "script_per_update_ms": _spread([script * slower for script, _ in costs]),
        "all_per_update_ms": _spread([every * slower for _, every in costs]),
        "wall_per_update_ms": _spread(walls),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"median": round(statistics.median(values), 1), "p90": round(sorted(values)[int(len(values) * 0.9)], 1)}


def costs_ms(events: Sequence[Mapping[str, Any]]) -> list[tuple[float, float]]:
    """Return what each change took of the processor on the page's own thread, ms: of script, and of all."""
    marks = [each for each in events if each["name"] == "update" and "blink.user_timing" in each["cat"]]
    moments = sorted(each["ts"] for each in marks)
    thread = (marks[0]["pid"], marks[0]["tid"])
    script, every = [0.0] * (len(moments) - 1), [0.0] * (len(moments) - 1)
    own = [each for each in events if "tdur" in each and (each["pid"], each["tid"]) == thread]
    drawn_until = 0.0
    for each in sorted(own, key=lambda each: (each["ts"], -each["dur"])):
        end = each["ts"] + each["dur"]
        # A mark is made in the task that tells what has changed.
        place = bisect.bisect_right(moments, end) - 1
        if not 0 <= place < len(every):
            continue
        if each["name"] == _TASK:
            script[place] += each["tdur"] / 1e3
            every[place] += each["tdur"] / 1e3
        elif each["name"] in _DRAWING and each["ts"] >= drawn_until:
            script[place] -= each["tdur"] / 1e3
            drawn_until = end
    return list(zip(script, every, strict=True))


async def _in_browser(slower: float, updates: int) -> dict[str, Any]:
    executable = os.environ.get("TANGLE_GRID_CHROMIUM") or ensure_chromium()
    with served() as base:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
            found: dict[str, Any] = {"participants": _COUNT, "slower": slower}
            try:
                for view in _VIEWS:
                    page = await browser.new_page(viewport={"width": 1440, "height": 1000}, reduced_motion="reduce")
                    found[view] = await _measure(browser, page, base, view, slower, updates)
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
