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
        state = "linked" if view == "transformer" and dark else "asked"
        page = await shown(browser, page_address, f"count=12&state={state}&view={view}&dark={dark}")
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
        ("count=12", "L1 has room for 8.4 kW"),
        ("count=0&view=charging", "nobody of this kind"),
        ("count=12&state=island", "The feeding cable is dead since"),
        ("count=12&state=dead", "nothing is told to feed in"),
        ("count=12&state=returning", "come back one after the other"),
        ("count=6&state=linked", "silent: the connection was lost"),
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


async def test_a_mode_is_chosen_with_one_tap(browser: Browser, page_address: str) -> None:
    page = await shown(browser, page_address, "count=3&view=charging")
    await page.evaluate(
        """() => {
          const hass = document.querySelector("tangle-grid-panel").firstChild.hass;
          hass.callService = async (...call) => { window.called = call.slice(0, 3); return {response: {}}; };
        }"""
    )
    await page.get_by_role("button", name="Pause").click()
    chosen = {"entity_id": "select.charger-0", "option": "pause"}
    assert await page.evaluate("window.called") == ["select", "select_option", chosen]
    await page.context.close()


async def test_after_ten_minutes_and_after_a_day_the_page_says_so(browser: Browser, page_address: str) -> None:
    page = await shown(browser, page_address, "count=6")
    for seconds, ago in ((600, "10 min"), (86_400, "24 h")):
        await page.evaluate(f"window.pass({seconds})")
        await expect(page.get_by_text("the last news came")).to_contain_text(ago, timeout=TIMEOUT_MS)
        await expect(page.locator(".headline")).to_contain_text("As it was on")
    await page.context.close()


#: Which hours the day shows.
SHOWN_S = """(() => {
  const panel = document.querySelector("tangle-grid-panel").firstChild.shadowRoot;
  const chart = panel.querySelector("tangle-grid-day").shadowRoot.querySelector("tangle-grid-chart");
  return [chart.plot.scales.x.min, chart.plot.scales.x.max];
})()"""


async def test_the_day_is_looked_at_closer_and_moved(browser: Browser, page_address: str) -> None:
    """By its buttons, and with the mouse and Shift; it stays as it is when something new is told."""
    page = await shown(browser, page_address, "count=6&view=day")
    await page.locator(".u-over").wait_for()
    whole = await page.evaluate(SHOWN_S)
    await page.get_by_role("button", name="Closer").click()
    closer = await page.evaluate(SHOWN_S)
    assert closer[1] - closer[0] < 0.6 * (whole[1] - whole[0])
    await page.get_by_role("button", name="Earlier").click()
    assert (await page.evaluate(SHOWN_S))[0] < closer[0]
    box = await page.locator(".u-over").bounding_box()
    assert box is not None
    before = await page.evaluate(SHOWN_S)
    await page.keyboard.down("Shift")
    await page.mouse.move(box["x"] + 300, box["y"] + 100)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 200, box["y"] + 100, steps=3)
    await page.mouse.up()
    await page.keyboard.up("Shift")
    moved = await page.evaluate(SHOWN_S)
    assert moved[0] > before[0]
    await page.evaluate("window.tell({requests: {}, plan: {...window.street.picture.plan}})")
    assert await page.evaluate(SHOWN_S) == moved
    await page.get_by_role("button", name="All of it").click()
    # The hours to come are more by the moment.
    assert await page.evaluate(SHOWN_S) == pytest.approx(whole, abs=60)
    await page.context.close()


#: What is there to be tapped and is smaller than a finger, px.
SMALL = """(() => {
  const within = (root) => [...root.querySelectorAll("*")].flatMap((each) => [
    each, ...(each.shadowRoot ? within(each.shadowRoot) : []),
  ]);
  const tapped = within(document).filter((each) => each.matches("button, select, input, summary"));
  return tapped.map((each) => [each.innerText, each.getBoundingClientRect().height]).filter(([, high]) => high < 44);
})()"""


async def test_fingers_look_closer_and_move_on(browser: Browser, page_address: str) -> None:
    context = await browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = await context.new_page()
    await page.goto(f"{page_address}?count=6&state=asked&view=day")
    await page.locator(".u-over").wait_for()
    assert await page.evaluate(SMALL) == []
    session = await context.new_cdp_session(page)
    box = await page.locator(".u-over").bounding_box()
    assert box is not None

    async def touch(kind: str, *shares: float) -> None:
        points = [
            {"x": box["x"] + share * box["width"], "y": box["y"] + 50, "id": finger}
            for finger, share in enumerate(shares)
        ]
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    whole = await page.evaluate(SHOWN_S)
    await touch("touchStart", 0.4, 0.6)
    await touch("touchMove", 0.3, 0.7)
    await touch("touchMove", 0.2, 0.8)
    await touch("touchEnd")
    closer = await page.evaluate(SHOWN_S)
    assert closer[1] - closer[0] == pytest.approx((whole[1] - whole[0]) / 3, rel=0.1)
    await touch("touchStart", 0.8)
    await touch("touchMove", 0.6)
    await touch("touchMove", 0.4)
    await touch("touchEnd")
    moved = await page.evaluate(SHOWN_S)
    assert moved[0] > closer[0]
    assert moved[1] - moved[0] == pytest.approx(closer[1] - closer[0])
    await context.close()
