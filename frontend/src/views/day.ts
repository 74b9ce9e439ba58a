/** The day: load measured and planned, capacity and threshold, requests as bands. */

import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { IslandElement } from "../element";
import { gridTime, sum, wallTime, type Island, type Picture } from "../picture";
import { shared } from "../styles";
import "../parts/chart";
import type { Band, Series } from "../parts/chart";

const DAY_S = 86_400;
const AGAIN_MS = 60_000;
const BEFORE_S = 1_800;
const AHEAD_S = 8 * 3_600;

interface Recorded {
  lu?: number;
  lc?: number;
  s: string;
}

@customElement("tangle-grid-day")
export class Day extends IslandElement {
  /** 0: today, 1: yesterday. */
  @state() private back = 0;
  @state() private measured: [number, number | null][] = [];
  @state() private problem = "";
  private loaded = "";
  private loadedAt = 0;

  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      .legend {
        margin-top: 4px;
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const island = this.island;
    const entity = this.watched.picture?.entities["0"]?.load;
    if (!island || !entity) return;
    const key = `${entity}/${this.back}`;
    if (key === this.loaded && Date.now() - this.loadedAt < AGAIN_MS / Math.min(10, island.speed)) return;
    this.loaded = key;
    this.loadedAt = Date.now();
    void this.load(island, entity);
  }

  private range(island: Island): [number, number] {
    const now = gridTime(island, Date.now() / 1_000);
    const midnight = startOfDay(now, this.hass?.config.time_zone ?? "UTC");
    return [midnight - this.back * DAY_S, midnight - (this.back - 1) * DAY_S];
  }

  /** Return what is drawn: yesterday as a whole; of today what was measured, and the hours to come. */
  private drawn(island: Island): [number, number] {
    const [from, to] = this.range(island);
    if (this.back > 0) return [from, to];
    const first = this.measured[0]?.[0] ?? from;
    const now = gridTime(island, Date.now() / 1_000);
    return [Math.max(from, first - BEFORE_S), Math.max(now + AHEAD_S, Math.min(to, first + AHEAD_S))];
  }

  private async load(island: Island, entity: string): Promise<void> {
    const [from, to] = this.range(island);
    const start = wallTime(island, from);
    const end = Math.min(wallTime(island, to), Date.now() / 1_000);
    try {
      const history = await this.hass?.callWS<Record<string, Recorded[]>>({
        type: "history/history_during_period",
        start_time: new Date(start * 1_000).toISOString(),
        end_time: new Date(end * 1_000).toISOString(),
        entity_ids: [entity],
        minimal_response: true,
        no_attributes: true,
      });
      this.measured = (history?.[entity] ?? []).map((each) => {
        const watts = Number(each.s);
        return [gridTime(island, each.lu ?? each.lc ?? 0), Number.isFinite(watts) ? watts : null];
      });
      this.problem = "";
    } catch (error) {
      this.problem = (error as { message?: string }).message ?? String(error);
    }
  }

  protected override renderIsland(picture: Picture, island: Island): TemplateResult {
    const words = this.words;
    const range = this.drawn(island);
    const feeder = picture.feeders[island.main_feeder];
    const capacity = sum(feeder?.capacity_w);
    const threshold = sum(feeder?.threshold_w);
    const plan = picture.plan["0"];
    const planned = (values: number[]): [number, number | null][] =>
      values.map((watts, index) => [(plan?.start ?? 0) + index * (plan?.step_s ?? 0), watts]);
    const inRange = (points: [number, number | null][]): [number, number | null][] =>
      points.filter(([at]) => at >= range[0] && at <= range[1]);
    const style = getComputedStyle(this);
    const color = (name: string, otherwise: string): string => style.getPropertyValue(name).trim() || otherwise;
    const series: Series[] = [
      {
        label: words.t("day_measured"),
        color: color("--primary-color", "#0288d1"),
        fill: "rgba(2, 136, 209, 0.15)",
        points: inRange(this.measured),
        stepped: true,
      },
    ];
    if (plan && this.back === 0) {
      series.push(
        { label: words.t("day_planned"), color: color("--success-color", "#2e7d32"), dash: [6, 4], points: inRange(planned(plan.total_w)) },
        { label: words.t("day_base"), color: color("--secondary-text-color", "#777"), dash: [2, 4], points: inRange(planned(plan.base_w)) },
      );
    }
    for (const [label, value, name] of [
      [words.t("capacity"), capacity, "--error-color"],
      [words.t("threshold"), threshold, "--warning-color"],
    ] as const) {
      if (value) series.push({ label, color: color(name, "#c62828"), width: 1, points: [[range[0], value], [range[1], value]] });
    }
    const bands: Band[] = Object.values(picture.requests)
      .filter((request) => request.ends_at > range[0] && request.starts_at < range[1])
      .map((request) => ({ from: request.starts_at, to: request.ends_at, label: words.power(request.power_w) }));
    return html`<section class="box">
      <div class="spread">
        <h2>${this.back === 0 ? words.t("today") : words.t("yesterday")}</h2>
        <div class="row">
          <button aria-pressed=${this.back === 1} @click=${() => (this.back = 1)}>${words.t("yesterday")}</button>
          <button aria-pressed=${this.back === 0} @click=${() => (this.back = 0)}>${words.t("today")}</button>
        </div>
      </div>
      ${island.speed === 1 ? nothing : html`<p class="soft">${words.t("street_time", { speed: words.number(island.speed) })}</p>`}
      ${this.problem ? html`<p class="failed" role="alert">${this.problem}</p>` : nothing}
      ${this.measured.length < 2 ? html`<p class="soft">${words.t("day_too_early")}</p>` : nothing}
      <tangle-grid-chart
        .series=${series}
        .bands=${bands}
        .range=${range}
        .when=${words.t("when")}
        .now=${this.back === 0 ? words.now(island) : 0}
        .time=${(at: number) => words.time(at)}
        .value=${(value: number) => words.power(value)}
      ></tangle-grid-chart>
      <p class="soft legend">${words.t("day_bands")}</p>
      ${this.renderRequests(picture)}
    </section>`;
  }

  private renderRequests(picture: Picture): TemplateResult {
    const words = this.words;
    const requests = Object.values(picture.requests).sort((a, b) => b.issued_at - a.issued_at);
    if (requests.length === 0) return html`<p class="soft">${words.t("no_requests")}</p>`;
    return html`${requests.map(
      (request) => html`<details ?open=${!request.closed}>
        <summary>
          ${words.t("request_line", {
            from: words.time(request.starts_at),
            to: words.time(request.ends_at),
            power: words.power(request.power_w),
          })}
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
      </details>`,
    )}`;
  }
}

/** Return midnight before a time, both in epoch seconds, in a time zone. */
export function startOfDay(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).formatToParts(new Date(at * 1_000));
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Math.floor(at) - of("hour") * 3_600 - of("minute") * 60 - of("second");
}
