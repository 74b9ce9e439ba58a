/** A car's night as a bar: when it charges by the plan, with price and sun behind it, now, and when it leaves. */

import { css, html, nothing, svg, type CSSResultGroup, type SVGTemplateResult, type TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";

import type { Island, Participant, Picture, Values } from "../picture";
import type { Words } from "../words";

const WIDTH = 600;
const HEIGHT = 96;
const BASE = 78;
const BEFORE_S = 1_800;
const AFTER_S = 3_600;
const LEAST_S = 8 * 3_600;
const MOST_S = 30 * 3_600;
/** What the time moves less than this, nobody sees. */
const STEP_S = 60;

export const planBarStyles: CSSResultGroup = css`
  .plan {
    margin-top: 12px;
  }
  .plan svg {
    display: block;
    width: 100%;
    height: 96px;
    overflow: visible;
  }
  .plan.bare svg {
    height: 48px;
  }
  .plan .price {
    fill: color-mix(in srgb, var(--tg-soft) 16%, transparent);
  }
  .plan .sun {
    fill: color-mix(in srgb, var(--tg-sun) 45%, transparent);
  }
  .plan .run {
    fill: var(--tg-flow);
  }
  .plan .axis {
    stroke: var(--tg-line);
    vector-effect: non-scaling-stroke;
  }
  .plan .now,
  .plan .leaves {
    stroke: var(--primary-text-color);
    stroke-width: 2;
    vector-effect: non-scaling-stroke;
  }
  .plan .now {
    stroke-dasharray: 3 3;
  }
  .plan .ticks {
    position: relative;
    height: 16px;
    margin-top: -16px;
    font-size: 11px;
    color: var(--tg-soft);
  }
  .plan .ticks span {
    position: absolute;
    transform: translateX(-50%);
    white-space: nowrap;
  }
  .plan .ticks .leaving {
    color: var(--primary-text-color);
    font-weight: 500;
    top: -80px;
    transform: translateX(calc(-100% - 6px));
  }
  .plan.bare .ticks {
    margin-top: -8px;
  }
  .plan.bare .ticks .leaving {
    top: -42px;
  }
  .plan .key {
    display: flex;
    gap: 12px;
    flex-wrap: wrap;
    font-size: 12px;
    color: var(--tg-soft);
  }
  .plan .key i {
    display: inline-block;
    width: 10px;
    height: 10px;
    border-radius: 2px;
    margin-inline-end: 4px;
  }
`;

function area(values: Values, from: number, to: number, least: number, most: number, name: string, top: number): SVGTemplateResult {
  const x = (at: number): number => ((Math.min(to, Math.max(from, at)) - from) / (to - from)) * WIDTH;
  const y = (value: number): number => BASE - ((value - least) / Math.max(1e-9, most - least)) * (BASE - top);
  const parts: string[] = [];
  values.values.forEach((value, index) => {
    const start = values.start + index * values.step_s;
    if (start + values.step_s <= from || start >= to) return;
    parts.push(`${parts.length ? "L" : "M"}${x(start).toFixed(1)} ${y(value).toFixed(1)}H${x(start + values.step_s).toFixed(1)}`);
  });
  if (parts.length === 0) return svg``;
  const first = parts[0]!.slice(1).split(" ")[0];
  return svg`<path class=${name} d="${parts.join("")}V${BASE}H${first}Z"></path>`;
}

/** Return the bar of a charger with a car; it is drawn again only when something of it has changed, the minute included. */
export function planBar(picture: Picture, island: Island, participant: Participant, words: Words): unknown {
  const { connected, planned, departure_at: leaves, ready_in_time: isReady } = participant;
  const now = Math.floor(words.now(island) / STEP_S) * STEP_S;
  const shown = JSON.stringify([connected, planned, leaves, isReady, now]);
  return guard([shown, picture.forecast, ...words.sources], () => drawn(picture, participant, words, now));
}

/** Return the bar; nothing where there is neither a plan nor a departure. */
function drawn(picture: Picture, participant: Participant, words: Words, now: number): TemplateResult | typeof nothing {
  const runs = participant.planned ?? [];
  const leaves = participant.departure_at ?? null;
  if (!participant.connected || (runs.length === 0 && leaves === null)) return nothing;
  const from = now - BEFORE_S;
  const last = Math.max(leaves ?? 0, runs.at(-1)?.[1] ?? 0, now + LEAST_S) + AFTER_S;
  const to = Math.min(last, from + MOST_S);
  const x = (at: number): number => ((at - from) / (to - from)) * WIDTH;
  const strongest = Math.max(1, ...runs.map(([, , amps]) => amps));
  const { price, sun_w: sun } = picture.forecast["0"] ?? { price: null, sun_w: null };
  const shown = runs.filter(([, end, amps]) => end > from && amps > 0);
  const hours: number[] = [];
  // "07:00 PM" needs twice the room.
  const isWide = to - from > 14 * 3_600 || words.time(now).length > 5;
  const step = isWide ? 4 * 3_600 : 2 * 3_600;
  for (let at = Math.ceil(from / step) * step; at < to - step / 3; at += step) {
    // A name that would stick out on the left is left away.
    if ((at - from) / (to - from) > 0.05) hours.push(at);
  }
  const text = shown.length
    ? words.t("plan_text", {
        times: shown.map(([start, end]) => words.t("from_to_time", { from: words.time(Math.max(start, now)), to: words.time(end) })).join(", "),
      })
    : words.t("plan_none");
  const isIn = (at: number): boolean => at > from && at < to;
  const isBare = shown.length === 0 && !price && !sun;
  return html`<div class="plan ${isBare ? "bare" : ""}">
    <div class="spread">
      <span class="soft">${words.t("plan_title")}</span>
      ${participant.ready_in_time === false
        ? html`<span class="chip warn">${words.t("plan_late")}</span>`
        : participant.ready_in_time && leaves !== null
          ? html`<span class="chip good">${words.t("plan_ready", { at: words.time(leaves) })}</span>`
          : nothing}
    </div>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${text}>
      ${price ? area(price, from, to, Math.min(0, ...price.values), Math.max(...price.values), "price", 12) : nothing}
      ${sun ? area(sun, from, to, 0, Math.max(1, ...sun.values), "sun", 30) : nothing}
      ${shown.map(([start, end, amps]) => {
        const height = 10 + 26 * (amps / strongest);
        const left = Math.max(0, x(start));
        return svg`<rect class="run" x=${left.toFixed(1)} y=${(BASE - height).toFixed(1)} width=${Math.max(1, x(Math.min(to, end)) - left - 1).toFixed(1)} height=${height.toFixed(1)} rx="2"></rect>`;
      })}
      <path class="axis" d="M0 ${BASE}H${WIDTH}"></path>
      <path class="now" d="M${x(now).toFixed(1)} 8V${BASE}"></path>
      ${leaves !== null && isIn(leaves) ? svg`<path class="leaves" d="M${x(leaves).toFixed(1)} 8V${BASE}"></path>` : nothing}
    </svg>
    <div class="ticks" aria-hidden="true">
      ${hours.map((at) => html`<span style="left:${((x(at) / WIDTH) * 100).toFixed(1)}%">${words.time(at)}</span>`)}
      ${leaves !== null && isIn(leaves)
        ? html`<span class="leaving" style="left:${((x(leaves) / WIDTH) * 100).toFixed(1)}%">${words.t("leaves_short", { at: words.time(leaves) })}</span>`
        : nothing}
    </div>
    <div class="key" aria-hidden="true">
      ${shown.length ? html`<span><i style="background:var(--tg-flow)"></i>${words.t("plan_charges")}</span>` : html`<span>${text}</span>`}
      ${price ? html`<span><i style="background:color-mix(in srgb, var(--tg-soft) 30%, transparent)"></i>${words.t("price")}</span>` : nothing}
      ${sun ? html`<span><i style="background:var(--tg-sun)"></i>${words.t("sun")}</span>` : nothing}
    </div>
  </div>`;
}
