/** The transformer: a sentence what happens now and next, and the diagram that lives. */

import { css, html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { IslandElement } from "../element";
import { navigate } from "../hass";
import { headline, isAsked, oldHeadline } from "../sentences";
import { gridTime, type Island, type Picture } from "../picture";
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
        container-type: inline-size;
      }
      .headline {
        font-size: 18px;
        line-height: 1.4;
        margin: 0 0 16px;
      }
      .choice {
        justify-content: flex-end;
        margin-bottom: 8px;
      }
      /* There it is a list anyway. */
      @container (max-width: 519px) {
        .choice {
          display: none;
        }
      }
    `,
  ];

  protected override renderIsland(picture: Picture, island: Island): TemplateResult {
    const words = this.words;
    const empty = Object.keys(picture.participants).length === 0;
    const asked = this.isOld ? [] : Object.entries(picture.participants).filter(([id]) => isAsked(picture, id));
    const heard = gridTime(island, this.watched.heard / 1_000);
    const sentence = this.isOld ? oldHeadline(picture, island, heard, words) : headline(picture, island, words);
    return html`
      <p class="headline" role="status">${sentence}</p>
      ${outageBox(picture, island, words, this.hass)}
      ${asked.length
        ? html`<p class="old">${words.t("asked_now", { names: asked.map(([, each]) => each.name).join(", ") })}</p>`
        : nothing}
      ${empty
        ? html`<button class="primary" @click=${() => navigate("/config/integrations/integration/tangle_grid")}>
            ${words.t("add_participant")}
          </button>`
        : nothing}
      <div class="row choice">
        <button aria-pressed=${this.list} @click=${() => (this.list = !this.list)}>${words.t("as_list")}</button>
      </div>
      <tangle-grid-diagram .hass=${this.hass} .entryId=${this.entryId} .list=${this.list}></tangle-grid-diagram>
    `;
  }
}
