/** Other islands: the street above, houses below, neighbours beside; how the way to them is, and what passes. */

import { html, nothing, type TemplateResult } from "lit";

import { icon } from "../icons";
import { sum, type Island, type Link, type LinkState, type Picture } from "../picture";
import type { Words } from "../words";

/** A way that is not as it should be: how it is framed. */
const TONES: Record<LinkState, "" | "warn" | "bad"> = {
  connected: "",
  slow: "warn",
  waiting: "warn",
  dead: "bad",
  refused: "bad",
  ended: "bad",
};

export function toneOf(link: Link): "" | "warn" | "bad" {
  return (TONES[link.state] ?? "warn") || (link.blind || link.last?.differs ? "warn" : "");
}

/** Return those that are not a line of this island. */
export function otherIslands(picture: Picture, relation: Link["relation"]): Link[] {
  return Object.values(picture.links).filter((link) => link.relation === relation);
}

/** Return a house below by its line. */
export function houseAt(picture: Picture, feederId: string): Link | undefined {
  return Object.values(picture.links).find((link) => link.feeder === feederId);
}

/** Return how the way is, and why it is not as it should be; nothing while all is well. */
export function linkTrouble(link: Link, words: Words): string | null {
  if (link.state === "connected") {
    return link.blind ? words.t("link_blind") : link.last?.differs ? words.t("link_differs") : null;
  }
  const state = words.t(`link_state_${link.state}`);
  return link.why ? `${state}: ${words.common(`link_why_${link.why}`, link.figures)}` : state;
}

/** Return what may pass, and what was said of it. */
export function linkFacts(link: Link, words: Words, island: Island): string {
  const limit = sum(link.limit_w);
  const facts: string[] = [];
  if (link.relation === "beside") {
    const agreed = link.agreed_w ?? 0;
    const power = words.power(Math.abs(agreed));
    facts.push(agreed ? words.t(agreed > 0 ? "link_buys" : "link_sells", { power }) : words.t("link_no_trade"));
  } else {
    const isAbove = link.relation === "above";
    facts.push(
      limit === null ? words.t("link_no_limit") : words.t(isAbove ? "link_grants" : "link_may", { power: words.power(limit) }),
    );
  }
  if (link.price !== null) facts.push(`${words.money(link.price, island)}/kWh`);
  const slots = link.reports?.slots ?? [];
  if (slots.length) {
    const wanting = slots.filter((slot) => slot.connected);
    const need = wanting.reduce((total, slot) => total + (slot.need_wh ?? 0), 0);
    facts.push(words.t("link_slots", { wanting: wanting.length, count: slots.length, energy: words.energy(need) }));
  }
  if (link.reports?.offers_w) facts.push(words.t("link_offers", { power: words.power(link.reports.offers_w) }));
  return facts.join(" · ");
}

/** Return what flows, with its direction where it can be either. */
export function linkFlow(link: Link, words: Words): string {
  if (link.power_w === null) return "?";
  if (link.relation !== "beside") return words.power(link.power_w);
  const power = words.power(Math.abs(link.power_w));
  return link.power_w ? words.t(link.power_w > 0 ? "link_in" : "link_out", { power }) : power;
}

/** Return what the last trade came to, and what both meters counted of it. */
export function lastTrade(link: Link, words: Words): string | null {
  if (!link.last) return null;
  const { energy_wh: energy, own_wh: own, their_wh: theirs } = link.last;
  const values = { energy: words.energy(Math.abs(energy)), own: words.energy(own), theirs: words.energy(theirs) };
  return words.t(energy < 0 ? "link_last_sold" : "link_last_bought", values);
}

/** Return the content of the box of another island. */
export function linkBox(link: Link, words: Words, island: Island): TemplateResult {
  const trouble = linkTrouble(link, words);
  const relation = words.t(`link_${link.relation}`);
  // Whom nothing is wrong with is connected; of a neighbour that is said, as nothing may flow all day.
  const isFine = link.relation === "beside" && link.state === "connected";
  return html`<div class="spread">
      <div class="name">${icon("link")}<span>${link.name}</span></div>
      <span class="number">${linkFlow(link, words)}</span>
    </div>
    ${linkLines(link, words, island, trouble, isFine ? `${relation}, ${words.t("link_state_connected")}` : relation)}`;
}

/** Return what is said below the name of another island. */
export function linkLines(link: Link, words: Words, island: Island, trouble = linkTrouble(link, words), relation = ""): TemplateResult {
  const facts = linkFacts(link, words, island);
  const last = lastTrade(link, words);
  return html`${trouble ? html`<div class="why"><b class="chip ${toneOf(link)}">!</b> ${trouble}</div>` : nothing}
    <div class="why">${[relation, facts].filter(Boolean).join(" · ")}</div>
    ${last ? html`<div class="why">${last}</div>` : nothing}`;
}
