"""The island's own page in the sidebar, in a real browser against the real demo."""

import asyncio
import time

import pytest
from playwright.async_api import Browser, Page, expect

from scripts.lib.demo.browsing import DESKTOP, PHONE
from scripts.lib.demo.launching import DemoProcess

pytestmark = [pytest.mark.e2e, pytest.mark.asyncio(loop_scope="session")]

TIMEOUT_MS = 60_000
#: What the demo says when its street is there after each start.
STARTED = "the street is running"


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


#: For what runs in the page: Home Assistant's own object, the island, and what its page was told first.
HASS = """
const hass = document.querySelector("home-assistant").hass;
const [island] = await hass.callWS({type: "tangle_grid/islands"});
const picture = await new Promise((done) => hass.connection.subscribeMessage(
  (message) => message.version && done(message.changed),
  {type: "tangle_grid/subscribe", entry_id: island.entry_id},
));
const act = async (service, data) => (await hass.callService(
  "tangle_grid", service, {config_entry_id: island.entry_id, ...data}, undefined, false, true,
)).response;
"""


async def test_a_question_is_answered_and_tokens_are_sent(demo: DemoProcess, browser: Browser) -> None:
    page, errors = await open_screen(browser, demo, "charging")
    await expect(page.get_by_role("heading", name="Charger A")).to_be_visible()
    # Whoever is charging wants to be asked, and is.
    await page.evaluate(
        f"""async () => {{
          {HASS}
          for (const [id, each] of Object.entries(picture.participants)) {{
            const policy = picture.entities[each.vehicle ?? id]?.policy;
            if (each.kind !== "charger" || !policy) continue;
            await hass.callService("select", "select_option", {{entity_id: policy, option: "ask"}});
          }}
          for (let round = 0; round < 20; round += 1) {{
            const {{participants}} = await act("request_curtailment", {{power: 2000, duration: 15}});
            if (participants.some((each) => each.state === "issued")) break;
            await new Promise((done) => setTimeout(done, 1000));
          }}
        }}"""
    )
    await page.get_by_role("button", name="Accept").first.click(timeout=TIMEOUT_MS)
    await expect(page.get_by_text("Gives ").first).to_be_visible()
    await page.get_by_role("button", name="Wallets and Tangle").click()
    await page.get_by_role("button", name="Treasury of Maple Street").click()
    await page.get_by_label("Amount in Mi").fill("1.5")
    page.once("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("1.50 Mi are on their way")).to_be_visible()
    assert not errors
    await page.context.close()


async def test_a_reward_is_checked_by_the_page_and_comes_to_what_the_island_says(
    demo: DemoProcess, browser: Browser
) -> None:
    page, errors = await open_screen(browser, demo, "tangle")
    await page.get_by_role("button", name="Check").first.click(timeout=2 * TIMEOUT_MS)
    proof = page.locator("tangle-grid-proof")
    await expect(proof.get_by_text("Checked by this page")).to_be_visible()
    steps = proof.locator("[data-proof=here] li")
    assert await steps.count() == 12
    assert await proof.locator("li.bad").count() == 0
    await expect(proof.locator("pre")).to_contain_text("scripts/verify --node")
    payment_id = await proof.evaluate("(element) => element.payment")
    same = await page.evaluate(
        f"""async (payment_id) => {{
          {HASS}
          const {{ok, checks}} = await act("verify_receipt", {{payment_id}});
          return [ok, checks.map((each) => each.check)];
        }}""",
        payment_id,
    )
    assert same[0]
    assert {await step.get_attribute("data-check") for step in await steps.all()} < set(same[1])
    assert not errors
    await page.context.close()


async def test_the_page_comes_back_by_itself(demo: DemoProcess, browser: Browser) -> None:
    page, _ = await open_screen(browser, demo, "transformer")
    await expect(page.get_by_role("button", name="Charger A").first).to_be_visible()
    await page.evaluate(
        f"""async () => {{
          {HASS}
          await hass.callService("homeassistant", "reload_config_entry", {{entry_id: island.entry_id}});
          hass.connection.reconnect(true);
        }}"""
    )
    # It may be back before anybody has seen that it was away.
    await expect(page.get_by_text("Not up to date")).to_have_count(0, timeout=TIMEOUT_MS)
    await expect(page.get_by_role("button", name="Charger A").first).to_be_visible()
    await page.context.close()


async def test_the_cards_their_editor_and_the_dashboard_that_makes_itself(demo: DemoProcess, browser: Browser) -> None:
    page, errors = await open_screen(browser, demo, "transformer")
    await expect(page.get_by_role("button", name="Charger A").first).to_be_visible()
    await page.evaluate(
        f"""async () => {{
          {HASS}
          const save = async (url_path, config) => {{
            await hass.callWS({{type: "lovelace/dashboards/create", url_path, title: url_path, mode: "storage"}});
            await hass.callWS({{type: "lovelace/config/save", url_path, config}});
          }};
          const named = (each) => ({{type: `custom:tangle-grid-${{each}}-card`}});
          const cards = ["transformer", "participant", "day"].map(named);
          cards[1].participant = Object.keys(picture.participants)[0];
          await save("tangle-cards", {{views: [{{cards}}]}});
          await save("tangle-self", {{strategy: {{type: "custom:tangle-grid"}}}});
        }}"""
    )
    base = demo.address().rsplit("/", 1)[0]
    await page.goto(f"{base}/tangle-cards")
    await expect(page.locator("tangle-grid-transformer-card .headline")).to_be_visible()
    await expect(page.locator("tangle-grid-participant-card article h3")).to_be_visible()
    await expect(page.locator("tangle-grid-day-card h2")).to_be_visible()
    changed = await page.evaluate(
        f"""async () => {{
          {HASS}
          const names = window.customCards.map((each) => each.type);
          const editor = await customElements.get("tangle-grid-participant-card").getConfigElement();
          editor.hass = hass;
          editor.setConfig({{type: "custom:tangle-grid-participant-card"}});
          document.body.append(editor);
          await editor.updateComplete;
          const form = editor.shadowRoot.querySelector("ha-form");
          const fields = form.schema.map((each) => each.name);
          const stub = await customElements.get("tangle-grid-participant-card").getStubConfig(hass);
          const said = new Promise((done) => {{
            editor.addEventListener("config-changed", (event) => done(event.detail.config));
          }});
          form.dispatchEvent(new CustomEvent("value-changed", {{detail: {{value: {{participant: "x"}}}}}}));
          return [names, fields, await said, picture.participants[stub.participant].kind];
        }}"""
    )
    assert {"tangle-grid-transformer-card", "tangle-grid-participant-card", "tangle-grid-day-card"} <= set(changed[0])
    assert changed[1:] == [["island", "participant"], {"participant": "x"}, "charger"]
    await page.goto(f"{base}/tangle-self")
    await expect(page.locator("tangle-grid-transformer-card .headline")).to_be_visible()
    await expect(page.locator("tangle-grid-participant-card").nth(3)).to_be_visible()
    assert not errors
    await page.context.close()


def wait_for_start(demo: DemoProcess, starts: int) -> None:
    """Wait until the demo has started so many times."""
    deadline = time.monotonic() + TIMEOUT_MS / 1_000
    while demo.output().count(STARTED) < starts:
        assert time.monotonic() < deadline
        time.sleep(0.2)


async def test_the_page_comes_back_after_a_restart_of_home_assistant(demo: DemoProcess, browser: Browser) -> None:
    """It is the page that Home Assistant opens with, which it does not put back by itself.

    The last test that looks at this demo with a browser: its street begins another evening.
    """
    page, _ = await open_screen(browser, demo, "transformer")
    charger = page.get_by_role("button", name="Charger A").first
    await expect(charger).to_be_visible()
    started = demo.output().count(STARTED)
    await page.evaluate(f"async () => {{ {HASS} void hass.callService('homeassistant', 'restart'); }}")
    await asyncio.to_thread(wait_for_start, demo, started + 1)
    await expect(charger).to_be_visible(timeout=TIMEOUT_MS)
    await expect(page.get_by_text("Not up to date")).to_have_count(0)
    await page.context.close()
