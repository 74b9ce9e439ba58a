/** How a charger charges, chosen with one tap. */

import { css, html, nothing, type CSSResultGroup, type TemplateResult } from "lit";

import { icon } from "../icons";
import type { Mode } from "../picture";
import type { Words } from "../words";

const MODES: readonly Mode[] = ["now", "departure", "sun", "pause"];

export const modeStyles: CSSResultGroup = css`
  .modes {
    display: grid;
    grid-template-columns: repeat(4, minmax(0, 1fr));
    gap: 8px;
    margin-top: 12px;
  }
  .modes button {
    display: flex;
    flex-direction: column;
    align-items: center;
    gap: 4px;
    min-height: 64px;
    padding: 8px 4px;
    border-radius: 12px;
    line-height: 1.15;
  }
  @container (max-width: 350px) {
    .modes {
      grid-template-columns: repeat(2, minmax(0, 1fr));
    }
    .modes button {
      flex-direction: row;
      justify-content: center;
      min-height: 52px;
    }
  }
  .modes button[aria-pressed="true"] {
    font-weight: 500;
  }
`;

/** Return a button for each mode; the one that is in force is pressed. */
export function modeButtons(
  mode: Mode | null | undefined,
  words: Words,
  isBusy: boolean,
  choose: (mode: Mode) => void,
): TemplateResult | typeof nothing {
  if (!mode) return nothing;
  return html`<div class="modes" role="group" aria-label=${words.t("charging_mode")}>
    ${MODES.map(
      (each) => html`<button
        aria-pressed=${each === mode}
        ?disabled=${isBusy}
        title=${words.t(`mode_${each}_means`)}
        @click=${() => each !== mode && choose(each)}
      >
        ${icon(`mode_${each}`)}<span>${words.t(`mode_${each}`)}</span>
      </button>`,
    )}
  </div>`;
}
