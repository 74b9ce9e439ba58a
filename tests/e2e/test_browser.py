"""What a person sees who opens the demo."""

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from scripts.lib.demo.browsing import open_page
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
    assert "/tangle_grid" in page.url
    await expect(page.get_by_role("heading", name="Tangle Grid")).to_be_visible()
    await page.context.close()


async def test_the_street_tells_its_story(demo: DemoProcess, browser: Browser) -> None:
    """The peak, a yes, a no with its reason, energy that is given, and money."""
    page = await open_page(browser, f"{demo.address()}/day")
    errors = watch_console(page)
    # A request that is over is folded up, with its answers in it.
    answers = page.locator("tangle-grid-day td")
    for words in ("helps now", "said no", "Wh", "Mi"):
        await answers.filter(has_text=words).first.wait_for(state="attached", timeout=STORY_TIMEOUT_MS)
    await page.get_by_role("button", name="Wallets and Tangle").click()
    await page.get_by_text("Treasury of Maple Street").first.wait_for()
    assert not errors
    await page.context.close()
