/** What cars have reported to a data topic, drawn by bearing and distance: no map from elsewhere is loaded. */

import { css, html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { IslandElement } from "../element";
import { gridTime, type Island, type Picture } from "../picture";
import { shared } from "../styles";

interface Place {
  latitude: number;
  longitude: number;
}

interface Report extends Place {
  participant: string;
  seen_at: string;
  value: number | null;
}

interface Finding extends Place {
  state: string;
  until: string;
  reporters: number;
  cost: number;
  paid: boolean;
  value: number | null;
}

const SIZE = 240;
const METRES_PER_DEGREE = 111_320;

/** Return how far east and north of a place another one is, m. */
export function metres(from: Place, to: Place): [number, number] {
  const east = (to.longitude - from.longitude) * METRES_PER_DEGREE * Math.cos((from.latitude * Math.PI) / 180);
  return [east, (to.latitude - from.latitude) * METRES_PER_DEGREE];
}

/** Return a round length, m, of about a third of the drawing. */
export function scaleOf(radius: number): number {
  const wanted = (radius * 2) / 3;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, wanted)));
  return [5, 2, 1].map((each) => each * power).find((each) => each <= wanted) ?? power;
}

@customElement("tangle-grid-findings")
export class Findings extends IslandElement {
  @property() device = "";
  @state() private reports: Report[] | null = null;
  @state() private findings: Finding[] = [];
  @state() private problem = "";
  private loaded = "";

  static override styles = [
    shared,
    css`
      :host {
        display: block;
        margin-top: 12px;
      }
      .map {
        display: grid;
        grid-template-columns: minmax(0, 240px) minmax(0, 1fr);
        gap: 16px;
      }
      @media (max-width: 600px) {
        .map {
          grid-template-columns: minmax(0, 1fr);
        }
      }
      svg.field {
        width: 100%;
        max-width: 240px;
        background: color-mix(in srgb, var(--tg-line) 20%, transparent);
        border-radius: 12px;
      }
      .ring {
        fill: none;
        stroke: var(--tg-line);
      }
      .finding {
        fill: var(--tg-good);
      }
      .report {
        fill: none;
        stroke: var(--tg-warn);
        stroke-width: 2;
      }
      text {
        font-size: 10px;
        fill: var(--tg-soft);
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (!this.hass || !this.device || this.loaded === this.device) return;
    this.loaded = this.device;
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      const answer = await this.hass?.callService("tangle_grid", "get_reports", { device_id: this.device }, undefined, false, true);
      const found = answer?.response as { reports: Report[]; findings: Finding[] };
      this.reports = found.reports;
      this.findings = found.findings;
    } catch (error) {
      this.problem = (error as { message?: string }).message ?? String(error);
    }
  }

  protected override renderIsland(_picture: Picture, island: Island): TemplateResult | typeof nothing {
    const words = this.words;
    if (this.problem) return html`<p class="soft" role="alert">${this.problem}</p>`;
    if (this.reports === null) return html`<p class="soft">${words.t("waiting")}</p>`;
    const every = [...this.findings, ...this.reports];
    if (every.length === 0) return html`<p class="soft">${words.t("no_findings")}</p>`;
    const middle = {
      latitude: every.reduce((sum, each) => sum + each.latitude, 0) / every.length,
      longitude: every.reduce((sum, each) => sum + each.longitude, 0) / every.length,
    };
    const far = Math.max(25, ...every.map((each) => Math.hypot(...metres(middle, each)))) * 1.2;
    const at = (place: Place): [number, number] => {
      const [east, north] = metres(middle, place);
      return [SIZE / 2 + (east / far) * (SIZE / 2), SIZE / 2 - (north / far) * (SIZE / 2)];
    };
    const scale = scaleOf(far);
    const length = (scale / far) * (SIZE / 2);
    return html`<div class="map">
      <svg class="field" viewBox="0 0 ${SIZE} ${SIZE}" role="img" aria-label=${words.t("findings_map", { findings: this.findings.length, reports: this.reports.length })}>
        <circle class="ring" cx=${SIZE / 2} cy=${SIZE / 2} r=${SIZE / 4}></circle>
        <circle class="ring" cx=${SIZE / 2} cy=${SIZE / 2} r=${SIZE / 2 - 4}></circle>
        ${this.reports.map((each) => {
          const [x, y] = at(each);
          return svg`<path class="report" d="M${x.toFixed(1)} ${(y - 5).toFixed(1)}l5 9h-10Z"></path>`;
        })}
        ${this.findings.map((each) => {
          const [x, y] = at(each);
          return svg`<circle class="finding" cx=${x.toFixed(1)} cy=${y.toFixed(1)} r="6"></circle>`;
        })}
        <path d="M${SIZE - 18} 30V12l-4 6m4 -6l4 6" fill="none" stroke="var(--tg-soft)"></path>
        <text x=${SIZE - 21} y="42">${words.t("north")}</text>
        <path d="M10 ${SIZE - 12}v4h${length.toFixed(1)}v-4" fill="none" stroke="var(--tg-soft)"></path>
        <text x="12" y=${SIZE - 16}>${scale >= 1_000 ? `${words.number(scale / 1_000)} km` : `${words.number(scale)} m`}</text>
      </svg>
      <div class="scroll">
        <table>
          <thead>
            <tr><th>${words.t("what")}</th><th>${words.t("when")}</th><th class="number">${words.t("reporters")}</th><th class="number">${words.t("amount")}</th></tr>
          </thead>
          <tbody>
            ${this.findings.map(
              (each) => html`<tr>
                <td>● ${words.t("finding")}</td>
                <td>${words.date(gridTime(island, Date.parse(each.until) / 1_000))}</td>
                <td class="number">${each.reporters}</td>
                <td class="number">${words.tokens(each.cost, island)}</td>
              </tr>`,
            )}
            ${this.reports.map(
              (each) => html`<tr>
                <td>▲ ${words.t("report_waits")}</td>
                <td>${words.date(gridTime(island, Date.parse(each.seen_at) / 1_000))}</td>
                <td>${each.participant}</td>
                <td></td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
    </div>`;
  }
}
