"""Start the demo: `scripts/demo [--port N] [--speed X] [--seed N] [--keep DIR] [--house | --islands 2] [--check]`."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import aiohttp

from .api import HomeAssistantApi
from .check import full_cycle
from .errors import DemoError, StepError
from .home import CONFIGURATION
from .house import CONFIGURATION_OF_HOUSE
from .house_check import HouseCycle
from .islands import EVENING, SPEED as SPEED_OF_ISLANDS, SUNNY, carry_on, configuration_of
from .islands_check import IslandsCycle
from .progress import Progress
from .running import Options, RunningHome, running_home
from .steps import Steps
from .street import set_up_street

DEFAULT_PORT: Final = 8123
DEFAULT_SPEED: Final = 30.0
MAX_SEED: Final = 1_000_000
#: The island's own page, which opens first.
PATH: Final = "tangle_grid"


def _speed(text: str) -> float:
    value = float(text)
    if not value.is_integer() or not 1 <= value <= 300:
        raise argparse.ArgumentTypeError("a whole number from 1 to 300")
    return value


def _seed(text: str) -> int:
    value = int(text)
    if not 0 <= value <= MAX_SEED:
        raise argparse.ArgumentTypeError(f"a number from 0 to {MAX_SEED:,}")
    return value


def _port(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 65535:
        raise argparse.ArgumentTypeError("a port from 1 to 65535")
    return value


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/demo",
        description="Start a real Home Assistant with a simulated street that balances itself.",
    )
    parser.add_argument("--port", type=_port, help=f"port on 127.0.0.1 (default {DEFAULT_PORT}; any free with --check)")
    parser.add_argument(
        "--speed",
        type=_speed,
        help=f"street time per real time (default {DEFAULT_SPEED:g}; {SPEED_OF_ISLANDS:g} with --islands)",
    )
    parser.add_argument("--seed", type=_seed, help="which street, when it is made (default 1)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep the state in DIR between runs")
    parser.add_argument(
        "--check", action="store_true", help="wait for one full cycle, print what happened as JSON, and end"
    )
    parser.add_argument(
        "--house", action="store_true", help="a second Home Assistant as well: a house that joins the street by code"
    )
    parser.add_argument(
        "--islands",
        type=int,
        choices=(2,),
        metavar="2",
        help="two Home Assistants beside each other: one with sun and a battery, one with an evening peak that buys",
    )
    given = parser.parse_args(arguments)
    if given.house and given.islands:
        parser.error("--house and --islands are two demos: leave one of them out")
    if (given.house or given.islands) and given.keep is not None:
        what = "--house" if given.house else "--islands"
        parser.error(f"{what} begins anew each time, and --keep keeps one Home Assistant: leave one of them out")
    return given


async def _set_up(home: RunningHome, options: Options, progress: Progress) -> None:
    async with HomeAssistantApi.connect(home.url) as api:
        await set_up_street(api, speed=options.speed, seed=options.seed, progress=progress)
        await _open_first(api)


async def _open_first(api: HomeAssistantApi) -> None:
    await api.command("frontend/set_system_data", key="core", value={"default_panel": PATH})


async def demo(options: Options, progress: Progress) -> None:
    """Start, set up, tell the address, and stay."""
    async with running_home(options, progress) as home:
        while True:
            await home.while_running(_set_up(home, options, progress))
            progress.say("the street is running")
            progress.show(
                f"\n  Open  {home.url}/{PATH}\n\n"
                "  This machine's browser is logged in without a password.\n"
                f"  An hour on the street takes {3600 / options.speed:.0f} seconds. Ctrl-C stops the demo.\n"
            )
            # Each start gives the street a new evening.
            await home.restarted()


async def check(options: Options, progress: Progress) -> dict[str, object]:
    """Start, set up, and follow one full cycle through Home Assistant's API."""

    async def cycle(home: RunningHome) -> dict[str, object]:
        async with HomeAssistantApi.connect(home.url) as api:
            street = await set_up_street(api, speed=options.speed, seed=options.seed, progress=progress)
            await _open_first(api)
            return await full_cycle(api, street, progress)

    async with running_home(options, progress) as home:
        return await home.while_running(cycle(home))


class _Two(Protocol):
    """Two islands, each in a Home Assistant of its own."""

    async def set_up(self, steps: Steps, progress: Progress) -> None:
        """Set both up, and link them."""

    async def run(self, progress: Progress) -> dict[str, object]:
        """Set both up and link them; return what happened then."""


@asynccontextmanager
async def _two_homes(
    options: Options, progress: Progress, *, second: str, first: str = CONFIGURATION
) -> AsyncIterator[tuple[RunningHome, RunningHome]]:
    """Start two Home Assistants, on a port each."""
    other = Options(port=None, speed=options.speed, seed=None, keep=None)
    async with (
        running_home(options, progress, configuration=first) as one,
        running_home(other, progress, configuration=second) as two,
    ):
        yield one, two


@asynccontextmanager
async def _apis(one: RunningHome, two: RunningHome) -> AsyncIterator[tuple[HomeAssistantApi, HomeAssistantApi]]:
    async with HomeAssistantApi.connect(one.url) as first, HomeAssistantApi.connect(two.url) as second:
        await _open_first(first)
        await _open_first(second)
        yield first, second


async def _stay(homes: tuple[RunningHome, RunningHome], *beside: Coroutine[Any, Any, None]) -> None:
    """Start each again when that is asked for in its interface, until something ends."""

    async def restarts(home: RunningHome) -> None:
        while True:
            await home.restarted()

    running = [asyncio.create_task(each) for each in (*map(restarts, homes), *beside)]
    try:
        ended, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        await ended.pop()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def demo_with_house(options: Options, progress: Progress) -> None:
    """Start both, let the house join, tell both addresses, and stay."""

    async def set_up(street: RunningHome, house: RunningHome) -> None:
        async with _apis(street, house) as apis:
            await HouseCycle(*apis, speed=options.speed, seed=options.seed).set_up(Steps(progress), progress)

    async with _two_homes(options, progress, second=CONFIGURATION_OF_HOUSE) as (street, house):
        await street.while_running(house.while_running(set_up(street, house)))
        progress.say("the house has joined the street")
        progress.show(
            f"\n  Open  {street.url}/{PATH}   the street\n"
            f"        {house.url}/{PATH}   the house\n\n"
            "  This machine's browser is logged in without a password.\n"
            f"  An hour of both takes {3600 / options.speed:.0f} seconds. Ctrl-C stops both.\n"
        )
        await _stay((street, house))


async def demo_with_islands(options: Options, progress: Progress) -> None:
    """Start both, let them become neighbours, tell both addresses, and be the line between them."""

    async def set_up(one: RunningHome, two: RunningHome) -> IslandsCycle:
        async with _apis(one, two) as apis:
            cycle = IslandsCycle(*apis, speed=options.speed, seed=options.seed)
            await cycle.set_up(Steps(progress), progress)
            return cycle

    async with _two_homes(options, progress, first=configuration_of(SUNNY), second=configuration_of(EVENING)) as (
        one,
        two,
    ):
        cycle = await one.while_running(two.while_running(set_up(one, two)))
        progress.say("the islands are neighbours")
        progress.show(
            f"\n  Open  {one.url}/{PATH}   {SUNNY.name}, which sells\n"
            f"        {two.url}/{PATH}   {EVENING.name}, which buys\n\n"
            "  This machine's browser is logged in without a password.\n"
            f"  They trade by the hour, which takes {3600 / options.speed:.0f} seconds. Ctrl-C stops both.\n"
        )
        await _stay((one, two), carry_on(one.url, two.url, cycle.seller, cycle.buyer))


async def check_house(options: Options, progress: Progress) -> dict[str, object]:
    """Start both, and follow the house from its code to its payments."""
    async with _two_homes(options, progress, second=CONFIGURATION_OF_HOUSE) as homes:
        return await _watched(HouseCycle, homes, options, progress)


async def check_islands(options: Options, progress: Progress) -> dict[str, object]:
    """Start both, and follow them from a code to a trade that is delivered and paid."""
    first, second = configuration_of(SUNNY), configuration_of(EVENING)
    async with _two_homes(options, progress, first=first, second=second) as homes:
        return await _watched(IslandsCycle, homes, options, progress)


async def _watched(
    of_both: Callable[..., _Two], homes: tuple[RunningHome, RunningHome], options: Options, progress: Progress
) -> dict[str, object]:
    async def cycle() -> dict[str, object]:
        async with _apis(*homes) as apis:
            return await of_both(*apis, speed=options.speed, seed=options.seed).run(progress)

    one, two = homes
    return await one.while_running(two.while_running(cycle()))


async def _until_stopped[T](work: asyncio.Task[T]) -> T:
    """Run the work; a signal to end cancels it once, and it then cleans up undisturbed."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, lambda: None)
        work.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop)
    return await work


async def _main(arguments: argparse.Namespace) -> int:
    port = arguments.port if arguments.port or arguments.check else DEFAULT_PORT
    speed = arguments.speed or (SPEED_OF_ISLANDS if arguments.islands else DEFAULT_SPEED)
    options = Options(port=port, speed=speed, seed=arguments.seed, keep=arguments.keep)
    progress = Progress()
    try:
        if not arguments.check:
            stay = demo_with_islands if arguments.islands else demo_with_house if arguments.house else demo
            await _until_stopped(asyncio.create_task(stay(options, progress)))
            return 0
        watch = check_islands if arguments.islands else check_house if arguments.house else check
        report = await _until_stopped(asyncio.create_task(watch(options, progress)))
    except asyncio.CancelledError:
        return 130 if arguments.check else 0
    except StepError as error:
        progress.show(f"\nThis step did not come: {error}")
        print(json.dumps({"failed_step": error.step, "error": str(error)}))
        return 1
    except DemoError as error:
        progress.show(f"\n{error}")
        return 1
    except aiohttp.ClientError as error:
        progress.show(f"\nThe connection to Home Assistant was lost: {error}")
        return 1
    print(json.dumps(report, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(_main(parse())))
