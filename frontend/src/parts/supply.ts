/** The feeding cable: whether it feeds, and while it does not what runs, for how long, and what comes back next. */

import { css, html, nothing, type CSSResultGroup, type TemplateResult } from "lit";

import type { Hass } from "../hass";
import { ONLY, sum, type Island, type Picture, type Supply } from "../picture";
import type { Words } from "../words";

/** So many names are told one by one. */
const NAMED = 6;

export const supplyStyles: CSSResultGroup = css`
  .outage {
    border-left: 4px solid var(--tg-bad);
    margin-bottom: 16px;
  }
  .outage dd {
    text-align: start;
  }
  @media (max-width: 640px) {
    .outage dl {
      grid-template-columns: 1fr;
    }
    .outage dd {
      margin-bottom: 8px;
    }
  }
  .outage.returning {
    border-left-color: var(--tg-warn);
  }
`;

/** Return what feeds the island, when it is not its cable as usual. */
export function outageOf(picture: Picture): Supply | null {
  const supply = picture.supply[ONLY];
  return supply && supply.state !== "cable" ? supply : null;
}

/** Return whether the feeding cable is dead. */
export function isDead(picture: Picture): boolean {
  const state = picture.supply[ONLY]?.state;
  return state === "dead" || state === "island";
}

/** Return what an outage means now, in one sentence. */
export function outageSentence(picture: Picture, island: Island, supply: Supply, words: Words): string {
  const feeder = picture.feeders[island.main_feeder];
  return words.t(`headline_supply_${supply.state}`, {
    since: supply.lost_at === null ? "?" : words.time(supply.lost_at),
    load: words.power(sum(feeder?.load_w)),
    most: words.power(sum(feeder?.capacity_w)),
  });
}

function names(all: string[], words: Words): string {
  const more = all.length - NAMED;
  return more > 0 ? words.t("and_more", { names: all.slice(0, NAMED).join(", "), count: more }) : all.join(", ");
}

function loadName(hass: Hass | undefined, entity: string): string {
  const name = hass?.states[entity]?.attributes.friendly_name;
  return typeof name === "string" ? name : entity;
}

/** Return the loads that are on without the cable, and who gives what they take. */
export function stillOn(picture: Picture, hass: Hass | undefined): { on: string[]; gives: string[] } {
  const on: string[] = [];
  const gives: string[] = [];
  for (const each of Object.values(picture.participants)) {
    if ((each.power_w ?? 0) < 0) gives.push(each.name);
    for (const load of each.loads ?? []) if (load.on && !load.shed) on.push(loadName(hass, load.entity));
  }
  return { on, gives };
}

/** Return an outage with what people ask first; nothing while the cable feeds. */
export function outageBox(picture: Picture, island: Island, words: Words, hass: Hass | undefined): TemplateResult | typeof nothing {
  const supply = outageOf(picture);
  if (!supply) return nothing;
  const { on, gives } = stillOn(picture, hass);
  const waiting = supply.waiting.map(([participant, load]) =>
    load === null ? (picture.participants[participant]?.name ?? participant) : loadName(hass, load),
  );
  const rows: [string, string][] = [];
  if (supply.state === "island") {
    const lasts = supply.lasts_until;
    rows.push([
      words.t("outage_lasts"),
      lasts === null
        ? words.t("outage_lasts_long")
        : words.t("outage_lasts_until", { at: words.date(lasts), span: words.span(lasts - words.now(island)) }),
    ]);
  }
  if (gives.length) rows.push([words.t("outage_gives"), names(gives, words)]);
  if (supply.state !== "dead") rows.push([words.t("outage_on"), on.length ? names(on, words) : words.t("outage_base")]);
  if (waiting.length) {
    const isBack = supply.state === "returning";
    rows.push([words.t(isBack ? "outage_next" : "outage_off"), names(waiting, words)]);
  }
  return rows.length
    ? html`<section class="box outage ${supply.state}" aria-label=${words.t("outage")}>
        <dl style="margin:0">${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
      </section>`
    : nothing;
}
