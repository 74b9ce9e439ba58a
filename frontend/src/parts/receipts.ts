/** What was charged, parked and passed, with what it cost: of a charger, or of whoever paid. By month, and as CSV. */

import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { IslandElement } from "../element";
import { gridTime, type Island, type Picture } from "../picture";
import { shared } from "../styles";

interface Receipt {
  kind: string;
  reference: string;
  ended_at: string;
  verified: boolean;
  url: string;
  file: { receipt?: Record<string, unknown> };
}

export interface Line {
  at: number;
  kind: string;
  wh: number | null;
  amount_i: number | null;
  verified: boolean;
  url: string;
}

const MOST = 200;

/** Return the figures of a receipt that people look at; what it does not say is null. */
export function line(receipt: Receipt, island: Island): Line {
  const said = receipt.file.receipt ?? {};
  const number = (name: string): number | null => (typeof said[name] === "number" ? (said[name] as number) : null);
  const charge = number("charge_i");
  return {
    at: gridTime(island, Date.parse(receipt.ended_at) / 1_000),
    kind: receipt.kind,
    wh: number("wh_in"),
    amount_i: charge === null ? (number("total_i") ?? number("paid_i")) : charge + (number("fee_i") ?? 0) - (number("feed_in_i") ?? 0),
    verified: receipt.verified,
    url: receipt.url,
  };
}

/** Return lines as CSV (RFC 4180), with a comma, a point and iota: exact, and for every spreadsheet. */
export function csv(lines: readonly Line[]): string {
  const rows = lines.map((each) => [
    new Date(each.at * 1_000).toISOString(),
    each.kind,
    each.wh ?? "",
    each.amount_i ?? "",
    each.verified,
  ]);
  return [["ended_at", "kind", "wh", "amount_i", "verified"], ...rows].map((row) => `${row.join(",")}\r\n`).join("");
}

/** Return lines by month, in their order; `name` says in words which month a moment is of. */
export function byMonth(lines: readonly Line[], name: (at: number) => string): [string, Line[]][] {
  const months = new Map<string, Line[]>();
  for (const each of lines) {
    const month = name(each.at);
    months.set(month, [...(months.get(month) ?? []), each]);
  }
  return [...months];
}

@customElement("tangle-grid-receipts")
export class Receipts extends IslandElement {
  @property() device = "";
  @state() private lines: Line[] | null = null;
  @state() private problem = "";
  private loaded = "";

  static override styles = [
    shared,
    css`
      :host {
        display: block;
        margin-top: 12px;
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (!this.island || !this.device || this.loaded === this.device) return;
    this.loaded = this.device;
    void this.load(this.island);
  }

  private async load(island: Island): Promise<void> {
    try {
      const data = { device_id: this.device, limit: MOST };
      const answer = await this.hass?.callService("tangle_grid", "get_receipts", data, undefined, false, true);
      const { receipts } = answer?.response as { receipts: Receipt[] };
      this.lines = receipts.map((receipt) => line(receipt, island));
    } catch (error) {
      this.problem = (error as { message?: string }).message ?? String(error);
    }
  }

  protected override renderIsland(_picture: Picture, island: Island): TemplateResult {
    const words = this.words;
    if (this.problem) return html`<p class="failed" role="alert">${this.problem}</p>`;
    if (this.lines === null) return html`<p class="soft">${words.t("waiting")}</p>`;
    if (this.lines.length === 0) return html`<p class="soft">${words.t("no_receipts")}</p>`;
    const every = this.lines;
    const total = (of: (each: Line) => number | null, lines: readonly Line[] = every): number =>
      lines.reduce((sum, each) => sum + (of(each) ?? 0), 0);
    return html`<div class="scroll">
        <table>
          <thead>
            <tr>
              <th>${words.t("when")}</th>
              <th>${words.t("what")}</th>
              <th class="number">${words.t("energy")}</th>
              <th class="number">${words.t("amount")}</th>
            </tr>
          </thead>
          <tbody>
            ${byMonth(this.lines, (at) => words.month(at)).map(([month, lines], _place, months) => html`${months.length > 1
              ? html`<tr>
                  <th colspan="2">${month}</th>
                  <th class="number">${words.energy(total((each) => each.wh, lines))}</th>
                  <th class="number">${words.tokens(total((each) => each.amount_i, lines), island)}</th>
                </tr>`
              : nothing}${lines.map(
              (each) => html`<tr>
                <td><a href=${each.url} download>${words.date(each.at)}</a></td>
                <td>
                  ${words.t(`receipt_${each.kind}`)}
                  ${each.verified ? nothing : html`<span class="chip bad">${words.t("not_verified")}</span>`}
                </td>
                <td class="number">${words.energy(each.wh)}</td>
                <td class="number">${words.tokens(each.amount_i, island)}</td>
              </tr>`,
            )}`)}
          </tbody>
          <tfoot>
            <tr>
              <th colspan="2">${words.t("total")}</th>
              <th class="number">${words.energy(total((each) => each.wh))}</th>
              <th class="number">${words.tokens(total((each) => each.amount_i), island)}</th>
            </tr>
          </tfoot>
        </table>
      </div>
      <a
        href=${`data:text/csv;charset=utf-8,${encodeURIComponent(csv(this.lines))}`}
        download="tangle-grid-receipts.csv"
        >${words.t("as_csv")}</a
      >`;
  }
}
