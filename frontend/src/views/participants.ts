/** Those of some kinds, each with its own box: chargers with their cars, or homes with batteries and sun. */

import { css, html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";

import { IslandElement } from "../element";
import { isAsked, isHelping } from "../sentences";
import type { Island, Kind, Picture } from "../picture";
import { shared } from "../styles";
import "../parts/participant";

@customElement("tangle-grid-participants")
export class Participants extends IslandElement {
  @property({ attribute: false }) kinds: readonly Kind[] = [];
  @property() chosen = "";

  static override styles = [
    shared,
    css`
      :host {
        display: block;
      }
    `,
  ];

  protected override renderIsland(picture: Picture, _island: Island): TemplateResult {
    const words = this.words;
    const order = ([id, each]: [string, { name: string }]): string =>
      `${id === this.chosen ? 0 : isAsked(picture, id) ? 1 : isHelping(picture, id) ? 2 : 3}${each.name}`;
    const shown = Object.entries(picture.participants)
      .filter(([, each]) => this.kinds.includes(each.kind))
      .sort((a, b) => order(a).localeCompare(order(b)));
    if (shown.length === 0) return html`<p class="waiting">${words.t("none_of_kind")}</p>`;
    return html`<div class="grid">
      ${shown.map(
        ([id]) => html`<tangle-grid-participant
          .hass=${this.hass}
          .entryId=${this.entryId}
          .participant=${id}
        ></tangle-grid-participant>`,
      )}
    </div>`;
  }
}
