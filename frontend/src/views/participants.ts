/** Those of some kinds, each with its own box: chargers with their cars, or homes with batteries and sun. */

import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { IslandElement } from "../element";
import { isAsked, isHelping } from "../sentences";
import { navigate } from "../hass";
import { icon } from "../icons";
import type { Island, Kind, Picture, Vehicle } from "../picture";
import { shared } from "../styles";
import "../parts/participant";
import "../parts/receipts";

/** Making one is dear, comparing is cheap. */
const collator = new Intl.Collator(undefined, { numeric: true });

@customElement("tangle-grid-participants")
export class Participants extends IslandElement {
  @property({ attribute: false }) kinds: readonly Kind[] = [];
  @property() chosen = "";
  @state() private opened = "";

  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
      /* What is out of sight is not painted, and what stays as it is not again because its neighbour changes. */
      tangle-grid-participant {
        content-visibility: auto;
        contain-intrinsic-size: auto 600px;
      }
    `,
  ];

  protected override concerns(before: Picture, after: Picture): boolean {
    if (before.requests !== after.requests || before.vehicles !== after.vehicles || before.wallets !== after.wallets) return true;
    const [was, is] = [before.participants, after.participants];
    // What each of them does now is shown by its own box.
    return was !== is && (Object.keys(was).length !== Object.keys(is).length || Object.entries(is).some(([id, each]) => was[id]?.name !== each.name));
  }

  protected override renderIsland(picture: Picture, island: Island): TemplateResult {
    const words = this.words;
    const order = ([id, each]: [string, { name: string }]): string =>
      `${id === this.chosen ? 0 : isAsked(picture, id) ? 1 : isHelping(picture, id) ? 2 : 3}${each.name}`;
    const shown = Object.entries(picture.participants)
      .filter(([, each]) => this.kinds.includes(each.kind))
      .sort((a, b) => collator.compare(order(a), order(b)));
    if (shown.length === 0) {
      return html`<p class="waiting">${words.t("none_of_kind")}</p>
        <button class="primary" @click=${() => navigate("/config/integrations/integration/tangle_grid")}>${words.t("add_participant")}</button>`;
    }
    const title = this.kinds.includes("charger") ? words.t("view_charging") : words.t("view_homes");
    return html`<h2 class="hidden">${title}</h2><div class="grid">
      ${shown.map(
        ([id]) => html`<tangle-grid-participant
          .hass=${this.hass}
          .entryId=${this.entryId}
          .participant=${id}
        ></tangle-grid-participant>`,
      )}
      ${this.kinds.includes("charger")
        ? Object.entries(picture.vehicles).map(([id, vehicle]) => this.renderVehicle(picture, island, id, vehicle))
        : nothing}
    </div>`;
  }

  private renderVehicle(picture: Picture, island: Island, id: string, vehicle: Vehicle): TemplateResult {
    const words = this.words;
    const charger = vehicle.charger ? picture.participants[vehicle.charger]?.name : undefined;
    const wallet = picture.wallets[id];
    const isOpen = this.opened === id;
    return html`<article class="box">
      <div class="spread">
        <div class="row">${icon("vehicle")}<h3>${vehicle.name}</h3></div>
        <span class="number big">${words.percent(vehicle.soc)}</span>
      </div>
      <p>${charger ? words.t("vehicle_at", { charger }) : words.t("vehicle_away")}</p>
      ${wallet ? html`<dl><dt>${words.t("balance")}</dt><dd>${words.tokens(wallet.balance_i, island)}</dd></dl>` : nothing}
      <div class="row" style="margin-top:12px">
        <button @click=${() => navigate(`/config/devices/device/${vehicle.device_id}`)}>${words.t("all_entities")}</button>
        <button aria-expanded=${isOpen} @click=${() => (this.opened = isOpen ? "" : id)}>${words.t("receipts")}</button>
      </div>
      ${isOpen
        ? html`<tangle-grid-receipts .hass=${this.hass} .entryId=${this.entryId} .device=${vehicle.device_id ?? ""}></tangle-grid-receipts>`
        : nothing}
    </article>`;
  }
}
