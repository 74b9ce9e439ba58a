"""The island's own page in the sidebar, in a real browser against the real demo."""

import pytest
from playwright.async_api import Browser, Page, expect

from scripts.lib.demo.browsing import DESKTOP, PHONE
from scripts.lib.demo.launching import DemoProcess

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

TIMEOUT_MS = 60_000


async def open_screen(browser: Browser, demo: DemoProcess, view: str, *, phone: bool = False) -> tuple[Page, list[str]]:
    """Open a view of the page, in a profile of its own; also returns what the page complains of from now on."""
    context = await browser.new_context(
        viewport=PHONE if phone else DESKTOP, service_workers="block", locale="en-GB", reduced_motion="reduce"
    )
    page = await context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    await page.goto(f"{demo.address().rsplit('/', 1)[0]}/tangle_grid/{view}")
    return page, [each for each in errors if "ERR_FAILED" not in each]


@pytest.mark.parametrize(
    ("view", "texts"),
    [
        ("transformer", ("Maple Street", "Charger A", "Home 1", "Rooftop solar")),
        ("charging", ("Charger A", "Car A", "How it answers requests", "Price")),
        ("homes", ("Home 1", "Home battery", "Rooftop solar")),
        ("day", ("Today", "Measured", "May carry", "Times are the street's own")),
        ("tangle", ("Treasury of Maple Street", "Payments", "The feed carried", "signature good")),
    ],
)
async def test_each_view_is_alive(demo: DemoProcess, browser: Browser, view: str, texts: tuple[str, ...]) -> None:
    page, errors = await open_screen(browser, demo, view)
    for text in texts:
        await expect(page.get_by_text(text).first).to_be_visible(timeout=TIMEOUT_MS)
    assert "screen_" not in await page.locator("tangle-grid-panel").inner_text()
    assert not errors
    await page.context.close()


async def test_a_tap_on_somebody_opens_its_box(demo: DemoProcess, browser: Browser) -> None:
    page, errors = await open_screen(browser, demo, "transformer")
    await page.get_by_role("button", name="Charger B").first.click()
    await expect(page).to_have_url(f"{demo.address().rsplit('/', 1)[0]}/tangle_grid/charging")
    await expect(page.locator("tangle-grid-participant").first.get_by_role("heading", name="Charger B")).to_be_visible()
    assert not errors
    await page.context.close()


@pytest.mark.parametrize("view", ["transformer", "charging", "day", "tangle"])
async def test_it_fits_on_a_phone(demo: DemoProcess, browser: Browser, view: str) -> None:
    page, _ = await open_screen(browser, demo, view, phone=True)
    await page.locator("tangle-grid-panel").get_by_text("Transformer").first.wait_for()
    await expect(page.locator("tangle-grid-panel .box, tangle-grid-panel .headline").first).to_be_visible()
    wider: int = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wider <= 0
    await page.context.close()
