"""Pictures of the demo for the documentation: `scripts/screenshots [URL]`, of a running demo or a new one."""

import asyncio
import sys
from collections.abc import Sequence
from io import BytesIO
from typing import Final, Literal
from urllib.parse import urlsplit

from PIL import Image
from playwright.async_api import Browser, ViewportSize

from .browsing import DESKTOP, PHONE, chromium, open_page
from .launching import ROOT, DemoProcess, free_port

IMAGES: Final = ROOT / "docs" / "images"
STORY_TIMEOUT_MS: Final = 180_000
# Charts draw themselves with an animation.
_SETTLE_MS: Final = 4_000
# The moving picture: so many frames, so often, so wide.
_SMALL: Final = ViewportSize(width=1180, height=760)
_FRAMES: Final = 40
_FRAME_MS: Final = 900
_WIDTH: Final = 720
_COLOURS: Final = 48
#: The colours that all frames have are those of each eighth one.
_SAMPLED: Final = 8


async def picture(
    browser: Browser,
    url: str,
    name: str,
    *,
    size: ViewportSize = DESKTOP,
    scheme: Literal["light", "dark"] = "light",
) -> None:
    """One picture, as `docs/images/NAME.png`."""
    page = await open_page(browser, url, size=size, scheme=scheme, scale=1.5)
    await page.wait_for_timeout(_SETTLE_MS)
    shot = Image.open(BytesIO(await page.screenshot())).convert("RGB")
    # A page has few colours: so its picture is a third as large, and looks the same.
    few = shot.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE)
    few.save(IMAGES / f"{name}.png", optimize=True)
    print(f"docs/images/{name}.png", file=sys.stderr)
    await page.context.close()


async def evening(browser: Browser, url: str) -> None:
    """The transformer's page as it moves, as `docs/images/screen-evening.gif`: small, and in few colours."""
    page = await open_page(browser, url, size=_SMALL)
    await page.wait_for_timeout(_SETTLE_MS)
    shots = []
    for _ in range(_FRAMES):
        shot = Image.open(BytesIO(await page.locator("tangle-grid-panel").screenshot())).convert("RGB")
        shots.append(shot.resize((_WIDTH, shot.height * _WIDTH // shot.width)))
        await page.wait_for_timeout(_FRAME_MS)
    await page.context.close()
    first, *others = in_few_colours(shots)
    first.save(
        IMAGES / "screen-evening.gif",
        save_all=True,
        append_images=others,
        duration=_FRAME_MS // 3,
        loop=0,
        optimize=True,
    )
    print("docs/images/screen-evening.gif", file=sys.stderr)


def in_few_colours(shots: Sequence[Image.Image]) -> list[Image.Image]:
    """Return pictures of one size in the same colours: of each only what has moved is stored."""
    height = max(each.height for each in shots)
    some = shots[::_SAMPLED]
    together = Image.new("RGB", (_WIDTH, height * len(some)))
    for place, each in enumerate(some):
        together.paste(each, (0, place * height))
    palette = together.quantize(_COLOURS, Image.Quantize.MAXCOVERAGE)
    whole = []
    for each in shots:
        ground = Image.new("RGB", (_WIDTH, height), each.getpixel((0, each.height - 1)))
        ground.paste(each)
        whole.append(ground.quantize(palette=palette, dither=Image.Dither.NONE))
    return whole


async def all_pictures(url: str, executable: str) -> None:
    """Wait until somebody helps and somebody has said no, then take them all."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    async with chromium(executable) as browser:
        page = await open_page(browser, f"{url}/day")
        for words in ("helps now", "said no"):
            await page.get_by_text(words).first.wait_for(state="attached", timeout=STORY_TIMEOUT_MS)
        await page.context.close()
        await picture(browser, url, "screen-light")
        await picture(browser, url, "screen-dark", scheme="dark")
        await picture(browser, url, "screen-phone", size=PHONE)
        for view in ("charging", "homes"):
            await picture(browser, f"{url}/{view}", f"screen-{view}")
        await evening(browser, url)
        # Of these there is more to see the later it is.
        for view in ("day", "tangle"):
            await picture(browser, f"{url}/{view}", f"screen-{view}")


def main() -> None:
    """Take the pictures of a running demo, or of one started for it."""
    executable, *addresses = sys.argv[1:]
    if any(urlsplit(address).scheme not in {"http", "https"} for address in addresses):
        raise SystemExit("scripts/screenshots: the address of a running demo begins with http://")
    if addresses:
        asyncio.run(all_pictures(addresses[0].rstrip("/"), executable))
        return
    demo = DemoProcess("--port", str(free_port()))
    try:
        asyncio.run(all_pictures(demo.address(), executable))
    finally:
        demo.stop()


if __name__ == "__main__":
    main()
