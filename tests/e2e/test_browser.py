"""What a person sees who opens the demo."""

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from scripts.lib.demo.browsing import PHONE, open_page
from scripts.lib.demo.launching import DemoProcess

# Playwright lives in one event loop, and so do the pages of one browser.
pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

STORY_TIMEOUT_MS = 150_000


def watch_console(page: Page) -> list[str]:
    """Collect the errors that the page writes from now on."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and "ERR_FAILED" not in message.text:
            errors.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


async def test_the_bare_address_lands_on_the_street_without_a_password(demo: DemoProcess, browser: Browser) -> None:
    page = await open_page(browser, demo.address().rsplit("/", 1)[0])
    assert "/tangle-grid" in page.url
    await expect(page.get_by_role("heading", name="The transformer")).to_be_visible()
    await page.context.close()


async def test_the_street_tells_its_story(demo: DemoProcess, browser: Browser) -> None:
    page = await open_page(browser, f"{demo.address()}/street")
    errors = watch_console(page)
    for text in (
        "The transformer",
        "Busiest phase",
        "Asks for help above",
        "May carry",
        "Who is asked, who helps, and why",
        "Cars at the chargers",
        "Wallets, in iota",
        "The Tangle",
        "Charger A",
        "Latest payment",
    ):
        await expect(page.get_by_text(text).first).to_be_visible()
    story = page.locator("hui-markdown-card")
    # The peak, a yes, a no with its reason, energy fed back, and money.
    for words in ("helping now", "said no", "feeding energy back", "paid"):
        await story.get_by_text(words).first.wait_for(timeout=STORY_TIMEOUT_MS)
    await expect(page.get_by_text("Configuration error")).to_have_count(0)
    await expect(page.get_by_text("Entity not found")).to_have_count(0)
    await expect(page.locator("hui-error-card")).to_have_count(0)
    await expect(page.locator("hui-warning")).to_have_count(0)
    assert not errors
    await page.context.close()


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("participants", ("Charger A", "How it decides", "Opt out")),
        ("wallets", ("The treasury", "Balance", "Received", "Receives at")),
        ("tangle", ("Messages", "Transactions", "Requests, step by step")),
    ],
)
async def test_the_other_pages(demo: DemoProcess, browser: Browser, path: str, texts: tuple[str, ...]) -> None:
    page = await open_page(browser, f"{demo.address()}/{path}")
    for text in texts:
        await expect(page.get_by_text(text).first).to_be_visible()
    await expect(page.locator("hui-error-card")).to_have_count(0)
    await page.context.close()


async def test_it_fits_on_a_phone(demo: DemoProcess, browser: Browser) -> None:
    page = await open_page(browser, f"{demo.address()}/street", size=PHONE)
    await expect(page.get_by_text("Busiest phase").first).to_be_visible()
    wider: int = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wider <= 0
    await page.context.close()
