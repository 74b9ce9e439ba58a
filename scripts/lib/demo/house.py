"""A house below the street: a Home Assistant of its own whose meter, charger and car are ordinary entities."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from .api import HomeAssistantApi, Json
from .errors import DemoError
from .flows import CONFIG, OPTIONS, REPAIR, SUBENTRY, walk
from .home import CONFIGURATION, HOME_NAME
from .progress import Progress
from .steps import poll
from .street import DOMAIN, Owner, Street, loaded

NAME: Final = "Number 12"
CHARGER: Final = "Driveway"
FUSE_A: Final = 25
_PHASES: Final = (1, 2, 3)
_JOIN_S: Final = 40.0

# The car takes what its limit says. Beside it the house draws a little on each phase, and on L1 something comes and
# goes: nobody controls that. Each sensor reports once a second, as a meter does.
CONFIGURATION_OF_HOUSE: Final = (
    CONFIGURATION.replace(f"name: {HOME_NAME}", f"name: {HOME_NAME}, {NAME}")
    + """\
input_number:
  driveway_limit:
    name: Driveway limit
    min: 0
    max: 16
    step: 1
    initial: 6
    unit_of_measurement: A
input_boolean:
  driveway_car:
    name: Driveway car is plugged in
    initial: true
template:
  - triggers:
      - trigger: time_pattern
        seconds: /1
    variables:
      limit: "{{ states('input_number.driveway_limit') | float(0) }}"
      amps: "{{ limit if limit >= 6 and is_state('input_boolean.driveway_car', 'on') else 0 }}"
      car_w: "{{ (amps * 230) | round }}"
      second: "{{ now().second }}"
    sensor:
"""
    + "".join(
        f"""\
      - name: House L{phase}
        unique_id: house_l{phase}
        device_class: power
        state_class: measurement
        unit_of_measurement: W
        state: "{{{{ (car_w + {other}) | round }}}}"
"""
        for phase, other in (
            (1, "380 + (350 if second % 30 < 12 else 0) + second % 4"),
            (2, "560 + second % 5"),
            (3, "240 + second % 3"),
        )
    )
    + """\
      - name: Driveway power
        unique_id: driveway_power
        device_class: power
        state_class: measurement
        unit_of_measurement: W
        state: "{{ (3 * car_w) | round }}"
      - name: Driveway car charge
        unique_id: driveway_soc
        device_class: battery
        unit_of_measurement: "%"
        state: "{{ [100, (this.state | float(38)) + 3 * car_w / 3600 / 600] | min | round(3) }}"
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """A house that is set up.

    Attributes:
        island: Its island, as the registries of its Home Assistant know it.
        charger: Its charger.
    """

    island: Street
    charger: Owner


async def set_up_house(api: HomeAssistantApi, progress: Progress) -> House:
    """Make an island of the house's meter, and add its charger, through the forms that a person uses."""
    progress.say(f"setting up the house '{NAME}', with a fuse of {FUSE_A} A and a charger")
    meter = {
        "name": NAME,
        "meter_power": [f"sensor.house_l{phase}" for phase in _PHASES],
        "capacity_a": FUSE_A,
    }
    menus = {"user": {"next_step_id": "island"}, "begin": {"next_step_id": "by_hand"}}
    made, _ = await walk(api, CONFIG, {"handler": DOMAIN}, {**menus, "island": meter})
    entry_id: str = _created(made, "the island of the house")["result"]["entry_id"]
    await loaded(api, entry_id)
    made, _ = await walk(
        api,
        SUBENTRY,
        {"handler": [entry_id, "charger"]},
        {
            "begin": {"next_step_id": "by_hand"},
            "user": {
                "name": CHARGER,
                "power": "sensor.driveway_power",
                "current_limit": "input_number.driveway_limit",
                "connected": "input_boolean.driveway_car",
            },
            "car": {"soc": "sensor.driveway_car_charge", "battery_kwh": 60, "target_soc": 90},
            "policy": {"mode": "always"},
            "test": {"next_step_id": "finish"},
        },
    )
    _created(made, "the charger of the house")
    # A plan would move the car into the night, and nothing would meet in the street's evening.
    balancing: dict[str, object] = {"planning": False}
    made, _ = await walk(
        api, OPTIONS, {"handler": entry_id}, {"init": {"next_step_id": "balancing"}, "balancing": balancing}
    )
    _created(made, "the options of the house")

    async def whole() -> House | None:
        island = await loaded(api, entry_id)
        return next((House(island=island, charger=charger) for charger in island.of_kind("charger")), None)

    return await poll(whole, _JOIN_S, "the charger of the house does not appear on its island")


async def share_node(street_api: HomeAssistantApi, street: Street, house_api: HomeAssistantApi, house: House) -> None:
    """Let the house use the street's Tangle: as a guest of its node, and chosen in the house's options."""
    made, shown = await walk(
        street_api, SUBENTRY, {"handler": [street.entry_id, "guest"]}, {"user": {"name": f"Node of {NAME}"}}
    )
    _created(made, "the guest of the street's node")
    guest = next(said for step, said in shown.items() if step.startswith("token"))
    made, _ = await walk(
        house_api,
        OPTIONS,
        {"handler": house.island.entry_id},
        {
            "init": {"next_step_id": "ledger"},
            "ledger": {"next_step_id": "other_node"},
            "other_node": {"url": street_api.url + urlsplit(guest["url"]).path, "token": guest["token"]},
        },
    )
    _created(made, "the street's node as the ledger of the house")


async def join(
    street_api: HomeAssistantApi, street: Street, house_api: HomeAssistantApi, house: House, progress: Progress
) -> tuple[str, str]:
    """Join by code: the street makes one, the house asks with it, and the operator of the street lets it in.

    Returns:
        The subentry of the house in the street, and that of the street in the house.
    """
    progress.say("the street makes a code")
    _, shown = await walk(
        street_api,
        SUBENTRY,
        {"handler": [street.entry_id, "house"]},
        {"user": {"way": "direct", "url": street_api.url}},
    )
    progress.say("the house asks with it")
    made, _ = await walk(
        house_api,
        SUBENTRY,
        {"handler": [house.island.entry_id, "upper_island"]},
        {"user": {"code": shown["code"]["code"]}},
    )
    _created(made, "the larger island of the house")
    issue_id = await poll(lambda: _question(street_api), _JOIN_S, "the operator of the street was not asked")
    progress.say(f"the operator of the street lets it in as '{NAME}'")
    made, _ = await walk(
        street_api,
        REPAIR,
        {"handler": DOMAIN, "issue_id": issue_id},
        {"init": {"next_step_id": "approve"}, "approve": {"name": NAME}},
    )
    _created(made, "the house in the street")
    return (
        await _subentry(street_api, street.entry_id, "house"),
        await _subentry(house_api, house.island.entry_id, "upper_island"),
    )


def _created(made: Json, what: str) -> Json:
    if made["type"] != "create_entry":
        raise DemoError(f"{what} was not made: {made.get('reason', made['type'])}")
    return made


async def _question(api: HomeAssistantApi) -> str | None:
    """Return the repair that tells the operator that somebody asks."""
    for issue in (await api.command("repairs/list_issues"))["issues"]:
        if issue["domain"] == DOMAIN and issue["issue_id"].startswith("join_request_"):
            return str(issue["issue_id"])
    return None


async def _subentry(api: HomeAssistantApi, entry_id: str, kind: str) -> str:
    for each in await api.command("config_entries/subentries/list", entry_id=entry_id):
        if each["subentry_type"] == kind:
            return str(each["subentry_id"])
    raise DemoError(f"there is no {kind} on the island")
