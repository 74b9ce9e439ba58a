import { html, nothing, type TemplateResult } from "lit";

import type { Feeder } from "../picture";
import type { Words } from "../words";

/** Return one bar for each phase that exists: load against capacity, with a mark at the threshold. */
export function phaseBars(feeder: Feeder, words: Words): TemplateResult {
  return html`<div class="phases" role="group" aria-label=${words.t("phases")}>
    ${feeder.capacity_w.map((capacity, index) => {
      if (capacity <= 0) return nothing;
      const load = feeder.load_w?.[index];
      const threshold = feeder.threshold_w[index] ?? capacity;
      const share = load === undefined ? 0 : Math.min(1, Math.max(0, load / capacity));
      const level = load === undefined ? "" : load > capacity ? "bad" : load > threshold ? "warn" : "";
      const text =
        load === undefined
          ? words.t("phase_unknown", { phase: `L${index + 1}` })
          : words.t("phase_load", {
              phase: `L${index + 1}`,
              load: words.power(load),
              capacity: words.power(capacity),
            });
      return html`<div class="phase" title=${text}>
        <span aria-hidden="true">L${index + 1}</span>
        <div class="meter" role="img" aria-label=${text}>
          <i class=${level} style="width:${(share * 100).toFixed(0)}%"></i>
          <b style="left:${Math.min(99, (threshold / capacity) * 100).toFixed(0)}%"></b>
        </div>
        <span class="number">${load === undefined ? "?" : words.power(load)}</span>
      </div>`;
    })}
  </div>`;
}
