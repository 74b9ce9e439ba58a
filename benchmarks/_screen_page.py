"""The page of an island in a browser without Home Assistant: the built files, and a street of any size that moves."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, override

from custom_components.tangle_grid.screen.picture import VERSION

_COMPONENT: Final = Path(__file__).parents[1] / "custom_components/tangle_grid"
BUILT: Final = _COMPONENT / "frontend"
NOW: Final = 1_796_061_600.0
"""When it is on the street: half past seven in the evening, UTC."""

_PAGE: Final = Path(__file__).with_name("screen_page.html")


def participant(name: str, kind: str, **others: Any) -> dict[str, Any]:
    """Return a participant as the picture tells it."""
    return {
        "name": name,
        "kind": kind,
        "feeder": "main",
        "power_w": 400,
        "phase_w": None,
        "setpoint": None,
        "planned_a": None,
        "why": {"key": "why_free", "values": {}},
        "silent": False,
        "compliant": True,
        "help": "idle",
        "request": None,
        "shed": [],
        "delivered_wh": 0,
        "earned_i": 0,
        "owned": False,
        "device_id": f"device-{name}",
        **others,
    }


def _charger(number: int) -> dict[str, Any]:
    waits = number % 5 == 3
    why = (
        {"key": "why_protection_waits", "values": {"phases": "L1", "feeder": "Maple Street", "setpoint": 0}}
        if waits
        else {"key": "why_unlimited", "values": {}}
    )
    return participant(
        f"Charger {number + 1}",
        "charger",
        power_w=0 if waits else 3_600 + 40 * number,
        setpoint=0 if waits else 16,
        connected=True,
        why=why,
        soc=20 + (number * 7) % 70,
        session_wh=4_200 + 310 * number,
        session_at=NOW - 7_200,
        departure_at=NOW + 11.5 * 3_600,
        vehicle=None,
        mode=("departure", "now", "sun", "pause")[number % 4],
        price=0.2831,
        cost=1.2 + number / 10,
        payment="paying",
        planned=[[NOW - 900, NOW + 1_800, 10.0], [NOW + 5 * 3_600, NOW + 9 * 3_600, 16.0]],
        ready_in_time=number % 4 != 1,
        silent=number % 11 == 7,
        earned_i=2_310_000 if number % 3 == 0 else 0,
        delivered_wh=2_310 if number % 3 == 0 else 0,
    )


def _participants(count: int) -> dict[str, dict[str, Any]]:
    chargers = max(1, count // 3) if count else 0
    others = count - chargers
    found = {f"charger-{number}": _charger(number) for number in range(chargers)}
    for number in range(others):
        if count > 1 and number == 0:
            found["solar-0"] = participant("Rooftop solar", "solar", power_w=-2_300)
        elif count > 2 and number == 1:  # the third has a battery
            found["battery-0"] = participant(
                "Home battery", "battery", power_w=-900, soc=64, reserve_soc=20, capacity_wh=10_000, setpoint=-900
            )
        else:
            loads = [{"entity": "switch.heat_pump", "power_w": 2_000, "on": number % 2 == 0, "shed": number == 2}]
            found[f"home-{number}"] = participant(f"Home {number}", "household", power_w=350 + 45 * number, loads=loads)
    return found


def _requests(asked: list[str]) -> dict[str, Any]:
    parts = [
        {
            "participant": each,
            "state": state,
            "power_w": 1_800,
            "rate": 1_000_000,
            "reason": None,
            "energy_wh": 0,
            "amount_i": 0,
            "payment": None,
            "means": {
                "effect": "charges_slower",
                "setpoint": 8.0,
                "power_w": 1_800,
                "duration_s": 900,
                "ready_at": NOW + 10 * 3_600,
                "earns_i": 450_000,
            },
        }
        for each, state in zip(asked, ("issued", "active", "declined"), strict=False)
    ]
    request = {
        "feeder": "main",
        "power_w": 3_600,
        "rate": 1_000_000,
        "issued_at": NOW - 20,
        "answer_by": NOW + 100,
        "starts_at": NOW - 10,
        "ends_at": NOW + 890,
        "automatic": True,
        "closed": False,
        "accepted_w": 1_800,
        "active_w": 1_800,
        "parts": parts,
    }
    return {"5f0c3a527f4e": request} if parts else {}


def _askable(participants: Mapping[str, Any]) -> list[str]:
    return [each for each, item in participants.items() if item["kind"] != "solar"]


def _answers(participants: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page is answered when it asks: messages, payments, the graph, a statement, the day."""
    first = next(iter(participants), "nobody")
    name = participants[first]["name"] if participants else "Nobody"
    moment = datetime.fromtimestamp(NOW - 60, UTC).isoformat()
    message = {
        "message_id": "m",
        "kind": "settlement",
        "body": {
            "participant": first,
            "energy_wh": 466,
            "amount_i": 466_000,
            "rate_i_per_kwh": 1_000_000,
            "payment_id": "5f0c3a527f4e:x",
        },
        "sender": "ab" * 32,
        "participant": None,
        "sequence": 4,
        "issued_at": moment,
        "transaction": "T" * 81,
        "confirmed": True,
        "verified": True,
        "sealed": False,
        "rejection": None,
    }
    payment = {
        "payment_id": "5f0c3a527f4e:x",
        "source": "Maple Street",
        "target": name,
        "amount": 466_000,
        "state": "confirmed",
        "transaction": "T" * 81,
        "created_at": moment,
    }
    kinds = ["meter", None, "request", "answer", None, "settlement", "payment"]
    nodes = [
        {
            "tail": f"N{number}",
            "approves": [f"N{number - 1}", f"N{number - 1 - number % 3}"],
            "kind": kinds[number % len(kinds)],
            "value": 466_000 if number % len(kinds) == len(kinds) - 1 else 0,
            "attached_at": NOW - 30 * (40 - number),
            "confirmed": number < 38,  # the newest are not
        }
        for number in range(40)
    ]
    lines = [
        {"at": NOW - 90, "kind": kind, "amount_i": amount, "wh_in": 0, "wh_out": 0}
        for kind, amount in (("reward", 1_620_000), ("charging", -940_000), ("parking", -150_000))
    ]
    evening = [
        {"lu": NOW - 5_400 + 300 * number, "s": str(9_000 + 1_700 * (number % 7) + 500 * number)}
        for number in range(18)
    ]
    days = [{"start": (NOW - 86_400 * day) * 1_000, "mean": 9_000 + 700 * day, "max": 18_000} for day in range(6)]
    return {
        "get_messages": {"messages": [message]},
        "get_payments": {"payments": [payment]},
        "statement": {"url": "#", "month": "2026-11", "content": {"lines": lines}},
        "tangle_grid/tangle": nodes,
        "history/history_during_period": {"sensor.load": evening},
        "recorder/statistics_during_period": {"sensor.load": days},
    }


_HOUSES: Final = {"house-1": "Number 12", "house-2": "Number 14"}


def _house(house_id: str) -> dict[str, Any]:
    """Return the line of a house with an island of its own."""
    return {
        "name": _HOUSES[house_id],
        "parent": "main",
        "load_w": [2_100, 900, 1_400],
        "capacity_w": [5_750] * 3,
        "threshold_w": [5_750] * 3,
        "headroom_w": None,
        "peak_w": 6_000,
        "state": "normal",
        "blind": False,
        "awaited": False,
        "temporary_until": None,
    }


def _links() -> dict[str, dict[str, Any]]:
    """Return a street above, two houses below, of which one is silent, and two neighbours: one sells, one buys."""
    link: dict[str, Any] = {
        "why": None,
        "figures": {},
        "price": None,
        "feeder": None,
        "reports": None,
        "device_id": "d",
    }
    reports = {
        "offers_w": 1_800,
        "slots": [
            {"connected": True, "need_wh": 11_000, "power_w": 3_600},
            {"connected": False, "need_wh": None, "power_w": 0},
        ],
    }
    house = {"relation": "below", "power_w": -4_400, "limit_w": [3_450, 3_450, 2_300], "reports": reports}
    street_above = {"name": "Hilltop", "relation": "above", "power_w": 9_200, "limit_w": [7_360] * 3}
    silent = {"state": "dead", "why": "lost", "feeder": "house-2", "limit_w": None, "reports": None}
    last = {"energy_wh": 1_180, "own_wh": 1_180, "their_wh": 1_420, "differs": True}
    beside = {"relation": "beside", "limit_w": None, "blind": False}
    sells = {"name": "Number 16", "power_w": 1_300, "price": 0.21, "agreed_w": 1_250, "last": last}
    buys = {"name": "Hill Street", "power_w": -2_100, "price": 0.19, "agreed_w": -2_000, "last": None}
    return {
        "above": link | street_above | {"state": "connected"},
        "house-1": link | house | {"name": "Number 12", "state": "connected", "feeder": "house-1"},
        "house-2": link | house | silent | {"name": "Number 14"},
        "neighbour-1": link | beside | sells | {"state": "slow"},
        "neighbour-2": link | beside | buys | {"state": "connected"},
    }


def _supply(state: str, participants: Mapping[str, Any]) -> dict[str, Any]:
    """Return what feeds the island: nothing of it, where nobody would know that the cable is dead."""
    if state not in {"dead", "island", "returning"}:
        return {}
    homes = [each for each in participants if each.startswith("home")]
    chargers = [each for each in participants if each.startswith("charger")]
    waiting = [*((each, "switch.heat_pump") for each in homes[:1]), *((each, None) for each in chargers[:9])]
    lost_at = NOW - 4_500
    return {
        "0": {
            "state": state,
            "since": lost_at,
            "lost_at": lost_at,
            "lasts_until": NOW + 9 * 3_600 if state == "island" else None,
            "waiting": waiting,
        }
    }


def street(count: int, state: str = "") -> dict[str, Any]:
    """Return what the page of a street is told.

    `state`: old, blind, ledger, asked, refused, dead, island, returning, linked, or nothing special.
    """
    participants = _participants(count)
    many = max(1, count)
    load = [1_500 * many, 1_100 * many, 800 * many]
    capacity = [2_200 * many] * 3
    hours = [round(0.22 + 0.12 * abs(((hour + 5) % 24) - 12) / 12, 3) for hour in range(36)]
    feeder = {
        "name": "Maple Street",
        "parent": None,
        "load_w": None if state == "blind" else load,
        "capacity_w": capacity,
        "threshold_w": [round(each * 0.75) for each in capacity],
        "headroom_w": None if state == "blind" else [most - now for most, now in zip(capacity, load, strict=True)],
        "peak_w": sum(load),
        "state": "blind" if state == "blind" else "balancing" if state == "asked" else "normal",
        "blind": state == "blind",
        "awaited": False,
        "temporary_until": None,
    }
    slots = [round(sum(load) * (0.55 + 0.35 * abs((slot % 96) - 48) / 48)) for slot in range(96)]
    wallets = {
        owner: {"balance_i": 3_500_000, "name": each["name"], "kind": each["kind"], "owners": [], "device_id": "d"}
        for owner, each in participants.items()
    }
    ledger = {"open": True, "error": None, "backend": "embedded", "queued": 0, "transactions": 4_210, "milestone": 803}
    away = {"open": False, "error": "The node does not answer."}
    return {
        "version": VERSION,
        "entry": json.loads((BUILT / "manifest.json").read_text())["entry"],
        "now": NOW,
        "gone": state == "old",
        "refused": state == "refused",
        "states": {
            "sensor.load": {"entity_id": "sensor.load", "state": "1", "attributes": {}},
            "sensor.address": {"entity_id": "sensor.address", "state": "ready", "attributes": {"address": "A9" * 45}},
            "switch.heat_pump": {
                "entity_id": "switch.heat_pump",
                "state": "on",
                "attributes": {"friendly_name": "Heat pump"},
            },
        },
        "answers": _answers(participants),
        "picture": {
            "island": {
                "0": {
                    "title": "Maple Street",
                    "id": "island",
                    "entry_id": "island",
                    "live": True,
                    "speed": 1,
                    "wall_anchor": 0,
                    "grid_anchor": None,
                    "reward_rate": 1_000_000,
                    "token_rate": 1_000_000,
                    "currency": "EUR",
                    "main_feeder": "main",
                    "device_id": "device",
                }
            },
            "feeders": {"main": feeder} | ({each: _house(each) for each in _HOUSES} if state == "linked" else {}),
            "participants": participants,
            "vehicles": {},
            "requests": _requests(_askable(participants)[:3]) if state == "asked" else {},
            "plan": {
                "0": {
                    "start": NOW,
                    "step_s": 900,
                    "base_w": [round(each * 0.8) for each in slots],
                    "total_w": slots,
                    "peak_w": max(slots),
                    "energy_wh": 48_000,
                }
            },
            "wallets": wallets,
            "ledger": {"0": away if state == "ledger" else ledger},
            "forecast": {
                "0": {
                    "price": {"start": NOW - 3_600, "step_s": 3_600, "values": hours},
                    "sun_w": {
                        "start": NOW - 3_600,
                        "step_s": 3_600,
                        "values": [max(0, 3_000 - 420 * abs(hour - 17)) for hour in range(36)],
                    },
                }
            },
            "services": {},
            "links": _links() if state == "linked" else {},
            "supply": _supply(state, participants),
            "entities": {
                "0": {"load": "sensor.load"},
                **{
                    owner: {"receive_address": "sensor.address", "charging_mode": f"select.{owner}"}
                    for owner in participants
                },
            },
        },
    }


class _Handler(SimpleHTTPRequestHandler):
    @override
    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        if path == "/street.json":
            asked = dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair)
            found = street(int(asked.get("count", "12")), asked.get("state", ""))
            self._answer("application/json", json.dumps(found | {"view": asked.get("view", "")}))
        elif path == "/words.json":
            texts: Mapping[str, Any] = json.loads((_COMPONENT / "translations/en.json").read_text(encoding="utf-8"))
            self._answer("application/json", json.dumps(texts["common"]))
        elif path.startswith("/built/"):
            self.path = path.removeprefix("/built")
            super().do_GET()
        else:
            self._answer("text/html", _PAGE.read_text(encoding="utf-8"))

    def _answer(self, kind: str, text: str) -> None:
        data = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    """Serve the page, and give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(BUILT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
