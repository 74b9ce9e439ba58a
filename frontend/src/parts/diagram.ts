/** The one-line diagram: cable, transformer, outgoing lines, and whoever hangs on them. */

import { css, html, nothing, svg, type SVGTemplateResult, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { IslandElement } from "../element";
import { navigate } from "../hass";
import { icon } from "../icons";
import { ONLY, sum, type Feeder, type Island, type Kind, type Link, type Participant, type Picture } from "../picture";
import { isAsked, isHelping, why } from "../sentences";
import { shared } from "../styles";
import type { Words } from "../words";
import { houseAt, linkBox, linkLines, otherIslands, toneOf } from "./links";
import { phaseBars } from "./phases";
import { isDead } from "./supply";

const NODE = { width: 176, height: 108, gap: 14 };
const WIDE = 2 * NODE.width + NODE.gap;
const TILE_ROW = 26;
const TILE_COLUMNS = 14;
const HEAD = { width: 268, height: 146 };
/** The feeding cable, from where it comes to the transformer, px; and the island above, where there is one. */
const CABLE = 44;
const ABOVE = 100;
/** The head of a line, that of a linked house, and a neighbour's box, px. */
const LINE_HEAD = 118;
const HOUSE = 148;
const TIE = 138;
const TRUNK_X = 30;
const LANE = 40;
/** So many of one kind on one line are drawn one by one; more become one group that opens on a tap. */
const ONE_BY_ONE = 8;
/** Above so many participants on the whole island, kinds are grouped. */
const SMALL_ISLAND = 16;
const NARROW = 520;
/** From a line down to its nodes, px. */
const DROP = 14;
/** Less than this is not drawn as a flow, W. */
const TRICKLE_W = 50;
/** Why somebody gets less than it would take, although it gets something. */
const LIMITED = /^why_(protection|dimmed_until|reserved|payment)$/;
const KINDS: readonly Kind[] = ["solar", "charger", "battery", "household"];

interface Node {
  id: string;
  kind: Kind;
  name: string;
  watts: number | null;
  tone: "" | "good" | "warn" | "bad";
  badge: string;
  text: string;
  members: string[];
  /** Beside its power: the car, how full it is. */
  beside: string;
  /** Of a group: each of its members, as a tile. */
  tiles?: Tile[];
  /** Of a group whose members are drawn one by one beside it: its power is theirs. */
  isOpen?: boolean;
}

interface Tile {
  name: string;
  /** Of the strongest of the group, 0 to 1. */
  share: number;
  tone: Node["tone"];
  back: boolean;
}

interface Placed {
  node: Node;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A linked house: a line of this island that ends at another one. */
interface PlacedHouse {
  feeder: Feeder;
  link: Link;
  x: number;
  y: number;
}

/** What hangs on a stretch of a line. */
interface Hanging {
  x: number;
  y: number;
  width: number;
  watts: number;
}

/** A neighbour, beside the transformer. */
interface Tie extends Hanging {
  link: Link;
}

interface Line {
  feederId: string;
  feeder: Feeder;
  busY: number;
  top: number;
  nodes: Placed[];
  depth: number;
}

@customElement("tangle-grid-diagram")
export class Diagram extends IslandElement {
  @property({ type: Boolean }) list = false;
  @state() private width = 900;
  @state() private opened = new Set<string>();
  private observer: ResizeObserver | undefined;

  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      .stage {
        position: relative;
      }
      .stage.stale {
        filter: grayscale(1);
      }
      .stage.stale .flow {
        display: none;
      }
      svg.lines {
        position: absolute;
        inset: 0;
        pointer-events: none;
      }
      .line {
        stroke: var(--tg-line);
        fill: none;
        stroke-width: 2;
      }
      .carries {
        stroke: color-mix(in srgb, var(--tg-flow) 35%, transparent);
        fill: none;
        stroke-linejoin: round;
      }
      .carries.back {
        stroke: color-mix(in srgb, var(--tg-good) 40%, transparent);
      }
      .flow {
        stroke: var(--tg-flow);
        fill: none;
        stroke-linecap: round;
        stroke-dasharray: 10 14;
        animation: flow 1.6s linear infinite;
      }
      .flow.back {
        stroke: var(--tg-good);
        animation-direction: reverse;
      }
      @keyframes flow {
        from {
          stroke-dashoffset: 24;
        }
        to {
          stroke-dashoffset: 0;
        }
      }
      @media (prefers-reduced-motion: reduce) {
        .flow {
          animation: none;
          stroke-dasharray: none;
        }
      }
      .node,
      .head {
        position: absolute;
        background: var(--tg-box);
        border: 1px solid var(--tg-line);
        border-radius: 12px;
        padding: 8px 10px;
        text-align: start;
        display: flex;
        flex-direction: column;
        gap: 2px;
        min-height: 0;
      }
      .head {
        overflow: hidden;
      }
      /* What changes within one moves nothing outside of it. */
      .node {
        contain: layout style size;
      }
      .node.good {
        border: 2px solid var(--tg-good);
      }
      .node.warn {
        border: 2px dashed var(--tg-warn);
      }
      .node.bad {
        border: 2px dotted var(--tg-bad);
      }
      .name {
        display: flex;
        gap: 6px;
        align-items: center;
        font-weight: 500;
        min-width: 0;
      }
      .name > span {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .name > .chip {
        margin-inline-start: auto;
        font-weight: 400;
      }
      /* On its frame: a name needs the whole width. */
      .node .name > .chip {
        position: absolute;
        inset: -10px 8px auto auto;
        background: var(--tg-box);
        line-height: 18px;
      }
      .number,
      .beside {
        white-space: nowrap;
      }
      .beside {
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .node .why {
        font-size: 12px;
        line-height: 1.25;
        color: var(--tg-soft);
        display: -webkit-box;
        -webkit-line-clamp: 3;
        -webkit-box-orient: vertical;
        overflow: hidden;
      }
      .dead {
        stroke: var(--tg-bad);
        stroke-dasharray: 3 7;
        stroke-width: 3;
        fill: none;
      }
      .cross {
        stroke: var(--tg-bad);
        stroke-width: 4;
        fill: none;
      }
      .cable {
        position: absolute;
        left: 58px;
        font-size: 12px;
        color: var(--tg-soft);
        white-space: nowrap;
      }
      .cable.cut {
        color: var(--tg-bad-text);
        font-weight: 500;
      }
      .head.warn {
        border: 2px dashed var(--tg-warn);
      }
      .head.bad {
        border: 2px dotted var(--tg-bad);
      }
      .head .why {
        font-size: 12px;
        line-height: 1.3;
        color: var(--tg-soft);
      }
      .room {
        font-size: 12px;
        color: var(--tg-soft);
        text-align: end;
      }
      .head .spread > .soft {
        white-space: nowrap;
      }
      .head .phase,
      .phase {
        display: grid;
        grid-template-columns: 22px 1fr 64px;
        gap: 6px;
        align-items: center;
        font-size: 12px;
      }
      .phase > .number {
        text-align: end;
      }
      .tiles {
        display: flex;
        flex-wrap: wrap;
        gap: 4px;
        margin-top: 6px;
      }
      .tiles > i {
        position: relative;
        width: 20px;
        height: 22px;
        border-radius: 4px;
        border: 1px solid var(--tg-line);
        overflow: hidden;
      }
      .tiles > i > b {
        position: absolute;
        inset: auto 0 0 0;
        background: var(--tg-flow);
      }
      .tiles > i.back > b {
        background: var(--tg-good);
      }
      .tiles > i.good {
        border: 2px solid var(--tg-good);
      }
      .tiles > i.warn {
        border: 2px dashed var(--tg-warn);
      }
      .tiles > i.bad {
        border: 2px dotted var(--tg-bad);
      }
      ul {
        list-style: none;
        margin: 12px 0 0;
        padding: 0;
        display: grid;
        gap: 8px;
      }
      li > button {
        width: 100%;
        border-radius: 12px;
        padding: 10px 12px;
        text-align: start;
        background: var(--tg-box);
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.observer = new ResizeObserver((entries) => {
      const width = entries[0]?.contentRect.width ?? 0;
      if (width > 0 && Math.abs(width - this.width) > 4) this.width = width;
    });
    this.observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer?.disconnect();
  }

  protected override concernsStates(): boolean {
    return false;
  }

  protected override renderIsland(picture: Picture, island: Island): TemplateResult {
    const needed = otherIslands(picture, "beside").length ? 2 * HEAD.width + LANE : NARROW;
    return this.list || this.width < needed ? this.renderList(picture, island) : this.renderStage(picture, island);
  }

  // The drawing

  private renderStage(picture: Picture, island: Island): TemplateResult {
    const lines: Line[] = [];
    const headTop = CABLE + (otherIslands(picture, "above").length ? ABOVE : 0);
    const ties = this.ties(picture, headTop);
    let top = Math.max(headTop + HEAD.height, ...ties.map(({ y }) => y + TIE)) + 24;
    const ordering = ordered(picture, island);
    for (const [feederId, depth] of ordering) {
      if (houseAt(picture, feederId)) continue;
      const feeder = picture.feeders[feederId] as Feeder;
      const isMain = feederId === island.main_feeder;
      const nodes = this.nodes(picture, feederId);
      const left = TRUNK_X + LANE + depth * 24;
      const headHeight = isMain ? 0 : LINE_HEAD;
      const columns = Math.max(1, Math.floor((this.width - left + NODE.gap) / (NODE.width + NODE.gap)));
      const line: Line = { feederId, feeder, busY: top + headHeight, top, nodes: [], depth };
      let [column, y, tallest] = [0, line.busY + 20, 0];
      for (const node of nodes) {
        const takes = node.tiles && columns > 1 ? 2 : 1;
        if (column + takes > columns) [column, y, tallest] = [0, y + tallest + 30, 0];
        const perRow = takes === 2 ? TILE_COLUMNS : TILE_COLUMNS / 2 - 1;
        const height = NODE.height + (node.tiles ? Math.ceil(node.tiles.length / perRow) * TILE_ROW - 14 : 0);
        const width = takes === 2 ? WIDE : NODE.width;
        line.nodes.push({ node, x: left + column * (NODE.width + NODE.gap), y, width, height });
        column += takes;
        tallest = Math.max(tallest, height);
      }
      top = nodes.length ? y + tallest + 30 : line.busY + 24;
      lines.push(line);
    }
    const houses: PlacedHouse[] = [];
    const inRow = Math.max(1, Math.floor((this.width - TRUNK_X - LANE + NODE.gap) / (HEAD.width + NODE.gap)));
    for (const [feederId] of ordering) {
      const link = houseAt(picture, feederId);
      if (!link) continue;
      const x = TRUNK_X + LANE + (houses.length % inRow) * (HEAD.width + NODE.gap);
      const y = top + 20 + Math.floor(houses.length / inRow) * (HOUSE + 30);
      houses.push({ feeder: picture.feeders[feederId] as Feeder, link, x, y });
    }
    top = Math.max(top, ...houses.map(({ y }) => y + HOUSE + 30));
    const hanging: Hanging[] = houses.map(({ feeder, x, y }) => ({ x, y, width: HEAD.width, watts: sum(feeder.load_w) ?? 0 }));
    for (const line of lines) {
      const nodes = line.nodes.map(({ node, x, y, width }) => ({ x, y, width, watts: node.isOpen ? 0 : (node.watts ?? 0) }));
      hanging.push(...nodes);
    }
    return html`<div class="stage ${this.isOld ? "stale" : ""}" style="height:${top}px">
      <svg class="lines" width=${this.width} height=${top} aria-hidden="true">
        ${this.cable(picture, island, headTop)} ${this.tieWires(ties)} ${this.trunk(hanging, picture, island, headTop)}
        ${this.buses(hanging, TRUNK_X)}
      </svg>
      ${this.renderCable(picture, headTop)} ${this.renderHead(picture, island, headTop)} ${this.renderLinks(picture, island, ties)}
      ${lines.map((line) => [
        line.feederId === island.main_feeder ? nothing : this.renderFeeder(line),
        line.nodes.map((placed) => this.renderNode(placed)),
      ])}
      ${houses.map((house) => this.renderHouse(house, island))}
    </div>`;
  }

  /** Draw what feeds the transformer; a dead cable is cut, whatever its meter says. */
  private cable(picture: Picture, island: Island, headTop: number): SVGTemplateResult {
    const load = picture.feeders[island.main_feeder]?.load_w ?? null;
    const from = headTop - CABLE;
    const isCut = isDead(picture);
    return svg`${[0, 1, 2].map((phase) => {
      const path = `M${TRUNK_X - 8 + phase * 8} ${from} V${headTop}`;
      return isCut ? svg`<path class="dead" d=${path}></path>` : wire(path, load?.[phase] ?? 0);
    })}${isCut ? svg`<path class="cross" d="M${TRUNK_X - 12} ${from + 10}l24 24m0 -24l-24 24"></path>` : nothing}`;
  }

  private cableText(picture: Picture): string {
    const words = this.words;
    const supply = picture.supply[ONLY];
    const isBack = supply?.state === "returning";
    return isDead(picture)
      ? words.t("cable_dead", { since: supply?.lost_at == null ? "?" : words.time(supply.lost_at) })
      : words.t(isBack ? "cable_returning" : "cable");
  }

  private renderCable(picture: Picture, headTop: number): TemplateResult {
    return html`<div class="cable ${isDead(picture) ? "cut" : ""}" style="top:${headTop - CABLE + 12}px">
      ${this.cableText(picture)}
    </div>`;
  }

  private trunk(hanging: Hanging[], picture: Picture, island: Island, headTop: number): SVGTemplateResult {
    const bottom = Math.max(headTop + HEAD.height, ...hanging.map(({ y }) => y - DROP));
    const load = picture.feeders[island.main_feeder]?.load_w ?? null;
    return svg`${[0, 1, 2].map((phase) => {
      const x = TRUNK_X - 8 + phase * 8;
      const watts = load?.[phase] ?? 0;
      const path = `M${x} ${headTop + HEAD.height} V${bottom}`;
      return wire(path, watts);
    })}`;
  }

  /** Draw the lines with what hangs on them: each stretch carries what hangs behind it. */
  private buses(hanging: Hanging[], trunkX: number): SVGTemplateResult {
    const rows = [...new Set(hanging.map(({ y }) => y))];
    return svg`${rows.map((y) => {
      const inRow = hanging.filter((each) => each.y === y);
      const busY = y - DROP;
      return svg`${inRow.map(({ watts, x, width }, index) => {
        const center = x + width / 2;
        const before = inRow[index - 1];
        const from = before ? before.x + before.width / 2 : trunkX;
        const behind = inRow.slice(index).reduce((total, each) => total + each.watts, 0);
        return svg`${wire(`M${from} ${busY} H${center}`, behind)}${wire(`M${center} ${busY} V${y}`, watts)}`;
      })}`;
    })}`;
  }

  private renderHead(picture: Picture, island: Island, headTop: number): TemplateResult {
    const feeder = picture.feeders[island.main_feeder];
    if (!feeder) return html``;
    const words = this.words;
    return html`<div class="head" style="left:0;top:${headTop}px;width:${HEAD.width}px;height:${HEAD.height}px">
      <div class="name">${icon("feeder")}<span>${island.title}</span></div>
      <div class="spread">
        <span class="big number">${feeder.blind ? "?" : words.power(sum(feeder.load_w))}</span>
        <span class="soft">${this.stateText(picture, feeder)}</span>
      </div>
      ${phaseBars(feeder, words)} ${this.roomText(feeder)}
    </div>`;
  }

  private stateText(picture: Picture, feeder: Feeder): string {
    const words = this.words;
    if (this.isOld) return words.t("state_old");
    return isDead(picture) ? words.t("on_its_own") : words.t(`state_${feeder.state}`);
  }

  /** Return how much more its fullest phase may carry. */
  private roomText(feeder: Feeder): TemplateResult | typeof nothing {
    const rooms = (feeder.headroom_w ?? []).filter((_, phase) => (feeder.capacity_w[phase] ?? 0) > 0);
    if (rooms.length === 0) return nothing;
    const least = Math.min(...rooms);
    const phase = `L${(feeder.headroom_w ?? []).findIndex((each) => each === least) + 1}`;
    const values = { phase, power: this.words.power(Math.abs(least)) };
    return html`<div class="room">${this.words.t(least < 0 ? "room_over" : "room_left", values)}</div>`;
  }

  // Other islands: the one above feeds the cable, neighbours hang beside the transformer, houses below are lines

  /** Place the neighbours: to the right of the transformer, in as many rows as are needed. */
  private ties(picture: Picture, headTop: number): Tie[] {
    const left = HEAD.width + LANE;
    const columns = Math.max(1, Math.floor((this.width - left + NODE.gap) / (HEAD.width + NODE.gap)));
    return otherIslands(picture, "beside").map((link, index) => ({
      link,
      x: left + (index % columns) * (HEAD.width + NODE.gap),
      y: headTop + DROP + 12 + Math.floor(index / columns) * (TIE + 30),
      width: HEAD.width,
      watts: -(link.power_w ?? 0),
    }));
  }

  private tieWires(ties: Tie[]): SVGTemplateResult {
    const x = HEAD.width + LANE / 2;
    const rows = [...new Set(ties.map(({ y }) => y))];
    const below = (y: number): number => ties.filter((tie) => tie.y >= y).reduce((total, { watts }) => total + watts, 0);
    return svg`${rows.map((y, index) => {
      const before = rows[index - 1];
      const path = before === undefined ? `M${HEAD.width} ${y - DROP}H${x}` : `M${x} ${before - DROP}V${y - DROP}`;
      return wire(path, below(y));
    })}${this.buses(ties, x)}`;
  }

  private renderLinks(picture: Picture, island: Island, ties: Tie[]): TemplateResult[] {
    const box = (link: Link, left: number, top: number, height: number): TemplateResult =>
      html`<div class="head ${toneOf(link)}" style="left:${left}px;top:${top}px;width:${HEAD.width}px;height:${height}px">
        ${linkBox(link, this.words, island)}
      </div>`;
    return [
      ...otherIslands(picture, "above").map((link) => box(link, 0, 0, ABOVE)),
      ...ties.map(({ link, x, y }) => box(link, x, y, TIE)),
    ];
  }

  private renderFeeder(line: Line): TemplateResult {
    const words = this.words;
    const left = TRUNK_X + LANE + line.depth * 24;
    return html`<div class="head" style="left:${left}px;top:${line.top}px;width:${HEAD.width}px">
      <div class="spread">
        <div class="name">${icon("feeder")}<span>${line.feeder.name}</span></div>
        <span class="number">${line.feeder.blind ? "?" : words.power(sum(line.feeder.load_w))}</span>
      </div>
      ${phaseBars(line.feeder, words)}
    </div>`;
  }

  private renderHouse({ feeder, link, x, y }: PlacedHouse, island: Island): TemplateResult {
    const words = this.words;
    return html`<div class="head ${toneOf(link)}" style="left:${x}px;top:${y}px;width:${HEAD.width}px;height:${HOUSE}px">
      <div class="spread">
        <div class="name">${icon("link")}<span>${link.name}</span></div>
        <span class="number">${feeder.blind ? "?" : words.power(sum(feeder.load_w))}</span>
      </div>
      ${phaseBars(feeder, words)} ${linkLines(link, words, island)}
    </div>`;
  }

  private renderNode({ node, x, y, width, height }: Placed): TemplateResult {
    return html`<button
      class="node ${node.tone}"
      style="left:${x}px;top:${y}px;width:${width}px;height:${height}px"
      title=${`${node.name}: ${node.text}`}
      @click=${() => this.tap(node)}
    >
      ${this.renderContent(node)}
    </button>`;
  }

  private renderContent(node: Node): TemplateResult {
    const words = this.words;
    return html`<div class="name">
        ${icon(node.kind)}<span>${node.name}</span>
        ${node.badge ? html`<b class="chip ${node.tone}">${node.badge}</b>` : nothing}
      </div>
      <div class="spread">
        <span class="number">${node.watts === null ? "?" : words.flow(node.watts)}</span>
        <span class="soft beside">${node.beside}</span>
      </div>
      <div class="why">${node.text}</div>
      ${node.tiles
        ? html`<div class="tiles" aria-hidden="true">
            ${node.tiles.map(
              (tile) => html`<i class="${tile.tone} ${tile.back ? "back" : ""}" title=${tile.name}><b style="height:${(tile.share * 100).toFixed(0)}%"></b></i>`,
            )}
          </div>`
        : nothing}`;
  }

  // The same as a list, for phones and for those who listen

  private renderList(picture: Picture, island: Island): TemplateResult {
    const words = this.words;
    const others = [...otherIslands(picture, "above"), ...otherIslands(picture, "beside")];
    return html`${isDead(picture) ? html`<p class="old">${this.cableText(picture)}</p>` : nothing}
      ${others.map((link) => html`<section class="box" style="margin-bottom:12px">${linkBox(link, words, island)}</section>`)}
      ${ordered(picture, island).map(([feederId]) => {
        const feeder = picture.feeders[feederId] as Feeder;
        const house = houseAt(picture, feederId);
        const nodes = this.nodes(picture, feederId);
        return html`<section class="box" style="margin-bottom:12px">
          <div class="spread">
            <h3>${feeder.name}</h3>
            <span class="number">${feeder.blind ? "?" : words.power(sum(feeder.load_w))}</span>
          </div>
          ${phaseBars(feeder, words)} ${this.roomText(feeder)} ${house ? linkLines(house, words, island) : nothing}
          <ul>
            ${nodes.map((node) => html`<li><button @click=${() => this.tap(node)}>${this.renderContent(node)}</button></li>`)}
          </ul>
        </section>`;
      })}`;
  }

  // What is drawn

  private nodes(picture: Picture, feederId: string): Node[] {
    const here = Object.entries(picture.participants).filter(([, each]) => each.feeder === feederId);
    const isSmall = Object.keys(picture.participants).length <= SMALL_ISLAND;
    return KINDS.flatMap((kind) => {
      const ofKind = here.filter(([, each]) => each.kind === kind);
      const key = `${feederId}/${kind}`;
      const oneByOne = (): Node[] => ofKind.map(([id, each]) => this.node(picture, id, each));
      if (isSmall || ofKind.length <= ONE_BY_ONE) return oneByOne();
      const group = this.group(picture, key, kind, ofKind);
      return this.opened.has(key) ? [opened(group, this.words), ...oneByOne()] : [group];
    });
  }

  private node(picture: Picture, id: string, participant: Participant): Node {
    const words = this.words;
    const vehicle = participant.vehicle ? picture.vehicles[participant.vehicle] : undefined;
    const soc = participant.soc ?? vehicle?.soc ?? null;
    const asked = !this.isOld && isAsked(picture, id);
    const helping = !this.isOld && isHelping(picture, id);
    const waiting = participant.kind === "charger" && participant.connected === true && participant.setpoint === 0 && participant.why.key !== "why_charged";
    const [tone, badge]: [Node["tone"], string] = participant.silent
      ? ["bad", words.t("badge_offline")]
      : asked
        ? ["warn", words.t("badge_asked")]
        : helping
          ? ["good", words.t("badge_helps")]
          : waiting
            ? ["warn", words.t("badge_waits")]
            : LIMITED.test(participant.why.key)
              ? ["", words.t("badge_limited")]
              : ["", ""];
    return {
      id,
      kind: participant.kind,
      name: participant.name,
      watts: participant.power_w,
      tone,
      badge,
      text: this.isOld ? "" : why(picture, id, participant, words),
      members: [id],
      beside: [soc === null ? null : words.percent(soc), vehicle?.name].filter(Boolean).join(", "),
    };
  }

  private group(picture: Picture, key: string, kind: Kind, members: [string, Participant][]): Node {
    const words = this.words;
    const helping = members.filter(([id]) => isHelping(picture, id)).length;
    const asked = members.filter(([id]) => isAsked(picture, id)).length;
    const offline = members.filter(([, each]) => each.silent).length;
    const told = [["helping", helping], ["asked", asked], ["offline", offline]] as const;
    return {
      id: key,
      kind,
      name: words.t(`group_${kind}`, { count: members.length }),
      watts: members.reduce((total, [, each]) => total + (each.power_w ?? 0), 0),
      tone: offline ? "bad" : asked ? "warn" : helping ? "good" : "",
      badge: "",
      beside: "",
      text: told.filter(([, count]) => count > 0).map(([name, count]) => words.t(`group_${name}`, { count })).join(" · "),
      members: members.map(([id]) => id),
      tiles: this.tiles(picture, members),
    };
  }

  private tiles(picture: Picture, members: [string, Participant][]): Tile[] {
    const most = Math.max(1, ...members.map(([, each]) => Math.abs(each.power_w ?? 0)));
    return members.map(([id, each]) => ({
      name: `${each.name}: ${each.power_w === null ? "?" : this.words.flow(each.power_w)}`,
      share: Math.abs(each.power_w ?? 0) / most,
      tone: each.silent ? "bad" : isAsked(picture, id) ? "warn" : isHelping(picture, id) ? "good" : "",
      back: (each.power_w ?? 0) < 0,
    }));
  }

  private tap(node: Node): void {
    if (node.members.length > 1) {
      const opened = new Set(this.opened);
      if (!opened.delete(node.id)) opened.add(node.id);
      this.opened = opened;
      return;
    }
    const device = this.watched.picture?.participants[node.id]?.device_id;
    const detail = { participant: node.id, kind: node.kind, device };
    const event = new CustomEvent("tangle-grid-open", { detail, bubbles: true, composed: true, cancelable: true });
    // A panel shows its own page of it; elsewhere Home Assistant has one.
    if (this.dispatchEvent(event) && device) navigate(`/config/devices/device/${device}`);
  }
}

/** Return a group beside its members: a tap puts them together again. */
function opened({ tiles: _, ...group }: Node, words: Words): Node {
  return { ...group, tone: "", text: words.t("group_close"), isOpen: true };
}

/** Return the feeders with their depth, each below its parent. */
function ordered(picture: Picture, island: Island): [string, number][] {
  const found: [string, number][] = [];
  const visit = (feederId: string, depth: number): void => {
    if (!picture.feeders[feederId] || found.some(([id]) => id === feederId)) return;
    found.push([feederId, depth]);
    for (const [id, feeder] of Object.entries(picture.feeders)) if (feeder.parent === feederId) visit(id, depth + 1);
  };
  visit(island.main_feeder, 0);
  for (const id of Object.keys(picture.feeders)) visit(id, 1);
  return found;
}

/** Return a wire, with the power that flows through it: from the transformer, or back to it. */
function wire(path: string, watts: number): SVGTemplateResult {
  const flow = Math.abs(watts) > TRICKLE_W;
  return svg`<path class="line" d=${path}></path>
    ${flow
      ? svg`<path class="carries ${watts < 0 ? "back" : ""}" d=${path} style="stroke-width:${stroke(watts)}"></path>
          <path class="flow ${watts < 0 ? "back" : ""}" d=${path} style="stroke-width:${(stroke(watts) * 0.45).toFixed(1)}"></path>`
      : nothing}`;
}

/** Return the width of a flow, px: 2 for a trickle, 9 for 20 kW and more. */
function stroke(watts: number): number {
  return Math.round((2 + 7 * Math.min(1, Math.sqrt(Math.abs(watts) / 20_000))) * 10) / 10;
}
