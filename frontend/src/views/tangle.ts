/** Wallets and the Tangle: what everybody earned, what was paid, and every message opened in words. */

import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { IslandElement } from "../element";
import { navigate } from "../hass";
import { gridTime, ONLY, type Island, type Picture, type Wallet } from "../picture";
import { shared } from "../styles";
import { startOfDay } from "../words";
import "../parts/findings";
import "../parts/graph";
import "../parts/proof";
import "../parts/wallet";

interface Message {
  message_id: string;
  kind: string;
  body: Record<string, unknown>;
  sender: string;
  participant: string | null;
  sequence: number;
  issued_at: string | null;
  transaction: string;
  confirmed: boolean;
  verified: boolean;
  sealed: boolean;
  rejection: string | null;
}

interface Payment {
  payment_id: string;
  source: string;
  target: string;
  amount: number;
  state: string;
  transaction: string | null;
  created_at: string | null;
}

const AGAIN_MS = 10_000;
const SHOWN = 30;

@customElement("tangle-grid-tangle")
export class TangleView extends IslandElement {
  @state() private messages: Message[] | null = null;
  @state() private payments: Payment[] | null = null;
  @state() private problem = "";
  @state() private kind = "";
  @state() private all = false;
  @state() private opened: string | null = null;
  @state() private proofs = new Set<string>();
  @state() private wallet = "";
  @state() private topic = "";
  private loadedAt = 0;
  private loaded = "";

  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      section {
        margin-bottom: 16px;
      }
      .hash {
        font-family: var(--code-font-family, monospace);
        font-size: 12px;
        overflow-wrap: anywhere;
      }
      pre {
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        font-size: 12px;
        margin: 8px 0 0;
      }
      .message {
        width: 100%;
        text-align: start;
        border-radius: 8px;
        border: 0;
        border-bottom: 1px solid var(--tg-line);
        padding: 8px 4px;
      }
      .message .spread {
        flex-wrap: wrap;
        gap: 2px 12px;
      }
      .payments {
        list-style: none;
        margin: 0;
        padding: 0;
      }
      .payments > li {
        display: grid;
        grid-template-columns: 110px minmax(0, 1fr) auto 90px 90px;
        gap: 2px 12px;
        align-items: center;
        min-height: 48px;
        padding: 4px 0;
        border-bottom: 1px solid var(--tg-line);
      }
      .payments tangle-grid-proof {
        grid-column: 1 / -1;
      }
      .payments > li > :last-child:not(tangle-grid-proof),
      .payments > li > :nth-child(5) {
        text-align: end;
      }
      @media (max-width: 640px) {
        .payments > li {
          grid-template-columns: minmax(0, 1fr) auto;
        }
        .payments > li > :nth-child(2) {
          order: -2;
        }
        .payments > li > :nth-child(3) {
          order: -1;
          text-align: end;
        }
        .payments > li > :nth-child(4) {
          grid-column: 1;
        }
        .payments > li > :nth-child(5) {
          grid-area: 2 / 2 / span 2;
        }
      }
      td {
        vertical-align: middle;
      }
      .plain {
        border: 0;
        padding: 0 4px;
        color: var(--tg-link);
        text-align: start;
      }
      .service {
        padding: 8px 0;
        border-top: 1px solid var(--tg-line);
        align-items: center;
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    if (!this.island || !this.entryId || this.watched.state !== "live") return;
    const key = `${this.entryId}/${this.kind}`;
    if (key === this.loaded && Date.now() - this.loadedAt < AGAIN_MS) return;
    this.loaded = key;
    this.loadedAt = Date.now();
    void this.load();
  }

  private async load(): Promise<void> {
    const data = { config_entry_id: this.entryId, limit: SHOWN };
    try {
      const [messages, payments] = await Promise.all([
        this.ask<{ messages: Message[] }>("get_messages", { ...data, ...(this.kind ? { kind: this.kind } : {}) }),
        this.ask<{ payments: Payment[] }>("get_payments", data),
      ]);
      this.messages = messages.messages ?? [];
      this.payments = payments.payments ?? [];
      this.problem = "";
    } catch (error) {
      this.problem = (error as { message?: string }).message ?? String(error);
    }
  }

  private async ask<T>(service: string, data: Record<string, unknown>): Promise<T> {
    const answer = await this.hass?.callService("tangle_grid", service, data, undefined, false, true);
    return answer?.response as T;
  }

  protected override renderIsland(picture: Picture, island: Island): TemplateResult {
    const words = this.words;
    return html`
      ${this.problem ? html`<p class="failed" role="alert">${this.problem}</p>` : nothing}
      <section class="box">
        <h2>${words.t("wallets")}</h2>
        <div class="scroll">${this.renderWallets(picture, island)}</div>
      </section>
      <section class="box">
        <h2>${words.t("the_tangle")}</h2>
        ${this.renderLedger(picture)}
        <tangle-grid-graph .hass=${this.hass} .entryId=${this.entryId} @tangle-grid-transaction=${this.openTransaction}></tangle-grid-graph>
        ${this.renderMessages(island)}
      </section>
      <section class="box">
        <h2>${words.t("payments")}</h2>
        ${this.renderPayments(island)}
      </section>
      ${this.renderServices(picture)}
    `;
  }

  private renderWallets(picture: Picture, island: Island): TemplateResult {
    const words = this.words;
    const every = Object.entries(picture.wallets).sort(byBalance);
    const wallets = this.all ? every : every.filter(([, wallet]) => wallet.balance_i > 0);
    if (every.length === 0) return html`<p class="soft">${words.t("no_wallets")}</p>`;
    return html`<table>
      <thead>
        <tr>
          <th>${words.t("whose")}</th>
          <th class="number">${words.t("balance")}</th>
          <th class="number">${words.t("earned")}</th>
        </tr>
      </thead>
      <tbody>
        ${wallets.map(
          ([owner, wallet]) => html`<tr>
              <td>
                <button class="plain" aria-expanded=${this.wallet === owner} @click=${() => (this.wallet = this.wallet === owner ? "" : owner)}>
                  ${wallet.kind === "treasury" ? words.t("treasury", { name: wallet.name }) : wallet.name}
                </button>
              </td>
              <td class="number">${words.tokens(wallet.balance_i, island)}</td>
              <td class="number">${words.tokens(picture.participants[owner]?.earned_i ?? null, island)}</td>
            </tr>
            ${this.wallet === owner
              ? html`<tr><td colspan="3">
                  <tangle-grid-wallet .hass=${this.hass} .entryId=${this.entryId} .owner=${owner}></tangle-grid-wallet>
                </td></tr>`
              : nothing}`,
        )}
      </tbody>
    </table>
    ${every.length > wallets.length || this.all
      ? html`<button style="margin-top:8px" aria-pressed=${this.all} @click=${() => (this.all = !this.all)}>
          ${words.t("all_wallets", { count: every.length })}
        </button>`
      : nothing}`;
  }

  private renderPayments(island: Island): TemplateResult {
    const words = this.words;
    if (this.payments === null) return html`<p class="soft">${words.t("waiting")}</p>`;
    if (this.payments.length === 0) return html`<p class="soft">${words.t("no_payments")}</p>`;
    return html`<ul class="payments">
      ${this.payments.map((payment) => {
        const isOpen = this.proofs.has(payment.payment_id);
        return html`<li>
          <span class="soft number">${this.at(payment.created_at, island)}</span>
          <span>${short(payment.source)} → ${short(payment.target)}</span>
          <span class="number">${words.tokens(payment.amount, island)}</span>
          <span class="soft">${words.maybe(`payment_${payment.state}`) ?? payment.state}</span>
          <span>
            ${isReward(payment)
              ? html`<button aria-expanded=${isOpen} @click=${() => this.toggled(payment)}>${words.t("verify")}</button>`
              : nothing}
          </span>
          ${isOpen
            ? html`<tangle-grid-proof .hass=${this.hass} .entryId=${this.entryId} .payment=${payment.payment_id}></tangle-grid-proof>`
            : nothing}
        </li>`;
      })}
    </ul>`;
  }

  private toggled(payment: Payment): void {
    const next = new Set(this.proofs);
    if (!next.delete(payment.payment_id)) next.add(payment.payment_id);
    this.proofs = next;
  }

  /** A bundle of the drawing was tapped: its message is opened below, whatever kind is shown. */
  private openTransaction(event: CustomEvent<string>): void {
    const found = this.messages?.find((each) => each.transaction === event.detail);
    if (!found && this.kind) this.kind = "";
    this.opened = found?.message_id ?? null;
    void this.updateComplete.then(() => this.renderRoot.querySelector("button.message[aria-expanded='true']")?.scrollIntoView({ block: "center" }));
  }

  private renderServices(picture: Picture): TemplateResult | typeof nothing {
    const words = this.words;
    const services = Object.entries(picture.services);
    if (services.length === 0) return nothing;
    return html`<section class="box">
      <h2>${words.t("services")}</h2>
      ${services.map(([id, service]) => {
        const wallet = picture.wallets[id];
        const isOpen = this.topic === id;
        return html`<div class="spread service">
            <span><b>${service.name}</b> <span class="soft">${words.t(`service_${service.kind}`)}</span></span>
            <span class="row">
              <span class="number">${wallet ? words.tokens(wallet.balance_i, this.island) : nothing}</span>
              ${service.kind === "data_topic" && service.device_id
                ? html`<button aria-expanded=${isOpen} @click=${() => (this.topic = isOpen ? "" : id)}>${words.t("findings")}</button>`
                : nothing}
              ${service.device_id
                ? html`<button @click=${() => navigate(`/config/devices/device/${service.device_id}`)}>${words.t("all_entities")}</button>`
                : nothing}
            </span>
          </div>
          ${isOpen ? html`<tangle-grid-findings .hass=${this.hass} .entryId=${this.entryId} .device=${service.device_id ?? ""}></tangle-grid-findings>` : nothing}`;
      })}
    </section>`;
  }

  private renderLedger(picture: Picture): TemplateResult {
    const words = this.words;
    const ledger = picture.ledger[ONLY];
    if (!ledger?.open) return html`<p class="old">${words.t("ledger_away")} ${ledger?.error ?? ""}</p>`;
    return html`<p class="soft">
      ${words.t("ledger_line", {
        transactions: ledger.transactions == null ? "?" : words.number(ledger.transactions),
        milestone: ledger.milestone == null ? "?" : words.number(ledger.milestone),
        queued: ledger.queued ?? 0,
      })}
    </p>`;
  }

  private renderMessages(island: Island): TemplateResult {
    const words = this.words;
    const kinds = ["", "meter", "request", "answer", "settlement", "payment", "data"];
    return html`<div class="row" role="group" aria-label=${words.t("kinds")} style="margin:12px 0">
        ${kinds.map(
          (kind) => html`<button aria-pressed=${this.kind === kind} @click=${() => (this.kind = kind)}>
            ${words.t(kind ? `kind_${kind}` : "kind_all")}
          </button>`,
        )}
      </div>
      ${this.messages === null
        ? html`<p class="soft">${words.t("waiting")}</p>`
        : this.messages.length === 0
          ? html`<p class="soft">${words.t("no_messages")}</p>`
          : this.messages.map((message) => this.renderMessage(message, island))}`;
  }

  private renderMessage(message: Message, island: Island): TemplateResult {
    const words = this.words;
    const isOpen = this.opened === message.message_id;
    const mark = message.verified ? words.t("signature_good") : (message.rejection ?? words.t("signature_unknown"));
    return html`<button
        class="message"
        aria-expanded=${isOpen}
        @click=${() => (this.opened = isOpen ? null : message.message_id)}
      >
        <span class="spread">
          <span>${this.sentence(message, island)}</span>
          <span class="chip ${message.verified ? "good" : "warn"}">${message.verified ? "✓" : "?"} ${mark}</span>
        </span>
        <span class="soft">
          ${this.at(message.issued_at, island)} ·
          ${message.participant ?? island.title} · ${message.confirmed ? words.t("confirmed") : words.t("unconfirmed")}
        </span>
      </button>
      ${isOpen
        ? html`<dl>
              ${Object.entries(message.body).map(([name, value]) => this.renderField(name, value, island))}
              <dt>${words.t("transaction")}</dt>
              <dd class="hash">${message.transaction}</dd>
              <dt>${words.t("sequence")}</dt>
              <dd>${message.sequence}</dd>
            </dl>
            <details>
              <summary>${words.t("as_signed")}</summary>
              <pre>${JSON.stringify(message.body, null, 2)}</pre>
            </details>`
        : nothing}`;
  }

  /** Return a field of a message as people read it; what has no words stands below, as it was signed. */
  private renderField(name: string, value: unknown, island: Island): TemplateResult | typeof nothing {
    const words = this.words;
    const label = words.maybe(`field_${name}`);
    if (!label || value === null || value === undefined) return nothing;
    let text: string;
    if (Array.isArray(value)) {
      text = value.map((each, phase) => `L${phase + 1} ${words.power(Number(each))}`).join(" · ");
    } else if (typeof value === "boolean") {
      text = words.t(value ? "yes" : "no");
    } else if (name === "participant") {
      text = this.nameOf(value);
    } else if (typeof value !== "number") {
      text = String(value);
    } else if (name.endsWith("_at") || name === "answer_by") {
      text = words.time(value);
    } else if (name.endsWith("_wh")) {
      text = words.energy(value);
    } else if (name.endsWith("_w")) {
      text = words.power(value);
    } else if (name.endsWith("_i") || name.startsWith("rate")) {
      text = words.tokens(value, island);
    } else {
      text = words.number(value, Number.isInteger(value) ? 0 : 1);
    }
    return html`<dt>${label}</dt><dd>${text}</dd>`;
  }

  /** Return a time of the ledger's as the island's time of day: all times on these pages are of one clock. */
  private at(moment: string | null, island: Island): string {
    if (!moment) return "–";
    const words = this.words;
    const at = gridTime(island, Date.parse(moment) / 1_000);
    const zone = this.hass?.config.time_zone ?? "UTC";
    return startOfDay(at, zone) === startOfDay(words.now(island), zone) ? words.time(at, true) : words.date(at);
  }

  /** Return the name of whoever has an id on the island. */
  private nameOf(id: unknown): string {
    const picture = this.watched.picture;
    const key = String(id ?? "?");
    return (picture?.participants[key] ?? picture?.vehicles[key] ?? picture?.services[key] ?? picture?.wallets[key])?.name ?? short(key);
  }

  /** Return a message in words. */
  private sentence(message: Message, island: Island): string {
    const words = this.words;
    const body = message.body;
    // One that could not be opened, or not for this viewer.
    if (message.sealed && ("sealed" in body || Object.keys(body).length === 0)) return words.t("message_sealed");
    const name = (key: string): string => this.nameOf(body[key]);
    switch (message.kind) {
      case "meter": {
        const total = (body.power_w as number[] | undefined)?.reduce((sum, watts) => sum + watts, 0) ?? null;
        return words.t("message_meter", { power: words.power(total) });
      }
      case "request":
        return words.t("message_request", { name: name("participant"), power: words.power(Number(body.power_w)) });
      case "answer":
        return words.t(body.accepted ? "message_yes" : "message_no", {
          name: name("participant"),
          power: words.power(Number(body.power_w)),
        });
      case "settlement":
        return words.t("message_settlement", {
          name: name("participant"),
          energy: words.energy(Number(body.energy_wh)),
          tokens: words.tokens(Number(body.amount_i), island),
        });
      case "payment": {
        const payments = (body.payments ?? []) as { to: string | null; amount_i: number }[];
        const total = payments.reduce((sum, each) => sum + each.amount_i, 0);
        const names = [...new Set(payments.map((each) => this.nameOf(each.to)))].join(", ");
        return words.t("message_payment", { names, tokens: words.tokens(total, island) });
      }
      case "key":
        return words.t(body.public_key ? "message_key" : "message_key_ended", { name: name("participant") });
      case "report":
        return words.t("message_report", { topic: name("topic") });
      case "data":
        return words.t("message_data", { topic: name("topic") });
      default:
        return words.t("message_other", { kind: message.kind });
    }
  }
}

function byBalance([, a]: [string, Wallet], [, b]: [string, Wallet]): number {
  return Number(b.kind === "treasury") - Number(a.kind === "treasury") || b.balance_i - a.balance_i;
}

/** A reward is paid under the id of its request and participant. */
function isReward(payment: Payment): boolean {
  return /^[0-9a-f]{12}:/.test(payment.payment_id);
}

/** Return a name as it is, and an address by its beginning: ninety letters help nobody. */
function short(name: string): string {
  return name.length > 40 ? `${name.slice(0, 8)}…` : name;
}
