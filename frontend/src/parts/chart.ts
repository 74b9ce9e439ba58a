/** A chart over time: lines, bands and a line now; drag to zoom, double click for the whole day. */

import { LitElement, css, html, unsafeCSS } from "lit";
import { customElement, property } from "lit/decorators.js";
import uPlot from "uplot";
import uplotCss from "uplot/dist/uPlot.min.css?inline";

export interface Series {
  label: string;
  color: string;
  points: [number, number | null][];
  dash?: number[];
  fill?: string;
  width?: number;
  stepped?: boolean;
}

export interface Band {
  from: number;
  to: number;
  label: string;
}

@customElement("tangle-grid-chart")
export class Chart extends LitElement {
  @property({ attribute: false }) series: Series[] = [];
  /** Pairs of series, counted from 1, between which it is shaded. */
  @property({ attribute: false }) between: [number, number][] = [];
  @property({ attribute: false }) bands: Band[] = [];
  @property({ attribute: false }) range: [number, number] = [0, 0];
  @property({ type: Number }) now = 0;
  @property() when = "";
  @property({ attribute: false }) time: (at: number) => string = (at) => String(at);
  @property({ attribute: false }) value: (value: number) => string = (value) => String(value);

  private plot: uPlot | undefined;
  private observer: ResizeObserver | undefined;

  static override styles = [
    unsafeCSS(uplotCss),
    css`
      :host {
        display: block;
        min-height: 280px;
      }
      .u-legend {
        text-align: start;
        font-size: 12px;
      }
      .u-legend .u-series > * {
        padding: 2px 6px;
      }
    `,
  ];

  protected override render() {
    return html`<div class="holder"></div>`;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer?.disconnect();
    this.plot?.destroy();
    this.plot = undefined;
  }

  protected override updated(): void {
    this.plot?.destroy();
    this.plot = undefined;
    const holder = this.renderRoot.querySelector<HTMLElement>(".holder");
    if (!holder || this.series.length === 0) return;
    const style = getComputedStyle(this);
    const text = style.getPropertyValue("--secondary-text-color").trim() || "#666";
    const line = style.getPropertyValue("--divider-color").trim() || "#ddd";
    const times = [...new Set(this.series.flatMap((each) => each.points.map(([at]) => at)))].sort((a, b) => a - b);
    const columns = this.series.map((each) => {
      const known = new Map(each.points);
      let held: number | null | undefined = null;
      const last = each.points.at(-1)?.[0] ?? -Infinity;
      return times.map((at) => {
        if (known.has(at)) held = known.get(at);
        else if (!each.stepped) return undefined;
        return at > last ? null : held;
      });
    });
    const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    const shade = `color-mix(in srgb, ${style.getPropertyValue("--warning-color").trim() || "#ffa600"} 45%, transparent)`;
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    this.plot = new uPlot(
      {
        width: Math.max(280, this.clientWidth),
        height: 260,
        scales: {
          x: { time: false, range: (_plot, min, max) => (min === max ? this.range : [min, max]) },
          y: { range: (_plot, min, max) => [Math.min(0, min), Math.max(1, max * 1.08)] },
        },
        axes: [
          { ...axis, values: (_plot, splits) => splits.map((at) => this.time(at)), splits: (_p, _i, min, max) => hours(min, max) },
          { ...axis, size: 64, values: (_plot, splits) => splits.map((value) => this.value(value)) },
        ],
        series: [
          { label: this.when, value: (_plot, at) => (at == null ? "–" : this.time(at)) },
          ...this.series.map((each) => ({
            label: each.label,
            stroke: each.color,
            width: each.width ?? 2,
            points: { show: false },
            spanGaps: !each.stepped,
            value: (_plot: uPlot, value: number | null) => (value == null ? "–" : this.value(value)),
            ...(each.dash ? { dash: each.dash } : {}),
            ...(each.fill ? { fill: each.fill } : {}),
            ...(each.stepped && stepped ? { paths: stepped } : {}),
          })),
        ],
        bands: this.between.map((pair) => ({ series: pair, fill: shade })),
        cursor: { drag: { x: true, y: false } },
        hooks: { drawClear: [(plot) => this.drawBands(plot)], draw: [(plot) => this.drawNow(plot, text)] },
      },
      [times, ...columns] as uPlot.AlignedData,
      holder,
    );
  }

  private fit(): void {
    if (this.plot && Math.abs(this.plot.width - this.clientWidth) > 4 && this.clientWidth > 0) {
      this.plot.setSize({ width: Math.max(280, this.clientWidth), height: 260 });
    }
  }

  private drawBands(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.fillStyle = getComputedStyle(this).getPropertyValue("--warning-color").trim() || "#ffa600";
    ctx.globalAlpha = 0.18;
    for (const band of this.bands) {
      const from = Math.max(bbox.left, plot.valToPos(band.from, "x", true));
      const to = Math.min(bbox.left + bbox.width, plot.valToPos(band.to, "x", true));
      if (to > from) ctx.fillRect(from, bbox.top, to - from, bbox.height);
    }
    ctx.restore();
  }

  private drawNow(plot: uPlot, color: string): void {
    if (!this.now) return;
    const { ctx, bbox } = plot;
    const x = plot.valToPos(this.now, "x", true);
    if (x < bbox.left || x > bbox.left + bbox.width) return;
    ctx.save();
    ctx.strokeStyle = color;
    ctx.setLineDash([4, 4]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  }
}

/** Return whole hours between two times, at most nine of them. */
function hours(min: number, max: number): number[] {
  const span = max - min;
  const step = [900, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 43_200].find((each) => span / each <= 9) ?? 86_400;
  const found: number[] = [];
  for (let at = Math.ceil(min / step) * step; at <= max; at += step) found.push(at);
  return found;
}
