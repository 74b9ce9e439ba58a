"""The demo's dashboard: made from the registries, so that it fits whatever the street consists of."""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Final, cast

from .api import ApiError, HomeAssistantApi, Json
from .cards import gauge, heading, history, logbook, markdown, section, tile, view
from .home import CAPACITY_LINE, THRESHOLD_LINE
from .stories import FLEXIBLE, headline, helpers, latest_payment, participant, supply
from .street import Owner, Street

PATH: Final = "tangle-grid"
TITLE: Final = "The street"
ICON: Final = "mdi:transmission-tower"
_WALL_MINUTES: Final = 4
_DIAGNOSTICS_S: Final = 20.0
_HOURS: Final = _WALL_MINUTES / 60
_ICONS: Final = {
    "charger": "mdi:ev-station",
    "battery": "mdi:home-battery",
    "household": "mdi:home",
    "solar": "mdi:solar-power",
    "vehicle": "mdi:car-electric",
}
_COLORS: Final = {"charger": "blue", "battery": "green", "household": "brown", "solar": "amber"}


async def install_dashboard(api: HomeAssistantApi, street: Street) -> None:
    """Store the dashboard and make it the page that opens first."""
    existing = await api.command("lovelace/dashboards/list")
    if not any(dashboard["url_path"] == PATH for dashboard in existing):
        await api.command(
            "lovelace/dashboards/create",
            url_path=PATH,
            title=TITLE,
            icon=ICON,
            mode="storage",
            require_admin=False,
            show_in_sidebar=True,
        )
    capacity_w, threshold_w = [
        float((await api.request("GET", f"states/{street.need(street.island, key)}"))["state"])
        for key in ("capacity", "threshold")
    ]
    threshold = round(100 * threshold_w / capacity_w, 1)
    for line, value in ((THRESHOLD_LINE, threshold), (CAPACITY_LINE, 100)):
        await api.action("input_number", "set_value", {"entity_id": f"input_number.{line}", "value": value})
    config = build(street, speed=await street_speed(api, street), threshold=threshold)
    await api.command("lovelace/config/save", url_path=PATH, config=config)
    await api.command("frontend/set_system_data", key="core", value={"default_panel": PATH})


async def street_speed(api: HomeAssistantApi, street: Street) -> float:
    """Street seconds in one wall second, from the integration's own diagnostics."""
    answer = await _diagnostics(api, street)
    try:
        return float(answer["data"]["clock"]["speed"])
    except KeyError as error:
        raise ApiError(f"the diagnostics have no {error}") from None


async def _diagnostics(api: HomeAssistantApi, street: Street) -> Json:
    """Return the diagnostics of the street. Home Assistant offers them a moment after the integration was loaded."""
    path = f"diagnostics/config_entry/{street.entry_id}"
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DIAGNOSTICS_S):
            while True:
                try:
                    return cast("Json", await api.request("GET", path))
                except ApiError:
                    await asyncio.sleep(0.5)
    return cast("Json", await api.request("GET", path))


def build(street: Street, *, speed: float, threshold: float) -> Json:
    """Return the whole dashboard; `threshold` is in percent of the capacity, `speed` in street seconds a second."""
    return {
        "title": TITLE,
        "views": [
            _street_view(street, speed, threshold),
            _participants_view(street),
            _wallets_view(street),
            _tangle_view(street),
        ],
    }


def _street_view(street: Street, speed: float, threshold: float) -> Json:
    island = street.island
    feed = section(
        heading("The transformer", ICON),
        gauge(street.need(island, "utilisation"), "Busiest phase", maximum=125, yellow=threshold, red=100),
        tile(street.need(island, "load"), "Whole street", icon="mdi:home-group", color="blue"),
        tile(street.need(island, "capacity"), "May carry", icon="mdi:shield-alert", color="red"),
        tile(street.need(island, "peak_today"), "Highest today", icon="mdi:arrow-up-bold", color="deep-orange"),
        tile(street.need(island, "reward_rate"), "Reward", icon="mdi:hand-coin", color="green"),
    )
    lines = [
        (street.need(island, "utilisation"), "Busiest phase"),
        (f"input_number.{THRESHOLD_LINE}", "Asks for help above"),
        (f"input_number.{CAPACITY_LINE}", "May carry"),
    ]
    graph = section(
        heading(
            f"The last {_WALL_MINUTES} minutes, {_WALL_MINUTES * speed / 60:.1f} hours on the street",
            "mdi:chart-line",
        ),
        history(lines, hours=_HOURS, rows=7, highest=120),
        span=2,
    )
    helping = section(
        heading("Who is asked, who helps, and why", "mdi:account-group"), markdown(helpers(street)), span=2
    )
    wallets = section(
        heading("Wallets, in iota", "mdi:wallet"),
        *(
            tile(
                street.need(owner, "wallet_balance"),
                owner.name,
                icon=_ICONS[owner.kind],
                color="green",
                only_above=0 if owner.kind == "household" else None,
            )
            for owner in (*street.of_kind(*FLEXIBLE), *street.vehicles)
        ),
    )
    cars = section(heading("Cars at the chargers", "mdi:car-electric"), *_power_tiles(street, "charger"))
    others = section(
        heading("Battery, sun and homes", "mdi:home-lightning-bolt"),
        *_power_tiles(street, "battery", "solar", "household"),
    )
    tangle = section(
        heading("The Tangle", "mdi:graph"),
        *_tangle_tiles(street),
        heading("Latest payment", "mdi:cash-fast", small=True),
        markdown(latest_payment(street)),
    )
    return view(
        TITLE,
        "street",
        ICON,
        [feed, graph, helping, wallets, cars, others, tangle],
        header={"layout": "start", "card": markdown(headline(street), plain=True)},
    )


def _power_tiles(street: Street, *kinds: str) -> list[Json]:
    """Return power with its line, and what is in the battery, for each participant of some kinds."""
    cards = []
    for owner in street.of_kind(*kinds):
        soc = street.find(owner, "state_of_charge")
        icon, color = _ICONS[owner.kind], _COLORS[owner.kind]
        cards.append(tile(street.need(owner, "power"), owner.name, icon=icon, color=color, trend_hours=_HOURS))
        if soc:
            cards.append(tile(soc, "Car battery" if owner.kind == "charger" else "Charge", level=True))
    return cards


def _tangle_tiles(street: Street) -> list[Json]:
    island = street.island
    shown: Sequence[tuple[str, str, str, str]] = (
        ("sensor", "published_messages", "Messages", "mdi:message-badge"),
        ("sensor", "tangle_transactions", "Transactions", "mdi:graph"),
        ("sensor", "ledger_queue", "Queued", "mdi:tray-full"),
        ("binary_sensor", "ledger", "Ledger", "mdi:database-check"),
    )
    return [
        tile(entity, name, icon=icon, color="purple")
        for domain, key, name, icon in shown
        if (entity := street.find(island, key, domain))
    ]


def _participants_view(street: Street) -> Json:
    return view(
        "Participants",
        "participants",
        "mdi:account-group",
        [_participant(street, owner) for owner in street.participants],
    )


def _participant(street: Street, owner: Owner) -> Json:
    shown: Sequence[tuple[str, str, str]] = (
        ("sensor", "power", "Power"),
        ("sensor", "state_of_charge", "State of charge"),
        ("sensor", "current_setpoint", "Limit"),
        ("sensor", "power_setpoint", "Limit"),
        ("sensor", "session_energy", "Charged"),
        ("sensor", "charging_price", "Price of a kWh"),
        ("sensor", "session_cost", "Cost so far"),
        ("sensor", "charging_payment", "Payment"),
        ("sensor", "curtailment", "Request"),
        ("sensor", "last_decision", "Last answer"),
        ("sensor", "delivered_energy", "Energy given up"),
        ("sensor", "earned", "Earned"),
        ("select", "policy", "How it decides"),
        ("number", "charged_above", "Charged enough"),
        ("switch", "feed_back", "Feeds back"),
        ("number", "minimum_soc", "Down to"),
        ("button", "opt_out", "Opt out"),
    )
    cards = [
        tile(entity, name, hide_state=domain == "button")
        for domain, key, name in shown
        if (entity := street.find(owner, key, domain)) is not None
    ]
    words = participant(street, owner)
    about = markdown(words, plain=True) if words else None
    return section(heading(owner.name, _ICONS[owner.kind]), about, *cards)


def _wallets_view(street: Street) -> Json:
    island = street.island
    treasury = section(
        heading("The treasury", "mdi:bank"),
        markdown(supply(island), plain=True),
        tile(street.need(island, "treasury_balance"), "Treasury", icon="mdi:bank", color="purple", columns=12),
        tile(street.need(island, "reward_rate"), "Reward", icon="mdi:hand-coin", color="green", columns=12),
    )
    owners = [*street.of_kind(*FLEXIBLE), *street.vehicles]
    # Cars pay as well as earn.
    holders = [*street.vehicles, *street.of_kind("battery", "household")]
    held = section(
        heading("In the wallets", "mdi:chart-line"),
        history([(street.need(owner, "wallet_balance"), owner.name) for owner in holders], hours=_HOURS, rows=7),
    )
    wallets = [
        section(
            heading(owner.name, _ICONS[owner.kind]),
            tile(street.need(owner, "wallet_balance"), "Balance", icon="mdi:wallet", color="green"),
            tile(street.need(owner, "earned"), "Received", icon="mdi:hand-coin", color="green"),
            _address(street, owner),
        )
        for owner in owners
    ]
    payments = section(
        heading("Payments", "mdi:cash-fast"), logbook([street.need(island, "payment", "event")], hours=24, rows=8)
    )
    return view("Wallets", "wallets", "mdi:wallet", [treasury, held, payments, *wallets])


def _address(street: Street, owner: Owner) -> Json | None:
    address = street.find(owner, "receive_address")
    if address is None:
        return None
    # Groups of nine letters: 90 in one word would not break on a phone.
    return markdown(
        f"{{% if has_value('{address}') %}}Receives at `{{{{ state_attr('{address}', 'address') | "
        "regex_findall('.{1,9}') | join(' ') }}`{% endif %}"
    )


def _tangle_view(street: Street) -> Json:
    island = street.island
    health = section(
        heading("The Tangle", "mdi:graph"),
        markdown(
            "Every meter reading, request, answer and payment is attached to a Tangle inside this Home Assistant. "
            "The actions *Get messages* and *Get transaction* of Tangle Grid read them back, with their signatures "
            "verified: [open the actions](/config/tools/action).",
            plain=True,
        ),
        *_tangle_tiles(street),
        *(
            tile(entity, name, icon=icon)
            for key, name, icon in (
                ("tangle_milestone", "Milestone", "mdi:flag"),
                ("reaction_time", "Reaction", "mdi:timer-outline"),
            )
            if (entity := street.find(island, key))
        ),
    )
    growth = section(
        heading("Growing", "mdi:chart-line"),
        history(
            [
                (street.need(island, "tangle_transactions"), "Transactions"),
                (street.need(island, "published_messages"), "Messages"),
            ],
            hours=_HOURS,
            rows=7,
        ),
    )
    steps = section(
        heading("Requests, step by step", "mdi:format-list-bulleted"),
        logbook([street.need(owner, "curtailment", "event") for owner in street.of_kind(*FLEXIBLE)], rows=10),
    )
    return view("The Tangle", "tangle", "mdi:graph", [health, growth, steps])
