"""The built page with streets of all sizes and in all states, in a real browser, without a Home Assistant."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import pytest_socket
from playwright.async_api import Browser, Page, expect

from benchmarks._screen_page import served

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
VIEWS = ("transformer", "charging", "homes", "day", "tangle")
TIMEOUT_MS = 20_000


@pytest.fixture(scope="module")
def page_address() -> Iterator[str]:
    """The page, served by itself."""
    # Fixtures of the module come before those of the test that lift the ban.
    pytest_socket.enable_socket()
    with served() as address:
        yield address


async def shown(browser: Browser, address: str, query: str, *, width: int = 1_280, height: int = 900) -> Page:
    """Return the page of a street when it is drawn."""
    context = await browser.new_context(
        viewport={"width": width, "height": height}, locale="en-GB", reduced_motion="reduce"
    )
    page = await context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    await page.goto(f"{address}?{query}")
    await page.locator("tangle-grid-panel main > *").first.wait_for()
    await expect(page.locator("tangle-grid-panel .box, tangle-grid-panel .headline, .waiting").first).to_be_visible()
    return page


@pytest.mark.parametrize("dark", ["", "1"])
async def test_axe_finds_nothing(browser: Browser, page_address: str, dark: str) -> None:
    assert AXE.exists(), "scripts/frontend installs what this needs"
    script = AXE.read_text(encoding="utf-8")
    found = []
    for view in VIEWS:
        page = await shown(browser, page_address, f"count=12&state=asked&view={view}&dark={dark}")
        if view == "tangle":
            await page.get_by_role("button", name="Charger 1", exact=True).click()
            await expect(page.get_by_role("img", name="The address of this wallet")).to_be_visible()
        await page.add_script_tag(content=script)
        result = await page.evaluate("axe.run('tangle-grid-panel')")
        found += [f"{view}: {each['id']}: {each['nodes'][0]['html'][:200]}" for each in result["violations"]]
        await page.context.close()
    assert not found, "\n".join(found)


@pytest.mark.parametrize("width", [320, 2_560])
async def test_nothing_sticks_out(browser: Browser, page_address: str, width: int) -> None:
    for view in VIEWS:
        page = await shown(browser, page_address, f"count=60&state=asked&view={view}", width=width)
        wider: int = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, view
        await page.context.close()


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("count=0", "Add a charger"),
        ("count=1", "Charger 1"),
        ("count=60", "20 chargers"),
        ("count=12&state=blind", "The meter cannot be trusted"),
        ("count=12&state=old", "Not up to date"),
        ("count=12&state=ledger&view=tangle", "The node does not answer."),
        ("count=12&state=refused", "Waiting"),
        ("count=0&view=charging", "nobody of this kind"),
    ],
)
async def test_each_state_says_so(browser: Browser, page_address: str, query: str, says: str) -> None:
    page = await shown(browser, page_address, query)
    await expect(page.locator("tangle-grid-panel")).to_contain_text(says, ignore_case=True)
    await page.context.close()


async def test_a_question_is_answered_by_keyboard(browser: Browser, page_address: str) -> None:
    page = await shown(browser, page_address, "count=3&state=asked&view=charging")
    await page.evaluate(
        """() => {
          const hass = document.querySelector("tangle-grid-panel").firstChild.hass;
          hass.callService = async (...call) => { window.called = call.slice(0, 3); return {response: {}}; };
        }"""
    )
    accept = page.get_by_role("button", name="Accept")
    await accept.focus()
    await page.keyboard.press("Enter")
    called = await page.evaluate("window.called")
    assert called[:2] == ["tangle_grid", "answer_request"]
    assert called[2]["answer"] == "accept"
    await page.context.close()
