"""A headless Chromium in front of the demo."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

FLAGS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    # Everything that the demo shows is local: what asks for another host fails at once instead of after a minute.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
DESKTOP: Final = ViewportSize(width=1440, height=1000)
PHONE: Final = ViewportSize(width=412, height=915)
OPEN_TIMEOUT_MS: Final = 60_000
#: What stands on each page of the island's own.
SCREEN: Final = "tangle-grid-panel .box, tangle-grid-panel .headline"


@asynccontextmanager
async def chromium(executable: str) -> AsyncIterator[Browser]:
    """Start a browser and close it at the end."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


async def open_page(
    browser: Browser,
    url: str,
    *,
    size: ViewportSize = DESKTOP,
    scheme: Literal["light", "dark"] = "light",
    scale: float = 1.0,
) -> Page:
    """Open an address in a profile of its own and wait until something of the island is there."""
    context = await browser.new_context(
        viewport=size, color_scheme=scheme, device_scale_factor=scale, service_workers="block", locale="en-GB"
    )
    page = await context.new_page()
    page.set_default_timeout(OPEN_TIMEOUT_MS)
    await page.goto(url)
    await page.locator(SCREEN).first.wait_for(state="visible")
    return page
