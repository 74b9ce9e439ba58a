/** The transformer: a sentence what happens now and next, and the diagram that lives. */

import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { IslandElement } from "../element";
import { navigate } from "../hass";
import { isAsked } from "../sentences";
import { headline } from "../sentences";
import type { Island, Picture } from "../picture";
import { shared } from "../styles";
import { outageBox, supplyStyles } from "../parts/supply";
import "../parts/diagram";

@customElement("tangle-grid-transformer")
export class Transformer extends IslandElement {
  @state() private list = false;

  static override styles = [
    shared,
    supplyStyles,
    css`
      :host {
        display: block;
      }
      .headline {
        font-size: 18px;
        line-height: 1.4;
        margin: 0 0 16px;
      }
    `,
  ];

  protected override renderIsland(picture: Picture, island: Island): TemplateResult {
    const words = this.words;
    const empty = Object.keys(picture.participants).length === 0;
    const asked = Object.entries(picture.participants).filter(([id]) => isAsked(picture, id));
    return html`
      <p class="headline" role="status">${headline(picture, island, words)}</p>
      ${outageBox(picture, island, words, this.hass)}
      ${asked.length
        ? html`<p class="old">${words.t("asked_now", { names: asked.map(([, each]) => each.name).join(", ") })}</p>`
        : nothing}
      ${empty
        ? html`<button class="primary" @click=${() => navigate("/config/integrations/integration/tangle_grid")}>
            ${words.t("add_participant")}
          </button>`
        : nothing}
      <div class="row" style="justify-content:flex-end;margin-bottom:8px">
        <button aria-pressed=${this.list} @click=${() => (this.list = !this.list)}>${words.t("as_list")}</button>
      </div>
      <tangle-grid-diagram .hass=${this.hass} .entryId=${this.entryId} .list=${this.list}></tangle-grid-diagram>
    `;
  }
}
