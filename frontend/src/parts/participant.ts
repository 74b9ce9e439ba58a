/** One participant: what it does and why, what it was asked, and the few things that people change every day. */

import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { IslandElement } from "../element";
import { navigate, showMore } from "../hass";
import { icon } from "../icons";
import type { GridRequest, Island, Part, Participant, Picture } from "../picture";
import { openPart, why } from "../sentences";
import { shared } from "../styles";
import "./receipts";

@customElement("tangle-grid-participant")
export class ParticipantBox extends IslandElement {
  @property() participant = "";
  @state() private busy = false;
  @state() private receipts = false;
  @state() private problem = "";

  static override styles = [
    shared,
    css`
      :host {
        display: block;
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
      .why {
        margin: 4px 0 0;
      }
    `,
  ];

  protected override renderIsland(picture: Picture, island: Island): TemplateResult | typeof nothing {
    const participant = picture.participants[this.participant];
    const words = this.words;
    if (!participant) return html`<p class="soft">${words.t("participant_gone")}</p>`;
    const vehicle = participant.vehicle ? picture.vehicles[participant.vehicle] : undefined;
    const soc = participant.soc ?? vehicle?.soc;
    return html`<article class="box">
      <div class="spread">
        <div class="row">${icon(participant.kind)}
          <h3>${participant.name}</h3>
        </div>
        <span class="number big">${participant.power_w === null ? "?" : words.power(participant.power_w)}</span>
      </div>
      ${vehicle ? html`<p class="row soft">${icon("vehicle")}<span>${vehicle.name}</span></p>` : nothing}
      <p class="why">${why(picture, this.participant, participant, words)}</p>
      ${soc === null || soc === undefined ? nothing : this.renderSoc(soc)}
      ${this.renderPart(picture, island, participant)}
      ${this.problem ? html`<p class="failed" role="alert">${this.problem}</p>` : nothing}
      <dl>${this.facts(participant, island)}</dl>
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

  private renderSoc(soc: number): TemplateResult {
    const words = this.words;
    return html`<div class="spread" style="margin-top:8px">
      <span class="soft">${words.t("charge")}</span><span class="number">${words.percent(soc)}</span>
    </div>
    <div class="meter" role="img" aria-label=${`${words.t("charge")} ${words.percent(soc)}`}><i style="width:${soc}%"></i></div>`;
  }

  private facts(participant: Participant, island: Island): TemplateResult[] {
    const words = this.words;
    const rows: [string, string | null][] = [];
    if (participant.kind === "charger") {
      rows.push(
        [words.t("limit"), participant.setpoint === null ? null : `${words.number(participant.setpoint)} A`],
        [words.t("session"), participant.connected ? words.energy(participant.session_wh) : null],
        [words.t("price"), participant.price == null ? null : `${words.money(participant.price, island)}/kWh`],
        [words.t("cost"), participant.cost == null ? null : words.money(participant.cost, island)],
        [words.t("leaves"), participant.departure_at ? words.time(participant.departure_at) : null],
      );
    }
    rows.push([words.t("earned"), participant.earned_i ? words.tokens(participant.earned_i, island) : null]);
    rows.push([words.t("given"), participant.delivered_wh ? words.energy(participant.delivered_wh) : null]);
    return rows
      .filter((row): row is [string, string] => row[1] !== null)
      .map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`);
  }

  // Its part in a request

  private renderPart(picture: Picture, island: Island, participant: Participant): TemplateResult | typeof nothing {
    const open = openPart(picture, this.participant);
    if (!open) return nothing;
    const [request, part, requestId] = open;
    const words = this.words;
    const now = words.now(island);
    if (part.state === "issued") {
      return html`<div class="ask" role="group" aria-label=${words.t("asked")}>
        <p>${this.consequence(request, part, participant, island)}</p>
        <p class="soft number">${words.t("answer_within", { left: words.span(request.answer_by - now) })}</p>
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

  private consequence(request: GridRequest, part: Part, participant: Participant, island: Island): string {
    const words = this.words;
    const hours = (request.ends_at - request.starts_at) / 3_600;
    const most = Math.floor((((part.power_w ?? 0) * hours) / 1_000) * (part.rate ?? request.rate));
    const values = {
      power: words.power(part.power_w),
      minutes: words.span(request.ends_at - request.starts_at),
      tokens: words.tokens(most, island),
    };
    const charges = participant.kind === "charger";
    return charges ? words.t("consequence_charger", values) : words.t("consequence", values);
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
    const policy = entities.policy ? this.hass?.states[entities.policy] : undefined;
    const leaves = entities.leaves_at ? this.hass?.states[entities.leaves_at] : undefined;
    const car = entities.car ? this.hass?.states[entities.car] : undefined;
    if (!policy && !leaves && !car) return nothing;
    return html`<div class="settings">
      ${car ? this.select(words.t("which_car"), car.entity_id, car.state, car.attributes.options as string[]) : nothing}
      ${policy ? this.select(words.t("answers"), policy.entity_id, policy.state, policy.attributes.options as string[]) : nothing}
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
