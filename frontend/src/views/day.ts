/** The day: load measured and planned, what it would have been without help, requests as bands; a week side by side. */

import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { IslandElement } from "../element";
import { gridTime, ONLY, sum, wallTime, type GridRequest, type Island, type Picture } from "../picture";
import { shared } from "../styles";
import { startOfDay } from "../words";
import "../parts/chart";
import type { Band, Chart, Series } from "../parts/chart";

const DAY_S = 86_400;
const AGAIN_MS = 60_000;
const BEFORE_S = 1_800;
const AHEAD_S = 8 * 3_600;

type Shown = "today" | "yesterday" | "week" | "compare";
const SHOWN: readonly Shown[] = ["today", "yesterday", "compare", "week"];

interface Recorded {
  lu?: number;
  lc?: number;
  s: string;
}

interface Statistic {
  start: number;
  mean: number | null;
  max: number | null;
}

export type Points = [number, number | null][];

/** Return what helpers took off the load in each moment, by what was settled of each request, or is promised in it. */
export function helpAt(requests: readonly GridRequest[], at: number): number {
  let watts = 0;
  for (const request of requests) {
    if (at < request.starts_at || at >= request.ends_at) continue;
    const hours = (request.ends_at - request.starts_at) / 3_600;
    const settled = request.parts.reduce((total, part) => total + (part.energy_wh ?? 0), 0);
    watts += request.closed ? settled / Math.max(hours, 1 / 60) : Math.max(request.active_w, 0);
  }
  return watts;
}

/** Return the load as it would have been while somebody helped: the measured one with what was given on top. */
export function withoutHelp(measured: Points, requests: readonly GridRequest[]): Points {
  const first = measured[0]?.[0];
  const last = measured.at(-1)?.[0];
  if (first === undefined || last === undefined) return [];
  const borders = requests.flatMap((each) => [each.starts_at, each.ends_at]).filter((at) => at > first && at < last);
  const times = [...new Set([...measured.map(([at]) => at), ...borders])].sort((a, b) => a - b);
  let index = 0;
  return times.map((at) => {
    while (index + 1 < measured.length && (measured[index + 1] as [number, unknown])[0] <= at) index += 1;
    const watts = measured[index]?.[1] ?? null;
    // A value from before a request began still holds what its helpers drew then.
    const since = measured[index]?.[0] ?? at;
    const help = helpAt(requests.filter((each) => each.starts_at <= since), at);
    // Where nobody helps there is nothing to compare with.
    return [at, watts === null || help === 0 ? null : watts + help];
  });
}

export function peakOf(points: Points): { at: number; watts: number } | null {
  let best: { at: number; watts: number } | null = null;
  for (const [at, watts] of points) if (watts !== null && (best === null || watts > best.watts)) best = { at, watts };
  return best;
}

@customElement("tangle-grid-day")
export class Day extends IslandElement {
  @state() private shown: Shown = "today";
  @state() private measured: Points = [];
  @state() private earlier: Points = [];
  @state() private week: Statistic[] = [];
  @state() private problem = "";
  private loaded = "";
  private loadedAt = 0;

  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      .looking {
        margin-top: 4px;
      }
      .looking button {
        min-width: 44px;
      }
      details {
        border-top: 1px solid var(--tg-line);
        padding: 8px 0;
      }
      summary {
        cursor: pointer;
      }
      .peaks {
        margin: 8px 0 0;
      }
      .days {
        display: grid;
        grid-template-columns: auto 1fr auto;
        gap: 6px 12px;
        align-items: center;
        margin-top: 12px;
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const island = this.island;
    const entity = this.watched.picture?.entities[ONLY]?.load;
    if (!island || !entity) return;
    const key = `${entity}/${this.shown}`;
    if (key === this.loaded && Date.now() - this.loadedAt < AGAIN_MS / Math.min(10, island.speed)) return;
    this.loaded = key;
    this.loadedAt = Date.now();
    void this.load(island, entity);
  }

  protected override concerns(before: Picture, after: Picture): boolean {
    const [was, is] = [before, after].map((each) => each.feeders[each.island[ONLY]?.main_feeder ?? ""]);
    return (
      before.requests !== after.requests ||
      before.plan !== after.plan ||
      before.island !== after.island ||
      before.entities !== after.entities ||
      String(was?.capacity_w) !== String(is?.capacity_w) ||
      String(was?.threshold_w) !== String(is?.threshold_w)
    );
  }

  protected override concernsStates(): boolean {
    return false;
  }

  private midnight(island: Island): number {
    return startOfDay(gridTime(island, Date.now() / 1_000), this.hass?.config.time_zone ?? "UTC");
  }

  private range(island: Island): [number, number] {
    const midnight = this.midnight(island);
    return this.shown === "yesterday" ? [midnight - DAY_S, midnight] : [midnight, midnight + DAY_S];
  }

  /** Return what is drawn: yesterday as a whole; of today what was measured, and the hours to come. */
  private drawn(island: Island): [number, number] {
    const [from, to] = this.range(island);
    if (this.shown !== "today") return [from, to];
    const first = this.measured[0]?.[0] ?? from;
    const now = gridTime(island, Date.now() / 1_000);
    return [Math.max(from, first - BEFORE_S), Math.max(now + AHEAD_S, Math.min(to, first + AHEAD_S))];
  }

  private async load(island: Island, entity: string): Promise<void> {
    try {
      if (this.shown === "week") {
        const midnight = this.midnight(island);
        const statistics = await this.hass?.callWS<Record<string, Statistic[]>>({
          type: "recorder/statistics_during_period",
          start_time: new Date(wallTime(island, midnight - 6 * DAY_S) * 1_000).toISOString(),
          statistic_ids: [entity],
          period: island.speed === 1 ? "day" : "5minute",
          types: ["mean", "max"],
        });
        this.week = statistics?.[entity] ?? [];
      } else {
        const [from, to] = this.range(island);
        this.measured = await this.history(island, entity, from, to);
        this.earlier = this.shown === "compare" ? await this.history(island, entity, from - DAY_S, to - DAY_S) : [];
      }
      this.problem = "";
    } catch (error) {
      this.problem = (error as { message?: string }).message ?? String(error);
    }
  }

  private async history(island: Island, entity: string, from: number, to: number): Promise<Points> {
    const end = Math.min(wallTime(island, to), Date.now() / 1_000);
    const start = Math.min(wallTime(island, from), end);
    const history = await this.hass?.callWS<Record<string, Recorded[]>>({
      type: "history/history_during_period",
      start_time: new Date(start * 1_000).toISOString(),
      end_time: new Date(end * 1_000).toISOString(),
      entity_ids: [entity],
      minimal_response: true,
      no_attributes: true,
    });
    return (history?.[entity] ?? []).map((each) => {
      const watts = Number(each.s);
      return [gridTime(island, each.lu ?? each.lc ?? 0), each.s !== "" && Number.isFinite(watts) ? watts : null];
    });
  }

  protected override renderIsland(picture: Picture, island: Island): TemplateResult {
    const words = this.words;
    const names: Record<Shown, string> = {
      today: words.t("today"),
      yesterday: words.t("yesterday"),
      compare: words.t("compare"),
      week: words.t("week"),
    };
    return html`<section class="box">
      <div class="spread">
        <h2>${names[this.shown]}</h2>
        <div class="row" role="group" aria-label=${words.t("which_day")}>
          ${SHOWN.map((each) => html`<button aria-pressed=${this.shown === each} @click=${() => (this.shown = each)}>${names[each]}</button>`)}
        </div>
      </div>
      ${island.speed === 1 ? nothing : html`<p class="soft">${words.t("street_time", { speed: words.number(island.speed) })}</p>`}
      ${this.problem ? html`<p class="failed" role="alert">${this.problem}</p>` : nothing}
      ${this.shown === "week" ? this.renderWeek(picture, island) : this.renderDay(picture, island)}
      ${this.shown === "week" ? nothing : this.renderRequests(picture)}
    </section>`;
  }

  private renderDay(picture: Picture, island: Island): TemplateResult {
    const words = this.words;
    if (this.measured.length < 2) return html`<p class="waiting">${this.shown === "yesterday" ? words.t("day_not_recorded") : words.t("day_too_early")}</p>`;
    const range = this.drawn(island);
    const feeder = picture.feeders[island.main_feeder];
    const plan = picture.plan[ONLY];
    const requests = Object.values(picture.requests);
    const planned = (values: number[]): Points =>
      values.map((watts, index) => [(plan?.start ?? 0) + index * (plan?.step_s ?? 0), watts]);
    const inRange = (points: Points): Points => points.filter(([at]) => at >= range[0] && at <= range[1]);
    const style = getComputedStyle(this);
    const color = (name: string, otherwise: string): string => style.getPropertyValue(name).trim() || otherwise;
    const measured = inRange(this.measured);
    const without = withoutHelp(measured, requests);
    const helped = without.some(([, watts]) => watts !== null);
    const series: Series[] = [
      { label: words.t("day_measured"), color: color("--primary-color", "#0288d1"), fill: "rgba(2, 136, 209, 0.18)", points: measured, stepped: true },
    ];
    const between: [number, number][] = [];
    if (helped && this.shown !== "compare") {
      series.push({ label: words.t("day_without"), color: color("--warning-color", "#b26a00"), width: 1, points: without, stepped: true });
      between.push([2, 1]);
    }
    if (this.shown === "compare") {
      const moved: Points = this.earlier.map(([at, watts]) => [at + DAY_S, watts]);
      series.push({ label: words.t("yesterday"), color: color("--secondary-text-color", "#777"), dash: [6, 4], points: inRange(moved), stepped: true });
    }
    if (plan && this.shown === "today") {
      series.push(
        { label: words.t("day_planned"), color: color("--success-color", "#2e7d32"), dash: [6, 4], points: inRange(planned(plan.total_w)) },
        { label: words.t("day_base"), color: color("--secondary-text-color", "#777"), dash: [2, 4], points: inRange(planned(plan.base_w)) },
      );
    }
    for (const [label, value, name, dash] of [
      [words.t("capacity"), sum(feeder?.capacity_w), "--error-color", [1, 0]],
      [words.t("threshold"), sum(feeder?.threshold_w), "--warning-color", [10, 5]],
    ] as const) {
      if (value) series.push({ label, color: color(name, "#c62828"), width: 1, dash: [...dash], points: [[range[0], value], [range[1], value]] });
    }
    const bands: Band[] = requests
      .filter((request) => request.ends_at > range[0] && request.starts_at < range[1])
      .map((request) => ({ from: request.starts_at, to: request.ends_at, label: words.power(request.power_w) }));
    const peak = peakOf(measured);
    const higher = peakOf(without);
    const peakWithout = higher && peak && higher.watts > peak.watts ? higher : peak;
    const text = peak ? words.t("day_text", { power: words.power(peak.watts), at: words.time(peak.at) }) : words.t("day_too_early");
    return html`<tangle-grid-chart
        role="img"
        aria-label=${text}
        .series=${series}
        .between=${between}
        .bands=${bands}
        .range=${range}
        .when=${words.t("when")}
        .now=${this.shown === "today" ? words.now(island) : 0}
        .time=${(at: number) => words.time(at)}
        .value=${(value: number) => words.power(value)}
        .mark=${(value: number) => words.mark(value)}
      ></tangle-grid-chart>
      <div class="row looking" role="group" aria-label=${words.t("look")}>
        ${this.renderLook(words.t("look_earlier"), "‹", (chart) => chart.pan(-0.5))}
        ${this.renderLook(words.t("look_later"), "›", (chart) => chart.pan(0.5))}
        ${this.renderLook(words.t("look_closer"), "+", (chart) => chart.zoom(0.5))}
        ${this.renderLook(words.t("look_farther"), "−", (chart) => chart.zoom(2))}
        ${this.renderLook(words.t("look_all"), words.t("look_all"), (chart) => chart.whole())}
        <span class="soft legend">${words.t("day_bands")}</span>
      </div>
      ${helped && peak && peakWithout && this.shown !== "compare"
        ? html`<div class="facts peaks">
            <div><span>${words.t("peak_with")}</span><b>${words.power(peak.watts)} · ${words.time(peak.at)}</b></div>
            <div><span>${words.t("peak_without")}</span><b>${words.power(peakWithout.watts)} · ${words.time(peakWithout.at)}</b></div>
            <div><span>${words.t("peak_saved")}</span><b>${words.power(Math.max(0, peakWithout.watts - peak.watts))}</b></div>
          </div>`
        : nothing}`;
  }

  /** Return a button for what fingers and the mouse do on the chart itself. */
  private renderLook(text: string, sign: string, look: (chart: Chart) => void): TemplateResult {
    return html`<button
      aria-label=${text}
      title=${text}
      @click=${() => {
        const chart = this.renderRoot.querySelector<Chart>("tangle-grid-chart");
        if (chart) look(chart);
      }}
    >
      ${sign}
    </button>`;
  }

  /** Return the days of a week as bars, each with its mean and its peak. On a fast street a day is minutes long. */
  private renderWeek(picture: Picture, island: Island): TemplateResult {
    const words = this.words;
    const zone = this.hass?.config.time_zone ?? "UTC";
    const days = new Map<number, { mean: number[]; max: number }>();
    for (const each of this.week) {
      const day = startOfDay(gridTime(island, each.start / 1_000), zone);
      const found = days.get(day) ?? { mean: [], max: 0 };
      if (each.mean !== null) found.mean.push(each.mean);
      found.max = Math.max(found.max, each.max ?? 0);
      days.set(day, found);
    }
    if (days.size === 0) return html`<p class="waiting">${words.t("week_too_early")}</p>`;
    const capacity = sum(picture.feeders[island.main_feeder]?.capacity_w) ?? 1;
    const shown = [...days].sort(([a], [b]) => a - b).slice(-7);
    return html`<div class="days">
      ${shown.map(([day, { mean, max }]) => {
        const average = mean.reduce((total, each) => total + each, 0) / Math.max(1, mean.length);
        const text = words.t("week_day", { mean: words.power(average), peak: words.power(max) });
        return html`<span>${words.day(day)}</span>
          <div class="meter" role="img" aria-label=${text}>
            <i class=${max > capacity ? "bad" : ""} style="width:${Math.min(100, (average / capacity) * 100).toFixed(0)}%"></i>
            <b style="left:${Math.min(99, (max / capacity) * 100).toFixed(0)}%"></b>
          </div>
          <span class="number soft">${text}</span>`;
      })}
    </div>`;
  }

  private renderRequests(picture: Picture): TemplateResult {
    const words = this.words;
    const [from, to] = this.island ? this.range(this.island) : [0, 0];
    const requests = Object.values(picture.requests)
      .filter((request) => request.ends_at > from && request.starts_at < to)
      .sort((a, b) => b.issued_at - a.issued_at);
    if (requests.length === 0) return html`<p class="soft">${words.t("no_requests")}</p>`;
    return html`<h3 style="margin:16px 0 8px">${words.t("requests")}</h3>${requests.map((request) => {
      const helpers = request.parts.filter((part) => (part.energy_wh ?? 0) > 0 || part.state === "active" || part.state === "accepted");
      const names = helpers.map((part) => picture.participants[part.participant]?.name ?? "?").join(", ");
      return html`<details ?open=${!request.closed}>
        <summary>
          ${words.t("request_line", {
            from: words.time(request.starts_at),
            to: words.time(request.ends_at),
            power: words.power(request.power_w),
          })}
          <span class="soft">${names ? words.t("helped_by", { names }) : words.t("helped_by_nobody")}</span>
        </summary>
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th>${words.t("who")}</th>
                <th>${words.t("answer")}</th>
                <th class="number">${words.t("given")}</th>
                <th class="number">${words.t("earned")}</th>
              </tr>
            </thead>
            <tbody>
              ${request.parts.map(
                (part) => html`<tr>
                  <td>${picture.participants[part.participant]?.name ?? "?"}</td>
                  <td>
                    ${words.t(`part_${part.state}`)}
                    <div class="soft">${words.reason(part.reason)}</div>
                  </td>
                  <td class="number">${part.energy_wh ? words.energy(part.energy_wh) : "–"}</td>
                  <td class="number">${part.amount_i ? words.tokens(part.amount_i, this.island) : "–"}</td>
                </tr>`,
              )}
            </tbody>
          </table>
        </div>
      </details>`;
    })}`;
  }
}
