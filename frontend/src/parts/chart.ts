/** A chart over time: lines, bands and a line now; drag to look closer, drag with Shift or a finger to move on. */

import { LitElement, css, html, unsafeCSS } from "lit";
import { customElement, property } from "lit/decorators.js";
import uPlot from "uplot";
import uplotCss from "uplot/dist/uPlot.min.css?inline";

import { isWhole, moved, stretched, type Stretch } from "./stretch";

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
  /** What stands beside the axis. */
  @property({ attribute: false }) mark: (value: number) => string = (value) => String(value);

  private plot: uPlot | undefined;
  /** What the plot was made for: lines that only have new points need no new one. */
  private made = "";
  /** What is looked at; null: all of it, also when more comes. */
  private view: Stretch | null = null;
  private fingers = new Map<number, number>();
  private dragged: number | null = null;
  private observer: ResizeObserver | undefined;

  static override styles = [
    unsafeCSS(uplotCss),
    css`
      :host {
        display: block;
        min-height: 280px;
      }
      .u-over {
        touch-action: pan-y;
      }
      .u-legend {
        text-align: start;
        font-size: 12px;
      }
      .u-legend .u-series > * {
        padding: 2px 6px;
      }
      .u-legend .u-series > th {
        font-weight: 400;
      }
      /* Where nothing is pointed at there is nothing to say. */
      .u-legend .u-series:has(.u-value:empty) > th::after,
      .u-legend .u-series:first-child:has(.u-value:empty) {
        display: none;
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
    window.addEventListener("pointermove", this.drag);
    window.addEventListener("pointerup", this.drop);
    window.addEventListener("pointercancel", this.drop);
    // One that was put elsewhere has lost its plot.
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer?.disconnect();
    window.removeEventListener("pointermove", this.drag);
    window.removeEventListener("pointerup", this.drop);
    window.removeEventListener("pointercancel", this.drop);
    this.plot?.destroy();
    this.plot = undefined;
  }

  /** Look closer at the middle, or at more. */
  zoom(times: number): void {
    const [from, to] = this.shown();
    this.look(stretched([from, to], times, (from + to) / 2, this.bounds()));
  }

  /** Move on by a share of what is shown. */
  pan(share: number): void {
    const [from, to] = this.shown();
    this.look(moved([from, to], share * (to - from), this.bounds()));
  }

  /** Look at all of it. */
  whole(): void {
    this.look(this.bounds());
  }

  protected override updated(): void {
    const holder = this.renderRoot.querySelector<HTMLElement>(".holder");
    if (!holder) return;
    if (this.series.length === 0) {
      this.plot?.destroy();
      this.plot = undefined;
      return;
    }
    const style = getComputedStyle(this);
    const text = style.getPropertyValue("--secondary-text-color").trim() || "#666";
    const line = style.getPropertyValue("--divider-color").trim() || "#ddd";
    const made = JSON.stringify([text, line, this.when, this.between, this.series.map((each) => ({ ...each, points: 0 }))]);
    const data = this.data();
    if (this.plot && made === this.made) {
      this.plot.setData(data, false);
    } else {
      this.plot?.destroy();
      this.made = made;
      this.plot = this.make(data, holder, style, text, line);
    }
    this.apply();
  }

  private data(): uPlot.AlignedData {
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
    return [times, ...columns] as uPlot.AlignedData;
  }

  private make(data: uPlot.AlignedData, holder: HTMLElement, style: CSSStyleDeclaration, text: string, line: string): uPlot {
    const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
    const shade = `color-mix(in srgb, ${style.getPropertyValue("--warning-color").trim() || "#ffa600"} 45%, transparent)`;
    const stepped = uPlot.paths.stepped?.({ align: 1 });
    const plot = new uPlot(
      {
        ...this.size(),
        scales: {
          x: { time: false, range: (_plot, min, max) => (min === max ? this.range : [min, max]) },
          y: { range: (_plot, min, max) => [Math.min(0, min), Math.max(1, max * 1.08)] },
        },
        axes: [
          { ...axis, values: (_plot, splits) => splits.map((at) => this.time(at)), splits: (drawn, _i, min, max) => hours(min, max, drawn.width) },
          {
            ...axis,
            size: (_plot, values) => 18 + 7 * Math.max(4, ...(values ?? []).map((each) => each.length)),
            values: (_plot, splits) => splits.map((value) => this.mark(value)),
          },
        ],
        series: [
          { label: this.when, value: (_plot, at) => (at == null ? "" : this.time(at)) },
          ...this.series.map((each) => ({
            label: each.label,
            stroke: each.color,
            width: each.width ?? 2,
            points: { show: false },
            spanGaps: !each.stepped,
            value: (_plot: uPlot, value: number | null) => (value == null ? "" : this.value(value)),
            ...(each.dash ? { dash: each.dash } : {}),
            ...(each.fill ? { fill: each.fill } : {}),
            ...(each.stepped && stepped ? { paths: stepped } : {}),
          })),
        ],
        bands: this.between.map((pair) => ({ series: pair, fill: shade })),
        cursor: {
          drag: { x: true, y: false, setScale: false },
          bind: {
            dblclick: () => () => {
              this.whole();
              return null;
            },
            // With Shift, or the middle button, the mouse takes hold of the time itself.
            mousedown: (_plot, _target, handler) => (event) => {
              if (event.shiftKey || event.button === 1) {
                event.preventDefault();
                this.dragged = event.clientX;
                return null;
              }
              return handler(event);
            },
          },
        },
        hooks: {
          drawClear: [(drawn) => this.drawBands(drawn)],
          draw: [(drawn) => this.drawNow(drawn, text)],
          setSelect: [(drawn) => this.select(drawn)],
        },
      },
      data,
      holder,
    );
    plot.over.addEventListener("pointerdown", this.touch);
    plot.over.addEventListener("wheel", this.wheel, { passive: false });
    return plot;
  }

  // What is looked at

  private bounds(): Stretch {
    const times = this.plot?.data[0] ?? [];
    return times.length > 1 ? [times[0] as number, times[times.length - 1] as number] : this.range;
  }

  private shown(): Stretch {
    return this.view ?? this.bounds();
  }

  private look(wanted: Stretch): void {
    this.view = isWhole(wanted, this.bounds()) ? null : wanted;
    this.apply();
  }

  private apply(): void {
    const [min, max] = this.shown();
    this.plot?.setScale("x", { min, max });
  }

  private select(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 8) return;
    const wanted: Stretch = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.look(stretched(wanted, 1, (wanted[0] + wanted[1]) / 2, this.bounds()));
  }

  /** Return how many seconds a pixel is. */
  private perPixel(): number {
    const [from, to] = this.shown();
    return (to - from) / Math.max(1, this.plot?.over.clientWidth ?? 1);
  }

  private touch = (event: PointerEvent): void => {
    if (event.pointerType !== "touch") return;
    this.fingers.set(event.pointerId, event.clientX);
  };

  private wheel = (event: WheelEvent): void => {
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    if (event.ctrlKey) {
      const at = this.plot?.posToVal(event.offsetX, "x") ?? 0;
      this.look(stretched(this.shown(), event.deltaY > 0 ? 1.2 : 1 / 1.2, at, this.bounds()));
    } else if (sideways !== 0 && this.view) {
      this.look(moved(this.view, sideways * this.perPixel(), this.bounds()));
    } else {
      return;
    }
    event.preventDefault();
  };

  private drag = (event: PointerEvent): void => {
    if (this.dragged !== null) {
      const by = this.dragged - event.clientX;
      this.dragged = event.clientX;
      this.look(moved(this.shown(), by * this.perPixel(), this.bounds()));
      return;
    }
    const before = this.fingers.get(event.pointerId);
    if (before === undefined) return;
    const others = [...this.fingers].filter(([id]) => id !== event.pointerId).map(([, x]) => x);
    const other = others[0];
    if (other === undefined) {
      this.look(moved(this.shown(), (before - event.clientX) * this.perPixel(), this.bounds()));
    } else {
      const times = Math.max(20, Math.abs(before - other)) / Math.max(20, Math.abs(event.clientX - other));
      const left = this.plot?.over.getBoundingClientRect().left ?? 0;
      const at = this.plot?.posToVal((event.clientX + other) / 2 - left, "x") ?? 0;
      this.look(stretched(this.shown(), times, at, this.bounds()));
    }
    this.fingers.set(event.pointerId, event.clientX);
  };

  private drop = (event: PointerEvent): void => {
    this.dragged = null;
    this.fingers.delete(event.pointerId);
  };

  private fit(): void {
    if (this.plot && Math.abs(this.plot.width - this.clientWidth) > 4 && this.clientWidth > 0) {
      this.plot.setSize(this.size());
    }
  }

  private size(): { width: number; height: number } {
    const width = Math.max(200, this.clientWidth);
    return { width, height: Math.round(Math.min(460, Math.max(260, width * 0.26))) };
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

/** Return whole hours between two times, at most nine of them and no more than there is room for. */
function hours(min: number, max: number, width: number): number[] {
  const span = max - min;
  const most = Math.min(9, Math.max(2, (width - 64) / 56));
  const step = [900, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 43_200].find((each) => span / each <= most) ?? 86_400;
  const found: number[] = [];
  for (let at = Math.ceil(min / step) * step; at <= max; at += step) found.push(at);
  return found;
}
