/** The Tangle as it grows: each bundle with the two that it approves, the newest on the right. */

import { css, html, nothing, svg, type PropertyValues, type SVGTemplateResult, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { IslandElement } from "../element";
import { gridTime, ONLY, type Island, type Picture } from "../picture";
import { shared } from "../styles";

export interface TangleNode {
  tail: string;
  approves: [string, string];
  kind: string | null;
  value: number;
  attached_at: number;
  confirmed: boolean;
}

export interface Placed extends TangleNode {
  x: number;
  y: number;
}

const STEP = 30;
const HEIGHT = 190;
const LANES = 5;
const EDGE = 22;
const SHOWN = 48;
const KINDS = ["meter", "request", "answer", "settlement", "payment"] as const;

/** Return where each bundle is drawn: in the order of their coming, in the lane that is least used by what it touches. */
export function place(nodes: readonly TangleNode[], shown = SHOWN): Placed[] {
  const newest = [...nodes].sort((a, b) => a.attached_at - b.attached_at || a.tail.localeCompare(b.tail)).slice(-shown);
  const lanes = new Map<string, number>();
  const used = new Array<number>(LANES).fill(-2);
  return newest.map((node, index) => {
    const taken = node.approves.map((each) => lanes.get(each)).filter((each) => each !== undefined);
    let best = 0;
    let bestCost = Number.POSITIVE_INFINITY;
    for (let lane = 0; lane < LANES; lane += 1) {
      // Close to what it approves, but not where one was drawn just now.
      const near = taken.reduce((sum, each) => sum + Math.abs(each - lane), 0);
      const cost = near + (index - (used[lane] as number) < 3 ? 6 : 0) + Math.abs(lane - (LANES - 1) / 2) / 4;
      if (cost < bestCost) [best, bestCost] = [lane, cost];
    }
    lanes.set(node.tail, best);
    used[best] = index;
    return { ...node, x: EDGE + index * STEP, y: EDGE + (best * (HEIGHT - 2 * EDGE)) / (LANES - 1) };
  });
}

@customElement("tangle-grid-graph")
export class Graph extends IslandElement {
  @state() private nodes: TangleNode[] | null = null;
  private seen = -1;
  private known = new Set<string>();

  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      .scroll {
        overflow-x: auto;
        direction: rtl;
      }
      .scroll > svg {
        direction: ltr;
        display: block;
      }
      .edge {
        fill: none;
        stroke: var(--tg-line);
        stroke-width: 1.5;
      }
      .node {
        fill: var(--tg-box);
        stroke: var(--tg-soft);
        stroke-width: 2;
        cursor: pointer;
      }
      .confirmed {
        fill: var(--tg-soft);
      }
      .request,
      .answer {
        stroke: var(--tg-warn);
      }
      .request.confirmed,
      .answer.confirmed {
        fill: var(--tg-warn);
      }
      .settlement,
      .payment {
        stroke: var(--tg-good);
      }
      .settlement.confirmed,
      .payment.confirmed {
        fill: var(--tg-good);
      }
      .meter {
        height: auto;
        stroke: var(--tg-flow);
      }
      .meter.confirmed {
        fill: var(--tg-flow);
      }
      .new {
        animation: come 0.6s ease-out;
      }
      @keyframes come {
        from {
          opacity: 0;
          transform: translateX(24px);
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .new {
          animation: none;
        }
      }
      .key {
        display: flex;
        gap: 14px;
        flex-wrap: wrap;
        font-size: 12px;
        color: var(--tg-soft);
        margin-top: 4px;
      }
      .key svg {
        width: 14px;
        height: 14px;
        vertical-align: -2px;
        margin-inline-end: 4px;
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    const ledger = this.watched.picture?.ledger[ONLY];
    if (!this.hass || !this.entryId || !ledger?.open || this.watched.state !== "live") return;
    // It is looked at again when it has grown.
    const now = (ledger.transactions ?? 0) * 1_000_003 + (ledger.milestone ?? 0);
    if (now === this.seen) return;
    this.seen = now;
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      this.nodes = (await this.hass?.callWS<TangleNode[]>({ type: "tangle_grid/tangle", entry_id: this.entryId })) ?? [];
    } catch (error) {
      // The list below says what is wrong; the drawing stays as it was.
      console.debug("tangle_grid", error);
    }
  }

  protected override renderIsland(_picture: Picture, island: Island): TemplateResult | typeof nothing {
    if (!this.nodes?.length) return nothing;
    const words = this.words;
    const placed = place(this.nodes);
    const at = new Map(placed.map((each) => [each.tail, each]));
    const isFirst = this.known.size === 0;
    const fresh = new Set(placed.filter((each) => !isFirst && !this.known.has(each.tail)).map((each) => each.tail));
    for (const each of placed) this.known.add(each.tail);
    const width = EDGE * 2 + (placed.length - 1) * STEP;
    const text = words.t("graph_text", {
      count: placed.length,
      confirmed: placed.filter((each) => each.confirmed).length,
    });
    return html`<div class="scroll" role="img" aria-label=${text}>
        <svg width=${width} height=${HEIGHT} viewBox="0 0 ${width} ${HEIGHT}">
          ${placed.flatMap((node) =>
            node.approves.map((approved) => {
              const other = at.get(approved);
              if (!other) return svg`<path class="edge" d="M${node.x} ${node.y}l-14 0" opacity="0.4"></path>`;
              const bend = (node.x - other.x) / 2;
              return svg`<path class="edge" d="M${node.x} ${node.y}C${node.x - bend} ${node.y} ${other.x + bend} ${other.y} ${other.x} ${other.y}"></path>`;
            }),
          )}
          ${placed.map((node) => this.renderNode(node, island, fresh.has(node.tail)))}
        </svg>
      </div>
      <div class="key" aria-hidden="true">
        ${KINDS.map((kind) => html`<span><svg viewBox="-8 -8 16 16">${shape(kind, `node ${kind} confirmed`)}</svg>${words.t(`kind_${kind}`)}</span>`)}
        <span><svg viewBox="-8 -8 16 16">${shape(null, "node confirmed")}</svg>${words.t("kind_milestone")}</span>
        <span><svg viewBox="-8 -8 16 16">${shape("meter", "node meter")}</svg>${words.t("unconfirmed")}</span>
      </div>`;
  }

  private renderNode(node: Placed, island: Island, isNew: boolean): SVGTemplateResult {
    const words = this.words;
    const kind = node.kind ?? "milestone";
    const name = words.maybe(`kind_${kind}`) ?? kind;
    const text = [
      name,
      words.time(gridTime(island, node.attached_at), true),
      node.value ? words.tokens(node.value, island) : "",
      words.t(node.confirmed ? "confirmed" : "unconfirmed"),
    ];
    return svg`<g transform="translate(${node.x} ${node.y})" @click=${() => this.open(node)}>
      <g class=${isNew ? "new" : ""}>
        <title>${text.filter(Boolean).join(" · ")}</title>
        ${shape(node.kind, `node ${node.kind ?? ""} ${node.confirmed ? "confirmed" : ""}`)}
      </g>
    </g>`;
  }

  private open(node: TangleNode): void {
    this.dispatchEvent(new CustomEvent("tangle-grid-transaction", { detail: node.tail, bubbles: true, composed: true }));
  }
}

/** Kinds differ in shape as well as in colour. */
function shape(kind: string | null, name: string): SVGTemplateResult {
  switch (kind) {
    case "payment":
      return svg`<path class=${name} d="M0 -8L8 0L0 8L-8 0Z"></path>`;
    case "settlement":
      return svg`<path class=${name} d="M-4 -7H4L8 0L4 7H-4L-8 0Z"></path>`;
    case "request":
      return svg`<rect class=${name} x="-6" y="-6" width="12" height="12"></rect>`;
    case "answer":
      return svg`<path class=${name} d="M0 -7L7 6H-7Z"></path>`;
    case null:
      return svg`<circle class=${name} r="3"></circle>`;
    default:
      return svg`<circle class=${name} r="6"></circle>`;
  }
}
