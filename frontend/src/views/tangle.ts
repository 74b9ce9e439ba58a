/** Wallets and the Tangle: what everybody earned, what was paid, and every message opened in words. */

import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { IslandElement } from "../element";
import { gridTime, ONLY, type Island, type Picture, type Wallet } from "../picture";
import { shared } from "../styles";

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

interface Check {
  check: string;
  ok: boolean;
  text: string;
}

interface Verification {
  ok: boolean;
  checks: Check[];
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
  @state() private verified = new Map<string, Verification | string>();
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
      ol {
        margin: 8px 0 0;
        padding-inline-start: 20px;
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
      this.messages = messages.messages;
      this.payments = payments.payments;
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
        <h2>${words.t("payments")}</h2>
        <div class="scroll">${this.renderPayments(island)}</div>
      </section>
      <section class="box">
        <h2>${words.t("the_tangle")}</h2>
        ${this.renderLedger(picture)} ${this.renderMessages(island)}
      </section>
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
            <td>${wallet.kind === "treasury" ? words.t("treasury", { name: wallet.name }) : wallet.name}</td>
            <td class="number">${words.tokens(wallet.balance_i, island)}</td>
            <td class="number">${words.tokens(picture.participants[owner]?.earned_i ?? null, island)}</td>
          </tr>`,
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
    return html`<table>
      <thead>
        <tr>
          <th>${words.t("when")}</th>
          <th>${words.t("from_to")}</th>
          <th class="number">${words.t("amount")}</th>
          <th>${words.t("state")}</th>
          <th></th>
        </tr>
      </thead>
      <tbody>
        ${this.payments.map((payment) => {
          const verified = this.verified.get(payment.payment_id);
          return html`<tr>
              <td>${this.at(payment.created_at, island)}</td>
              <td>${short(payment.source)} → ${short(payment.target)}</td>
              <td class="number">${words.tokens(payment.amount, island)}</td>
              <td>${words.maybe(`payment_${payment.state}`) ?? payment.state}</td>
              <td>
                ${isReward(payment)
                  ? html`<button @click=${() => this.verify(payment)}>${words.t("verify")}</button>`
                  : nothing}
              </td>
            </tr>
            ${verified === undefined ? nothing : html`<tr><td colspan="5">${this.renderVerified(payment, verified)}</td></tr>`}`;
        })}
      </tbody>
    </table>`;
  }

  private async verify(payment: Payment): Promise<void> {
    const note = (result: Verification | string): void => {
      this.verified = new Map(this.verified).set(payment.payment_id, result);
    };
    note(this.words.t("verifying"));
    try {
      note(
        await this.ask<Verification>("verify_receipt", {
          config_entry_id: this.entryId,
          payment_id: payment.payment_id,
        }),
      );
    } catch (error) {
      note((error as { message?: string }).message ?? String(error));
    }
  }

  private renderVerified(payment: Payment, result: Verification | string): TemplateResult {
    const words = this.words;
    if (typeof result === "string") return html`<p role="status">${result}</p>`;
    const command = `scripts/verify --node ${location.origin}/api/tangle_grid/${this.island?.id ?? ""}/iri --token guest.token --payment ${payment.payment_id}`;
    return html`<p role="status">
        <span class="chip ${result.ok ? "good" : "bad"}">${words.t(result.ok ? "verified" : "not_verified")}</span>
      </p>
      <ol>
        ${result.checks.map((check) => html`<li>${check.ok ? "✓" : "✗"} ${check.text}</li>`)}
      </ol>
      <p class="soft" style="margin-top:8px">${words.t("verify_yourself")}</p>
      <pre>${command}</pre>
      <button @click=${() => navigator.clipboard?.writeText(command)}>${words.t("copy_command")}</button>`;
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
              <dt>${words.t("transaction")}</dt>
              <dd class="hash">${message.transaction}</dd>
              <dt>${words.t("sequence")}</dt>
              <dd>${message.sequence}</dd>
            </dl>
            <pre>${JSON.stringify(message.body, null, 2)}</pre>`
        : nothing}`;
  }

  /** Return a time of the ledger's as the island's time of day: all times on these pages are of one clock. */
  private at(moment: string | null, island: Island): string {
    return moment ? this.words.time(gridTime(island, Date.parse(moment) / 1_000), true) : "–";
  }

  /** Return a message in words. */
  private sentence(message: Message, island: Island): string {
    const words = this.words;
    const body = message.body;
    const name = (key: string): string =>
      this.watched.picture?.participants[String(body[key])]?.name ?? String(body[key] ?? "?");
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
      default:
        return message.sealed ? words.t("message_sealed") : words.t("message_other", { kind: message.kind });
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
