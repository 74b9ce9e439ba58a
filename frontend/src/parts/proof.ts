/** A reward checked by this page itself: each step in words, and the readings drawn as they were recomputed. */

import { css, html, nothing, svg, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { IslandElement } from "../element";
import type { Island, Picture } from "../picture";
import type { Recomputed } from "../proof/recompute";
import { prove, type Proof, type SignedText, type Step } from "../proof/reward";
import { shared } from "../styles";

interface Answer {
  payment_id: string;
  island: string;
  public_key: string;
  messages: SignedText[];
  checks: { check: string; ok: boolean; text: string }[];
}

/** Figures that are amounts, in the checks that have them. */
const AMOUNTS: Record<string, readonly string[]> = { rate: ["shown", "paid"], amount: ["said", "recomputed"], paid: ["paid", "owed"] };
const MOMENTS = new Set(["starts_at", "ends_at"]);
const WIDTH = 600;
const HEIGHT = 140;

@customElement("tangle-grid-proof")
export class ProofView extends IslandElement {
  @property() payment = "";
  @state() private answer: Answer | null = null;
  @state() private proof: Proof | null = null;
  @state() private problem = "";
  private loaded = "";

  static override styles = [
    shared,
    css`
      :host {
        display: block;
        padding: 8px 0;
      }
      ol {
        list-style: none;
        margin: 8px 0 0;
        padding: 0;
        display: grid;
        gap: 6px;
      }
      li {
        display: grid;
        grid-template-columns: 24px 1fr;
        overflow-wrap: anywhere;
      }
      li.good::before {
        content: "✓";
        color: var(--tg-good-text);
        font-weight: 700;
      }
      li.bad {
        font-weight: 500;
      }
      li.bad::before {
        content: "✗";
        color: var(--tg-bad-text);
        font-weight: 700;
      }
      h3 {
        margin-top: 16px;
      }
      svg.curve {
        display: block;
        width: 100%;
        height: 140px;
        margin-top: 8px;
      }
      .delivered {
        fill: color-mix(in srgb, var(--tg-good) 40%, transparent);
      }
      .baseline {
        stroke: var(--tg-soft);
        stroke-dasharray: 5 4;
        fill: none;
        vector-effect: non-scaling-stroke;
      }
      .reading {
        stroke: var(--tg-flow);
        stroke-width: 2;
        fill: none;
        vector-effect: non-scaling-stroke;
      }
      pre {
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        font-size: 12px;
        padding: 8px;
        border-radius: 8px;
        background: color-mix(in srgb, var(--tg-line) 25%, transparent);
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const key = `${this.entryId}/${this.payment}`;
    if (!this.hass || !this.entryId || !this.payment || key === this.loaded) return;
    this.loaded = key;
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      const data = { config_entry_id: this.entryId, payment_id: this.payment };
      const answer = await this.hass?.callService("tangle_grid", "verify_receipt", data, undefined, false, true);
      const found = answer?.response as Answer;
      this.proof = await prove(found);
      this.answer = found;
    } catch (error) {
      this.problem = (error as { message?: string }).message ?? String(error);
    }
  }

  protected override renderIsland(picture: Picture, island: Island): TemplateResult {
    const words = this.words;
    if (this.problem) return html`<p class="failed" role="alert">${this.problem}</p>`;
    const { proof, answer } = this;
    if (!proof || !answer) return html`<p role="status">${words.t("verifying")}</p>`;
    const own = new Set(proof.steps.map((step) => step.check));
    const others = answer.checks.filter((check) => !own.has(check.check));
    const ok = proof.ok && others.every((check) => check.ok);
    const command = `scripts/verify --node ${location.origin}/api/tangle_grid/${island.id}/iri --token guest.token --payment ${this.payment}`;
    return html`<p role="status">
        <span class="chip ${ok ? "good" : "bad"}">${ok ? "✓" : "✗"} ${words.t(ok ? "verified" : "not_verified")}</span>
      </p>
      <h3>${words.t("proof_here")}</h3>
      <p class="soft">${words.t(proof.sealed ? "proof_sealed" : "proof_how")}</p>
      <ol data-proof="here">
        ${proof.steps.map((step) => html`<li class=${step.ok ? "good" : "bad"} data-check=${step.check}>${this.sentence(picture, island, step)}</li>`)}
      </ol>
      ${proof.recomputed ? this.renderCurve(proof.recomputed) : nothing}
      <h3>${words.t("proof_node")}</h3>
      <p class="soft">${words.t("proof_node_how")}</p>
      <ol data-proof="node">
        ${others.map((check) => html`<li class=${check.ok ? "good" : "bad"} data-check=${check.check}>${check.text}</li>`)}
      </ol>
      <p class="soft" style="margin-top:12px">${words.t("verify_yourself")}</p>
      <pre>${command}</pre>
      <button @click=${() => navigator.clipboard?.writeText(command)}>${words.t("copy_command")}</button>`;
  }

  private sentence(picture: Picture, island: Island, { check, ok, values }: Step): string {
    const words = this.words;
    const shown = Object.fromEntries(
      Object.entries(values).map(([name, value]) => {
        if (name === "participant") return [name, picture.participants[value]?.name ?? picture.vehicles[value]?.name ?? value];
        if (AMOUNTS[check]?.includes(name) && typeof value === "number") return [name, words.tokens(value, island)];
        if (MOMENTS.has(name)) return [name, words.time(Number(value))];
        return [name, typeof value === "number" ? words.number(value) : value];
      }),
    );
    return words.common(`check_${check}${ok ? "" : "_failed"}`, shown);
  }

  /** Draw what was drawn, what would have been drawn, and between them what is paid for. */
  private renderCurve({ pieces, energy_wh }: Recomputed): TemplateResult {
    const words = this.words;
    const end = pieces.at(-1)?.end ?? 1;
    const values = pieces.flatMap((each) => [each.power_w ?? 0, each.baseline_w]);
    const [least, most] = [Math.min(0, ...values), Math.max(1, ...values)];
    const x = (second: number): string => ((second / end) * WIDTH).toFixed(1);
    const y = (watts: number): string => (HEIGHT - 4 - ((watts - least) / (most - least)) * (HEIGHT - 12)).toFixed(1);
    let isOpen = false;
    const reading = pieces
      .map((each) => {
        if (each.power_w === null) {
          isOpen = false;
          return "";
        }
        const begin = `${isOpen ? "L" : "M"}${x(each.start)} ${y(each.power_w)}H${x(each.end)}`;
        isOpen = true;
        return begin;
      })
      .join("");
    return html`<svg class="curve" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img"
        aria-label=${words.t("proof_curve", { energy: words.energy(energy_wh) })}>
        ${pieces.map((each) =>
          each.delivered_ws > 0n
            ? svg`<rect class="delivered" x=${x(each.start)} width=${((each.end - each.start) / end * WIDTH).toFixed(1)}
                y=${y(each.baseline_w)} height=${(Number(y(each.baseline_w - Number(each.delivered_ws) / (each.end - each.start))) - Number(y(each.baseline_w))).toFixed(1)}></rect>`
            : nothing,
        )}
        <path class="baseline" d="M0 ${y(pieces[0]?.baseline_w ?? 0)}H${WIDTH}"></path>
        <path class="reading" d=${reading}></path>
      </svg>
      <p class="soft">${words.t("proof_curve", { energy: words.energy(energy_wh) })}</p>`;
  }
}
