/** One wallet: its address to be scanned, what came and went today and this month by kind, and sending. */

import { css, html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { IslandElement } from "../element";
import type { Island, Picture } from "../picture";
import { shared } from "../styles";
import { startOfDay } from "../words";
import { drawn } from "./qr";

export interface BookLine {
  at: number;
  kind: string;
  amount_i: number;
  wh_in: number;
  wh_out: number;
}

interface Statement {
  url: string;
  month: string;
  content: { lines: BookLine[] };
}

export interface Sum {
  kind: string;
  in_i: number;
  out_i: number;
  wh: number;
}

const TREASURY = "treasury";
const AGAIN_MS = 30_000;
const IOTA_PER_MI = 1_000_000;

/** Return what lines since a moment add up to by kind, the largest first. */
export function byKind(lines: readonly BookLine[], since: number): Sum[] {
  const sums = new Map<string, Sum>();
  for (const line of lines) {
    if (line.at < since) continue;
    const sum = sums.get(line.kind) ?? { kind: line.kind, in_i: 0, out_i: 0, wh: 0 };
    if (line.amount_i > 0) sum.in_i += line.amount_i;
    else sum.out_i -= line.amount_i;
    sum.wh += line.wh_in + line.wh_out;
    sums.set(line.kind, sum);
  }
  return [...sums.values()].sort((a, b) => b.in_i + b.out_i - a.in_i - a.out_i);
}

@customElement("tangle-grid-wallet")
export class WalletView extends IslandElement {
  @property() owner = "";
  @state() private statement: Statement | null = null;
  @state() private problem = "";
  @state() private sent = "";
  @state() private busy = false;
  private loaded = "";
  private loadedAt = 0;

  static override styles = [
    shared,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 180px) minmax(0, 1fr);
        gap: 16px;
        padding: 12px 0;
      }
      @media (max-width: 600px) {
        :host {
          grid-template-columns: minmax(0, 1fr);
        }
      }
      .qr svg {
        width: 100%;
        max-width: 180px;
        border-radius: 8px;
        display: block;
      }
      .address {
        font-family: var(--code-font-family, monospace);
        font-size: 11px;
        overflow-wrap: anywhere;
        margin: 6px 0;
      }
      form {
        display: flex;
        gap: 8px;
        flex-wrap: wrap;
        align-items: end;
        margin-top: 12px;
      }
      label {
        display: grid;
        gap: 4px;
        font-size: 12px;
        color: var(--tg-soft);
      }
      input,
      select {
        font: inherit;
        font-size: 14px;
        color: var(--primary-text-color);
        background: transparent;
        border: 1px solid var(--tg-line);
        border-radius: 8px;
        padding: 6px 8px;
        min-height: 36px;
        max-width: 100%;
      }
      option {
        color: #202124;
        background: #fff;
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (!this.hass || !this.owner || this.watched.state !== "live") return;
    if (this.loaded === this.owner && Date.now() - this.loadedAt < AGAIN_MS) return;
    this.loaded = this.owner;
    this.loadedAt = Date.now();
    void this.load();
  }

  private async load(): Promise<void> {
    const device = this.watched.picture?.wallets[this.owner]?.device_id;
    if (!device) return;
    try {
      const answer = await this.hass?.callService("tangle_grid", "statement", { device_id: device }, undefined, false, true);
      this.statement = answer?.response as Statement;
      this.problem = "";
    } catch (error) {
      this.problem = (error as { message?: string }).message ?? String(error);
    }
  }

  protected override renderIsland(picture: Picture, island: Island): TemplateResult | typeof nothing {
    const wallet = picture.wallets[this.owner];
    const words = this.words;
    if (!wallet) return html`<p class="soft">${words.t("no_wallets")}</p>`;
    const mine = this.hass?.user?.is_admin || wallet.owners.includes(this.hass?.user?.id ?? "");
    return html`<div>${mine ? this.renderAddress(picture) : html`<p class="soft">${words.t("address_for_owners")}</p>`}</div>
      <div>
        ${this.problem ? html`<p class="soft" role="alert">${this.problem}</p>` : this.renderStatement(island)}
        ${mine && wallet.balance_i > 0 ? this.renderSend(picture, island) : nothing}
      </div>`;
  }

  private renderAddress(picture: Picture): TemplateResult {
    const words = this.words;
    // The island pays from its treasury; whoever wants to pay into it has its wallets to choose from.
    if (this.owner === TREASURY) return html``;
    const entity = picture.entities[this.owner]?.receive_address;
    const address = entity ? this.hass?.states[entity]?.attributes.address : undefined;
    if (typeof address !== "string") return html`<p class="soft">${words.t("no_address")}</p>`;
    return html`<div class="qr">
      <svg viewBox="0 0 41 41" role="img" aria-label=${words.t("address_qr")} shape-rendering="crispEdges">${drawn(address)}</svg>
      <p class="address">${address}</p>
      <button @click=${() => navigator.clipboard?.writeText(address)}>${words.t("copy_address")}</button>
    </div>`;
  }

  private renderStatement(island: Island): TemplateResult {
    const words = this.words;
    if (!this.statement) return html`<p class="soft">${words.t("waiting")}</p>`;
    const { lines } = this.statement.content;
    const midnight = startOfDay(Date.now() / 1_000, this.hass?.config.time_zone ?? "UTC");
    const today = byKind(lines, midnight);
    const month = byKind(lines, 0);
    return html`${this.renderSums(words.t("today_money"), today, island)}
      ${month.length > today.length || month.some((each, index) => each.in_i !== today[index]?.in_i || each.out_i !== today[index]?.out_i)
        ? this.renderSums(words.t("month_money", { month: this.statement.month }), month, island)
        : nothing}
      <p style="margin-top:8px"><a href=${this.statement.url} download>${words.t("statement_file")}</a></p>`;
  }

  private renderSums(title: string, sums: Sum[], island: Island): TemplateResult {
    const words = this.words;
    const total = sums.reduce((all, each) => all + each.in_i - each.out_i, 0);
    const most = Math.max(1, ...sums.map((each) => Math.max(each.in_i, each.out_i)));
    if (sums.length === 0) return html`<p><b>${title}</b> <span class="soft">${words.t("nothing_yet")}</span></p>`;
    return html`<table>
      <caption class="spread" style="text-align:start;padding:4px 8px"><b>${title}</b></caption>
      <thead class="hidden"><tr><th>${words.t("what")}</th><th>${words.t("amount")}</th></tr></thead>
      <tbody>
        ${sums.map((each) => {
          const net = each.in_i - each.out_i;
          return html`<tr>
            <td>
              ${words.maybe(`book_${each.kind}`) ?? each.kind.replaceAll("_", " ")}
              ${each.wh ? html`<span class="soft">${words.energy(each.wh)}</span>` : nothing}
              <svg width="100%" height="4" aria-hidden="true">${svg`<rect width="${((Math.abs(net) / most) * 100).toFixed(0)}%" height="4" rx="2" fill=${net < 0 ? "var(--tg-soft)" : "var(--tg-good)"}></rect>`}</svg>
            </td>
            <td class="number">${net > 0 ? "+" : ""}${words.tokens(net, island)}</td>
          </tr>`;
        })}
      </tbody>
      <tfoot><tr><th>${words.t("total")}</th><th class="number">${total > 0 ? "+" : ""}${words.tokens(total, island)}</th></tr></tfoot>
    </table>`;
  }

  private renderSend(picture: Picture, island: Island): TemplateResult {
    const words = this.words;
    const others = Object.entries(picture.wallets).filter(([id, each]) => id !== this.owner && each.device_id);
    return html`<form @submit=${(event: Event) => this.send(event, picture, island)}>
        <label>${words.t("send_to")}
          <select name="to">${others.map(([id, each]) => html`<option value=${id}>${each.kind === "treasury" ? words.t("treasury", { name: each.name }) : each.name}</option>`)}</select>
        </label>
        <label>${words.t("send_amount")}<input name="amount" type="number" min="0.000001" step="0.000001" required /></label>
        <button type="submit" ?disabled=${this.busy}>${words.t("send")}</button>
      </form>
      <p role="status">${this.sent}</p>`;
  }

  private async send(event: Event, picture: Picture, island: Island): Promise<void> {
    event.preventDefault();
    // It is not known any more when the answer has come.
    const element = event.currentTarget as HTMLFormElement;
    const form = new FormData(element);
    const to = picture.wallets[String(form.get("to"))];
    const amount = Math.round(Number(form.get("amount")) * IOTA_PER_MI);
    const words = this.words;
    if (!to || !Number.isSafeInteger(amount) || amount <= 0) return;
    if (!window.confirm(words.t("send_sure", { tokens: words.tokens(amount, island), name: to.name }))) return;
    this.busy = true;
    try {
      const data = { device_id: picture.wallets[this.owner]?.device_id, target_device_id: to.device_id, amount };
      await this.hass?.callService("tangle_grid", "send_tokens", data, undefined, false, true);
      this.sent = words.t("sent", { tokens: words.tokens(amount, island), name: to.name });
      element.reset();
    } catch (error) {
      this.sent = (error as { message?: string }).message ?? String(error);
    } finally {
      this.busy = false;
    }
  }
}
