import { css } from "lit";

/** Home Assistant's own variables carry light, dark and every theme; shapes and words tell the same as colours. */
export const shared = css`
  :host {
    --tg-good: var(--success-color, #2e7d32);
    --tg-warn: var(--warning-color, #b26a00);
    --tg-bad: var(--error-color, #c62828);
    --tg-flow: var(--primary-color, #0288d1);
    --tg-sun: #e0a100;
    /* As text they have to stand out from the ground in every theme, as fills they need not. */
    --tg-good-text: color-mix(in srgb, var(--tg-good) 55%, var(--primary-text-color, #202124));
    --tg-warn-text: color-mix(in srgb, var(--tg-warn) 48%, var(--primary-text-color, #202124));
    --tg-bad-text: color-mix(in srgb, var(--tg-bad) 65%, var(--primary-text-color, #202124));
    --tg-link: color-mix(in srgb, var(--primary-color, #0277a8) 60%, var(--primary-text-color, #202124));
    --tg-soft: var(--secondary-text-color, #5f6368);
    --tg-line: var(--divider-color, #d0d0d0);
    --tg-box: var(--ha-card-background, var(--card-background-color, #fff));
    color: var(--primary-text-color, #202124);
    font-size: 14px;
    line-height: 1.4;
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  p {
    margin: 0;
  }
  h2 {
    font-size: 18px;
    font-weight: 500;
    margin: 0 0 8px;
  }
  h3 {
    font-size: 15px;
    font-weight: 500;
    margin: 0;
  }
  .soft {
    color: var(--tg-soft);
  }
  .old,
  .failed {
    border-left: 4px solid var(--tg-warn);
    background: var(--tg-box);
    padding: 8px 12px;
    margin-bottom: 12px;
  }
  .failed {
    border-color: var(--tg-bad);
  }
  .waiting {
    padding: 24px;
    color: var(--tg-soft);
  }
  .box {
    background: var(--tg-box);
    border: 1px solid var(--tg-line);
    border-radius: var(--ha-card-border-radius, 12px);
    padding: 16px;
  }
  .grid {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr));
    gap: 16px;
  }
  .number {
    font-variant-numeric: tabular-nums;
  }
  .big {
    white-space: nowrap;
    font-size: 24px;
    line-height: 1.2;
  }
  button {
    font: inherit;
    color: inherit;
    background: none;
    border: 1px solid var(--tg-line);
    border-radius: 18px;
    padding: 6px 14px;
    min-height: 36px;
    cursor: pointer;
  }
  /* A finger is broader than the point of a mouse. */
  @media (pointer: coarse), (max-width: 600px) {
    button,
    select,
    input,
    summary {
      min-height: 44px;
    }
    summary {
      padding-block: 10px;
    }
  }
  button:focus-visible,
  a:focus-visible,
  [tabindex]:focus-visible {
    outline: 3px solid var(--tg-flow);
    outline-offset: 2px;
  }
  button[aria-pressed="true"],
  button.primary {
    background: color-mix(in srgb, var(--tg-flow) 72%, #000);
    border-color: transparent;
    color: #fff;
  }
  button[disabled] {
    opacity: 0.5;
    cursor: default;
  }
  .row {
    display: flex;
    gap: 8px;
    flex-wrap: wrap;
    align-items: center;
  }
  .spread {
    display: flex;
    justify-content: space-between;
    gap: 12px;
    align-items: baseline;
  }
  .facts {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(100px, 1fr));
    gap: 8px;
    margin-top: 12px;
  }
  .facts > div {
    background: color-mix(in srgb, var(--tg-line) 25%, transparent);
    border-radius: 10px;
    padding: 8px 10px;
    min-width: 0;
  }
  .facts b {
    display: block;
    font-size: 15px;
    font-weight: 500;
    font-variant-numeric: tabular-nums;
    overflow-wrap: break-word;
  }
  .facts span {
    font-size: 12px;
    color: var(--tg-soft);
  }
  .meter {
    position: relative;
    height: 10px;
    border-radius: 5px;
    background: color-mix(in srgb, var(--tg-line) 60%, transparent);
    overflow: hidden;
  }
  .meter > i {
    position: absolute;
    inset: 0 auto 0 0;
    background: var(--tg-good);
  }
  .meter > i.warn {
    background: var(--tg-warn);
  }
  .meter > i.bad {
    background: repeating-linear-gradient(45deg, var(--tg-bad) 0 6px, color-mix(in srgb, var(--tg-bad) 60%, #000) 6px 9px);
  }
  .meter > b {
    position: absolute;
    top: 0;
    bottom: 0;
    width: 2px;
    background: var(--primary-text-color);
  }
  dl {
    display: grid;
    grid-template-columns: fit-content(60%) 1fr;
    gap: 4px 12px;
    margin: 8px 0 0;
  }
  dt {
    color: var(--tg-soft);
  }
  dd {
    margin: 0;
    text-align: end;
    font-variant-numeric: tabular-nums;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  table {
    border-collapse: collapse;
    width: 100%;
  }
  th,
  td {
    text-align: start;
    padding: 6px 8px;
    border-bottom: 1px solid var(--tg-line);
    vertical-align: top;
  }
  th {
    font-weight: 500;
    color: var(--tg-soft);
  }
  td.number,
  th.number {
    text-align: end;
  }
  a {
    color: var(--tg-link);
  }
  .scroll {
    position: relative;
    overflow-x: auto;
  }
  .chip {
    display: inline-flex;
    align-items: center;
    gap: 4px;
    border: 1px solid currentColor;
    border-radius: 10px;
    padding: 0 8px;
    font-size: 12px;
    white-space: nowrap;
  }
  .chip.good {
    color: var(--tg-good-text);
  }
  .chip.warn {
    color: var(--tg-warn-text);
  }
  .chip.bad {
    color: var(--tg-bad-text);
  }
  svg.icon {
    width: 20px;
    height: 20px;
    fill: currentColor;
    flex: none;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;
