/** One participant: what it does and why, what it was asked, and the few things that people change every day. */

import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { IslandElement } from "../element";
import { navigate, showMore, type Hass, type HassEntity } from "../hass";
import { icon } from "../icons";
import { ONLY, type GridRequest, type Island, type Load, type Part, type Participant, type Picture } from "../picture";
import { isHelping, openPart, why } from "../sentences";
import { shared } from "../styles";
import { modeButtons, modeStyles } from "./modes";
import { planBar, planBarStyles } from "./plan-bar";
import "./receipts";

const WAIT_H = 1 / 60;

/** Where a battery will stand when what it does for others ends, or would if somebody said yes. */
export interface Expected {
  soc: number;
  at: number;
  isAsked: boolean;
}

/** Return where a battery will stand by what is planned with it; null: nothing is. */
export function plannedSoc(picture: Picture, id: string, now: number): Expected | null {
  const battery = picture.participants[id];
  const open = openPart(picture, id);
  const isAsked = open?.[1].state === "issued";
  if (battery?.kind !== "battery" || !open || !(isAsked || isHelping(picture, id))) return null;
  const [request, part] = open;
  const { soc, capacity_wh: capacity, setpoint, power_w: power } = battery;
  const at = request.ends_at;
  const begins = Math.max(now, part.state === "active" ? now : request.starts_at);
  if (soc == null || !capacity || (at - now) / 3_600 < WAIT_H) return null;
  const before = setpoint ?? power ?? 0;
  const during = part.state === "active" ? before : (part.means?.setpoint ?? before - (part.power_w ?? 0));
  const wh = (before * (begins - now) + during * (at - begins)) / 3_600;
  // It gives nothing of its reserve, and holds no more than it can.
  const least = Math.min(soc, battery.reserve_soc ?? 0);
  return { soc: Math.min(100, Math.max(least, soc + (wh / capacity) * 100)), at, isAsked };
}

@customElement("tangle-grid-participant")
export class ParticipantBox extends IslandElement {
  @property() participant = "";
  @state() private busy = false;
  @state() private receipts = false;
  @state() private problem = "";
  private second: ReturnType<typeof setInterval> | undefined;
  private sight: IntersectionObserver | undefined;
  private isSeen = true;
  private hasMissed = false;
  protected override readonly everyMs = 30_000;

  static override styles = [
    shared,
    planBarStyles,
    modeStyles,
    css`
      :host {
        display: block;
        container-type: inline-size;
      }
      .ask {
        border: 2px dashed var(--tg-warn);
        border-radius: 12px;
        padding: 12px;
        margin-top: 12px;
      }
      .help {
        border: 2px solid var(--tg-good);
        border-radius: 12px;
        padding: 12px;
        margin-top: 12px;
      }
      select,
      input {
        font: inherit;
        color: inherit;
        background: transparent;
        border: 1px solid var(--tg-line);
        border-radius: 8px;
        padding: 6px 8px;
        min-height: 36px;
        max-width: 100%;
      }
      select option {
        color: #202124;
        background: #fff;
      }
      .settings {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(140px, 1fr));
        gap: 12px;
        margin-top: 12px;
      }
      label {
        display: grid;
        gap: 4px;
        font-size: 12px;
        color: var(--tg-soft);
        min-width: 0;
      }
      label > * {
        width: 100%;
        color: var(--primary-text-color);
      }
      .title {
        flex-wrap: nowrap;
      }
      .stored {
        flex-wrap: wrap;
        gap: 0 12px;
        margin-top: 12px;
      }
      .why {
        margin: 4px 0 0;
      }
      .cell {
        position: relative;
        height: 22px;
        margin-top: 4px;
        border-radius: 6px;
        background: color-mix(in srgb, var(--tg-line) 45%, transparent);
        overflow: hidden;
      }
      .cell > i {
        position: absolute;
        inset: 0 auto 0 0;
        background: linear-gradient(var(--tg-good), color-mix(in srgb, var(--tg-good) 82%, #000));
        transition: width 0.6s;
      }
      .cell > i.low {
        background: var(--tg-warn);
      }
      .cell > em {
        position: absolute;
        inset: 0 auto 0 0;
        background: repeating-linear-gradient(135deg, rgb(255 255 255 / 0.35) 0 4px, transparent 4px 8px);
        border-inline-end: 1px solid rgb(255 255 255 / 0.7);
      }
      .cell > s {
        position: absolute;
        inset-block: 0;
        border-inline: 2px solid var(--tg-flow);
        background: color-mix(in srgb, var(--tg-flow) 40%, transparent);
      }
      .cell > b {
        position: absolute;
        inset-block: 0;
        width: 2px;
        background: var(--primary-text-color);
      }
      /* What would be: nobody has said yes. */
      .cell > s.asked {
        border-style: dashed;
        background: color-mix(in srgb, var(--tg-flow) 18%, transparent);
      }
      @media (prefers-reduced-motion: reduce) {
        .cell > i {
          transition: none;
        }
      }
      .loads {
        list-style: none;
        margin: 4px 0 0;
        padding: 0;
      }
      .loads > li {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 2px 12px;
        padding: 6px 0;
        border-bottom: 1px solid var(--tg-line);
      }
      .chip {
        white-space: normal;
      }
      h4 {
        font: inherit;
        font-size: 12px;
        margin: 12px 0 0;
      }
      .count {
        font-size: 20px;
        font-variant-numeric: tabular-nums;
      }
      .ask button {
        flex: 1 1 120px;
        min-height: 48px;
        font-size: 16px;
        border-radius: 24px;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    if (typeof IntersectionObserver !== "undefined") {
      this.sight = new IntersectionObserver((entries) => this.look(entries.at(-1)?.isIntersecting ?? true), { rootMargin: "200px" });
      this.sight.observe(this);
    }
    // A countdown is only one when it counts.
    this.second = setInterval(() => {
      const open = this.watched.picture ? openPart(this.watched.picture, this.participant) : null;
      if (open?.[1].state === "issued") this.requestUpdate();
    }, 1_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.second);
    this.sight?.disconnect();
    this.isSeen = true;
  }

  private look(isSeen: boolean): void {
    this.isSeen = isSeen;
    if (isSeen && this.hasMissed) this.requestUpdate();
  }

  /** What is beside what can be seen is drawn again when it comes into sight, or with the time. */
  protected override shouldUpdate(changed: PropertyValues): boolean {
    const isNews = changed.size > 0 && [...changed.keys()].every((name) => name === "watched" || name === "hass");
    this.hasMissed = this.hasUpdated && !this.isSeen && isNews;
    return !this.hasMissed && super.shouldUpdate(changed);
  }

  protected override concerns(before: Picture, after: Picture): boolean {
    const own = before.participants[this.participant];
    const vehicle = own?.vehicle ?? "";
    return (
      own !== after.participants[this.participant] ||
      before.requests !== after.requests ||
      before.forecast !== after.forecast ||
      before.island !== after.island ||
      before.vehicles[vehicle] !== after.vehicles[vehicle] ||
      before.entities !== after.entities
    );
  }

  protected override concernsStates(before: Hass["states"], after: Hass["states"]): boolean {
    const picture = this.watched.picture;
    const participant = picture?.participants[this.participant];
    if (!picture || !participant) return true;
    const shown = [
      ...Object.values(picture.entities[this.participant] ?? {}),
      ...Object.values(picture.entities[participant.vehicle ?? ""] ?? {}),
      ...(participant.loads ?? []).map((load) => load.entity),
    ];
    return shown.some((entity) => before[entity] !== after[entity]);
  }

  protected override renderIsland(picture: Picture, island: Island): TemplateResult | typeof nothing {
    const participant = picture.participants[this.participant];
    const words = this.words;
    if (!participant) return html`<p class="soft">${words.t("participant_gone")}</p>`;
    const vehicle = participant.vehicle ? picture.vehicles[participant.vehicle] : undefined;
    const soc = participant.soc ?? vehicle?.soc;
    return html`<article class="box">
      <div class="spread">
        <div class="row title">${icon(participant.kind)}
          <h3>${participant.name}</h3>
        </div>
        <span class="number big">${participant.power_w === null ? "?" : words.flow(participant.power_w)}</span>
      </div>
      ${vehicle ? html`<p class="row soft">${icon("vehicle")}<span>${vehicle.name}</span></p>` : nothing}
      <p class="why">${this.isOld ? words.t("state_old") : why(picture, this.participant, participant, words)}</p>
      ${this.renderPart(picture, island)}
      ${this.problem ? html`<p class="failed" role="alert">${this.problem}</p>` : nothing}
      ${this.renderModes(picture, participant)}
      ${soc === null || soc === undefined ? nothing : this.renderSoc(picture, participant, soc)}
      ${this.isOld ? nothing : planBar(picture, island, participant, words)}
      ${participant.loads?.length ? this.renderLoads(picture, participant) : nothing}
      ${this.renderFacts(participant, island)}
      ${this.renderSettings(picture)}
      <div class="row" style="margin-top:12px">
        ${participant.device_id
          ? html`<button @click=${() => navigate(`/config/devices/device/${participant.device_id}`)}>
              ${words.t("all_entities")}
            </button>`
          : nothing}
        ${participant.kind === "charger" && participant.device_id
          ? html`<button aria-expanded=${this.receipts} @click=${() => (this.receipts = !this.receipts)}>
              ${words.t("sessions")}
            </button>`
          : nothing}
      </div>
      ${this.receipts
        ? html`<tangle-grid-receipts .hass=${this.hass} .entryId=${this.entryId} .device=${participant.device_id ?? ""}></tangle-grid-receipts>`
        : nothing}
    </article>`;
  }

  private renderModes(picture: Picture, participant: Participant): TemplateResult | typeof nothing {
    const entity = picture.entities[this.participant]?.charging_mode;
    if (!entity) return nothing;
    return modeButtons(participant.mode, this.words, this.busy || this.isOld, (option) => {
      void this.call("select", "select_option", { entity_id: entity, option });
    });
  }

  /** How full it is, with what is kept in reserve, and what is aimed at. */
  private renderSoc(picture: Picture, participant: Participant, soc: number): TemplateResult {
    const words = this.words;
    const target = this.settingOf(picture, participant, "target_soc");
    const reserve = participant.reserve_soc ?? this.settingOf(picture, participant, "minimum_soc");
    const stored = participant.capacity_wh ? words.energy((participant.capacity_wh * soc) / 100) : null;
    const planned = this.island && !this.isOld ? plannedSoc(picture, this.participant, words.now(this.island)) : null;
    const plannedText = planned
      ? words.t(planned.isAsked ? "planned_soc_asked" : "planned_soc", { percent: words.percent(planned.soc), at: words.time(planned.at) })
      : null;
    const isFree = participant.kind === "battery" && participant.why.key === "why_free" && !planned && !this.isOld;
    const text = [
      `${words.t("charge")} ${words.percent(soc)}`,
      ...(target === null ? [] : [`${words.t("target")} ${words.percent(target)}`]),
      ...(reserve === null ? [] : [`${words.t("reserve")} ${words.percent(reserve)}`]),
      ...(plannedText ? [plannedText] : []),
    ].join(", ");
    return html`<div class="spread stored">
        <span><b class="big number">${words.percent(soc)}</b> <span class="soft">${stored ?? ""}</span></span>
        <span class="soft number">
          ${target === null ? nothing : html`${words.t("target")} ${words.percent(target)}`}
          ${reserve === null ? nothing : html`${target === null ? nothing : "· "}${words.t("reserve")} ${words.percent(reserve)}`}
          ${plannedText ? html`· ${plannedText}` : nothing}
        </span>
      </div>
      <div class="cell" role="img" aria-label=${text}>
        <i class=${reserve !== null && soc <= reserve ? "low" : ""} style="width:${soc}%"></i>
        ${reserve === null ? nothing : html`<em style="width:${reserve}%"></em>`}
        ${planned
          ? html`<s class=${planned.isAsked ? "asked" : ""} style="left:${Math.min(soc, planned.soc).toFixed(1)}%;width:${Math.abs(soc - planned.soc).toFixed(1)}%"></s>`
          : nothing}
        ${target === null ? nothing : html`<b style="left:${Math.min(99, target)}%"></b>`}
      </div>
      ${isFree ? html`<p class="why soft">${words.t("planned_none")}</p>` : nothing}`;
  }

  /** Return a number that people set, of this participant or of the car that is there; null without it. */
  private settingOf(picture: Picture, participant: Participant, key: string): number | null {
    for (const whose of [participant.vehicle, this.participant]) {
      const entity = whose ? picture.entities[whose]?.[key] : undefined;
      const value = entity ? Number(this.hass?.states[entity]?.state) : Number.NaN;
      if (Number.isFinite(value)) return value;
    }
    return null;
  }

  private renderLoads(picture: Picture, participant: Participant): TemplateResult {
    const words = this.words;
    return html`<h4 class="soft">${words.t("may_be_shed")}</h4>
      <ul class="loads">
        ${participant.loads?.map((load) => {
          const name = this.hass?.states[load.entity]?.attributes.friendly_name;
          const state = this.loadState(picture, participant, load);
          return html`<li>
            <span>${typeof name === "string" ? name : load.entity} <span class="soft number">${words.power(load.power_w)}</span></span>
            ${load.shed ? html`<span class="chip good">${state}</span>` : html`<span>${state}</span>`}
          </li>`;
        })}
      </ul>`;
  }

  /** Return whether a load is on, or when it comes back. */
  private loadState(picture: Picture, participant: Participant, load: Load): string {
    const words = this.words;
    const waiting = picture.supply[ONLY]?.waiting ?? [];
    const place = waiting.findIndex(([id, entity]) => id === this.participant && entity === load.entity);
    if (place >= 0) return words.t("load_place", { place: place + 1 });
    if (!load.shed) return load.on === null ? words.t("load_unknown") : words.t(load.on ? "load_on" : "load_off");
    const open = openPart(picture, this.participant);
    if (open && isHelping(picture, this.participant)) return words.t("load_back", { at: words.time(open[0].ends_at) });
    const isForFuse = participant.why.key === "why_loads_off";
    return words.t(isForFuse ? "load_room" : "load_soon");
  }

  private renderFacts(participant: Participant, island: Island): TemplateResult {
    const words = this.words;
    const rows: [string, string | null][] = [];
    if (participant.kind === "charger") {
      rows.push(
        [words.t("session"), participant.connected ? words.energy(participant.session_wh) : null],
        [words.t("cost"), participant.cost == null ? null : words.money(participant.cost, island)],
        [words.t("price"), participant.price == null ? null : `${words.money(participant.price, island)}\u200b/kWh`],
        [words.t("limit"), participant.setpoint === null ? null : `${words.number(participant.setpoint)} A`],
      );
    }
    if (participant.kind === "battery" && participant.setpoint !== null) {
      rows.push([words.t("told"), words.flow(participant.setpoint)]);
    }
    rows.push([words.t("earned"), participant.earned_i ? words.tokens(participant.earned_i, island) : null]);
    rows.push([words.t("given"), participant.delivered_wh ? words.energy(participant.delivered_wh) : null]);
    const shown = rows.filter((row) => row[1] !== null);
    return shown.length
      ? html`<div class="facts">${shown.map(([name, value]) => html`<div><span>${name}</span><b>${value}</b></div>`)}</div>`
      : html``;
  }

  // Its part in a request

  private renderPart(picture: Picture, island: Island): TemplateResult | typeof nothing {
    const open = openPart(picture, this.participant);
    // What was asked before the island went away has had its answer, or has it no more.
    if (!open || this.isOld) return nothing;
    const [request, part, requestId] = open;
    const words = this.words;
    const now = words.now(island);
    if (part.state === "issued") {
      return html`<div class="ask" role="group" aria-label=${words.t("asked")}>
        <div class="spread">
          <b>${words.t("asked_title", { power: words.power(part.power_w) })}</b>
          <span class="count" role="timer">${words.span(request.answer_by - now)}</span>
        </div>
        <div class="meter" aria-hidden="true">
          <i class="warn" style="width:${(Math.max(0, Math.min(1, (request.answer_by - now) / Math.max(1, request.answer_by - request.issued_at))) * 100).toFixed(0)}%"></i>
        </div>
        <p style="margin-top:8px">${this.consequence(request, part, island)}</p>
        <div class="row" style="margin-top:8px">
          <button class="primary" ?disabled=${this.busy} @click=${() => this.answer(requestId, true)}>${words.t("accept")}</button>
          <button ?disabled=${this.busy} @click=${() => this.answer(requestId, false)}>${words.t("decline")}</button>
        </div>
      </div>`;
    }
    if (part.state !== "active" && part.state !== "accepted") return nothing;
    return html`<div class="help">
      <p>${words.t("helping", {
        power: words.power(part.power_w),
        until: words.time(request.ends_at),
        left: words.span(request.ends_at - now),
      })}</p>
      ${this.optOut(picture)}
    </div>`;
  }

  private optOut(picture: Picture): TemplateResult | typeof nothing {
    const entity = picture.entities[this.participant]?.opt_out;
    if (!entity) return nothing;
    return html`<button style="margin-top:8px" ?disabled=${this.busy}
      @click=${() => this.call("button", "press", { entity_id: entity })}>${this.words.t("opt_out")}</button>`;
  }

  /** Return what a yes would really mean, as the grid has worked it out. */
  private consequence(request: GridRequest, part: Part, island: Island): string {
    const words = this.words;
    const { means } = part;
    const hours = (request.ends_at - request.starts_at) / 3_600;
    const most = Math.floor((((part.power_w ?? 0) * hours) / 1_000) * (part.rate ?? request.rate));
    const values = {
      power: words.power(means?.power_w ?? part.power_w),
      minutes: words.span(means?.duration_s ?? request.ends_at - request.starts_at),
      tokens: words.tokens(means?.earns_i ?? most, island),
      setpoint: means?.setpoint == null ? "–" : words.number(Math.abs(means.setpoint)),
      until: words.time(request.ends_at),
    };
    const effect = means?.effect ?? "nothing";
    const sentence = words.t(`means_${effect}`, values);
    return means?.ready_at ? `${sentence} ${words.t("means_ready", { at: words.time(means.ready_at) })}` : sentence;
  }

  private answer(requestId: string, accepted: boolean): Promise<void> {
    const device = this.watched.picture?.participants[this.participant]?.device_id;
    const answer = accepted ? "accept" : "decline";
    return this.call("tangle_grid", "answer_request", { device_id: device, request_id: requestId, answer });
  }

  // What people change every day: the entities that exist anyway

  private renderSettings(picture: Picture): TemplateResult | typeof nothing {
    const entities = picture.entities[this.participant] ?? {};
    const words = this.words;
    const { vehicle } = picture.participants[this.participant] ?? {};
    const own = vehicle ? picture.entities[vehicle] : undefined;
    // The car that is there has its own settings; a charger with an unknown one has its own.
    const state = (key: string): HassEntity | undefined => {
      const entity = own?.[key] ?? entities[key];
      const found = entity ? this.hass?.states[entity] : undefined;
      return found && found.state !== "unavailable" ? found : undefined;
    };
    const [policy, leaves, car, target] = [state("policy"), state("leaves_at"), state("car"), state("target_soc")];
    if (!policy && !leaves && !car && !target) return nothing;
    return html`<div class="settings">
      ${car ? this.select(words.t("which_car"), car.entity_id, car.state, car.attributes.options as string[]) : nothing}
      ${policy ? this.select(words.t("answers"), policy.entity_id, policy.state, policy.attributes.options as string[]) : nothing}
      ${target
        ? html`<label>${words.t("target_percent")}
            <input type="number" inputmode="numeric" .value=${target.state}
              min=${Number(target.attributes.min ?? 0)} max=${Number(target.attributes.max ?? 100)} step=${Number(target.attributes.step ?? 1)}
              @change=${(event: Event) => this.setNumber(target.entity_id, event)} /></label>`
        : nothing}
      ${leaves
        ? html`<label>${words.t("leaves_at")}
            <input type="time" .value=${leaves.state.slice(0, 5)}
              @change=${(event: Event) => this.setTime(leaves.entity_id, event)} /></label>`
        : nothing}
    </div>`;
  }

  private select(label: string, entityId: string, value: string, options: string[]): TemplateResult {
    const key = entityId.split(".")[0] === "select" ? this.hass?.states[entityId] : undefined;
    const name = (option: string): string =>
      (this.hass as unknown as { formatEntityState?: (entity: unknown, state: string) => string }).formatEntityState?.(
        key,
        option,
      ) ?? option;
    return html`<label>${label}
      <select @change=${(event: Event) =>
        this.call("select", "select_option", {
          entity_id: entityId,
          option: (event.target as HTMLSelectElement).value,
        })}>
        ${options.map((option) => html`<option value=${option} ?selected=${option === value}>${name(option)}</option>`)}
      </select>
    </label>`;
  }

  private setNumber(entityId: string, event: Event): void {
    const value = (event.target as HTMLInputElement).valueAsNumber;
    if (Number.isFinite(value)) void this.call("number", "set_value", { entity_id: entityId, value });
  }

  private setTime(entityId: string, event: Event): void {
    const time = (event.target as HTMLInputElement).value;
    if (time) void this.call("time", "set_value", { entity_id: entityId, time: `${time}:00` });
  }

  private async call(domain: string, service: string, data: Record<string, unknown>): Promise<void> {
    this.busy = true;
    this.problem = "";
    try {
      await this.hass?.callService(domain, service, data, undefined, false);
    } catch (error) {
      this.problem = (error as { message?: string }).message ?? String(error);
    } finally {
      this.busy = false;
    }
  }

  protected show(entityId: string): void {
    showMore(this, entityId);
  }
}
