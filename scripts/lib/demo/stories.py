"""Words on the dashboard: Jinja templates that say what happens now in sentences.

Home Assistant renders them again whenever an entity in them changes.
"""

import json
from collections.abc import Mapping
from typing import Final

from .street import Owner, Street

FLEXIBLE: Final = ("charger", "battery", "household")
# What each car of the street was given to begin with: it has not earned that.
_GIFT_I: Final = 25_000_000


def _people(street: Street) -> str:
    """Jinja for a list with everybody who can be asked."""
    rows = [
        {
            "name": owner.name,
            "kind": owner.kind,
            "state": street.need(owner, "curtailment"),
            "power": street.need(owner, "power"),
            "decision": street.need(owner, "last_decision"),
            "earned": street.need(owner, "earned"),
            # What the car at a charger helps with is the car's.
            "cars": [
                {"at": street.need(vehicle, "charger"), "earned": street.need(vehicle, "earned")}
                for vehicle in street.vehicles
                if owner.kind == "charger"
            ],
        }
        for owner in street.of_kind(*FLEXIBLE)
    ]
    return "{% set people = " + json.dumps(rows) + " %}"


def headline(street: Street) -> str:
    """Return one sentence about the feed, one about who is asked and who helps."""
    used, threshold, capacity, state = (
        street.need(street.island, key) for key in ("utilisation", "threshold", "capacity", "state")
    )
    return f"""\
{_people(street)}
{{% set used = states('{used}') | float(0) %}}
{{% set limit = 100 * states('{threshold}') | float(0) / states('{capacity}') | float(1) %}}
{{% set ns = namespace(asked=[], helping=[], declined=[], giving=[]) %}}
{{% for p in people %}}
{{% set s = states(p.state) %}}
{{% if s == 'issued' %}}{{% set ns.asked = ns.asked + [p.name] %}}
{{% elif s in ['accepted', 'active'] %}}{{% set ns.helping = ns.helping + [p.name] %}}
{{% elif s == 'declined' %}}{{% set ns.declined = ns.declined + [p.name] %}}{{% endif %}}
{{% if p.kind != 'household' and s in ['accepted', 'active'] and states(p.power) | float(0) < -100 %}}\
{{% set ns.giving = ns.giving + [p.name] %}}{{% endif %}}
{{% endfor %}}
{{% macro and(names) %}}{{{{ names[:-1] | join(', ') }}}}{{{{ ' and ' if names | length > 1 }}}}{{{{ names | last }}}}\
{{% endmacro %}}
{{% macro busiest() %}}the busiest phase is at {{{{ used | round(0) | int }}}}&nbsp;%{{% endmacro %}}
## {{% if states('{state}') == 'blind' %}}The meter is silent: chargers stay at their safe current\
{{% elif used > 100 %}}Too much for the cable: {{{{ busiest() }}}} of what it may carry\
{{% elif used > limit %}}Evening peak: {{{{ busiest() }}}}, help is asked for above {{{{ limit | round(0) | int }}}}\
&nbsp;%\
{{% elif ns.helping %}}The street balances itself: {{{{ busiest() }}}}\
{{% elif ns.asked %}}The transformer asks for help: {{{{ busiest() }}}}\
{{% else %}}All is well: {{{{ busiest() }}}} of what it may carry{{% endif %}}
{{% if has_value('{street.clock}') %}}\
It is **{{{{ states('{street.clock}') | as_timestamp | timestamp_custom('%H:%M') }}}}** on the street. {{% endif %}}\
{{% if ns.asked %}}The transformer asks {{{{ and(ns.asked) }}}} to take less. {{% endif %}}\
{{% if ns.helping %}}{{{{ and(ns.helping) }}}} {{{{ 'help' if ns.helping | length > 1 else 'helps' }}}}\
{{% if ns.giving %}}{{{{ ', ' + and(ns.giving) if ns.giving | length < ns.helping | length }}}} by feeding energy back\
{{% endif %}}. {{% endif %}}\
{{% if ns.declined and (ns.asked or ns.helping) %}}{{{{ and(ns.declined) }}}} said no. {{% endif %}}\
{{% if not ns.asked and not ns.helping and used <= limit %}}Nobody has to be asked. {{% endif %}}
"""


_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "issued": ("mdi:help-circle-outline", "is asked"),
    "accepted": ("mdi:check-circle", "said yes"),
    "declined": ("mdi:close-circle-outline", "said no"),
    "unanswered": ("mdi:dots-horizontal-circle-outline", "was asked, no answer"),
    "active": ("mdi:lightning-bolt-circle", "**helping now**"),
    "fulfilled": ("mdi:check-circle", "helped"),
    "opted_out": ("mdi:exit-run", "opted out"),
    "expired": ("mdi:timer-off-outline", "ended early"),
    "cancelled": ("mdi:cancel", "cancelled"),
    "settled": ("mdi:cash-clock", "helped, is being paid"),
    "paid": ("mdi:hand-coin", "helped, paid"),
    "confirmed": ("mdi:hand-coin", "helped, paid"),
}


def helpers(street: Street) -> str:
    """Return a table of who was asked, what the answer was and why, and what it earned."""
    return f"""\
{_people(street)}
{{% set words = {json.dumps(_WORDS)} %}}
{{% set asked = namespace(any=false) %}}
{{% for p in people if states(p.state) in words %}}{{% set asked.any = true %}}{{% endfor %}}
{{% if asked.any %}}
| who | answer |
|:--|:--|
{{% for p in people if states(p.state) in words -%}}
{{% set icon, word = words[states(p.state)] -%}}
{{% set reason = state_attr(p.decision, 'reason') -%}}
{{% set all = namespace(earned=states(p.earned) | float(0)) -%}}
{{% for car in p.cars if states(car.at) == p.name -%}}
{{% set all.earned = all.earned + [states(car.earned) | float(0) - {_GIFT_I}, 0] | max -%}}
{{% endfor -%}}
{{% set earned = all.earned -%}}
| **{{{{ p.name | replace(' ', '&nbsp;') }}}}** | <ha-icon icon="{{{{ icon }}}}"></ha-icon> {{{{ word }}}}\
{{{{ ' · earned **{{:,.2f}}&nbsp;Mi**'.format(earned / 1000000) if earned > 0 else '' }}}}\
{{{{ '<br>' + reason if reason else '' }}}} |
{{% endfor %}}
{{% else %}}
Nobody has been asked yet. When the load passes the threshold, the transformer asks chargers and their cars, the home \
battery and the homes to take less or to give back. Each decides for itself, and whoever helps is paid at once.
{{% endif %}}
"""


def participant(street: Street, owner: Owner) -> str:
    """Return when a car leaves, and what its owner's last answer was."""
    departure, reason = street.find(owner, "departure"), street.find(owner, "last_decision")
    sentences = []
    if departure:
        sentences.append(
            f"{{% if has_value('{departure}') %}}Leaves at "
            f"{{{{ states('{departure}') | as_timestamp | timestamp_custom('%H:%M') }}}}. {{% endif %}}"
        )
    if reason:
        sentences.append(f"{{{{ state_attr('{reason}', 'reason') or '' }}}}")
    return "".join(sentences)


def latest_payment(street: Street) -> str:
    """Return the newest step of a payment: how much, to whom, and where it can be looked up."""
    payment = street.need(street.island, "payment", "event")
    return f"""\
{{% set amount = state_attr('{payment}', 'amount') %}}
{{% if amount %}}
{{% set tail = state_attr('{payment}', 'transaction') %}}
**{{{{ '{{:,.2f}}&nbsp;Mi'.format(amount / 1000000) }}}}** to **{{{{ state_attr('{payment}', 'target') }}}}**, \
{{{{ state_attr('{payment}', 'event_type') }}}}{{% if tail %}} as transaction `{{{{ tail[:12] }}}}…`{{% endif %}}
{{% else %}}
No payment yet.
{{% endif %}}
"""


def supply(owner: Owner) -> str:
    """Return the sentence under a wallet page."""
    return (
        f"The treasury of **{owner.name}** pays whoever helps, straight into the helper's own wallet: one payment for "
        "each request and helper. Cars pay it for energy while they charge. Amounts are in iota (i); the sum of all "
        "wallets never changes."
    )
