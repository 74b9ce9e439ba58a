/** What the readings of a receipt come to: whole numbers only, so that everybody comes to the same. */

import type { Json } from "./canonical";

/** A stretch in which nothing changes: what was drawn, asked for, expected and delivered in it. */
export interface Piece {
  start: number;
  end: number;
  power_w: number | null;
  asked_w: number;
  baseline_w: number;
  delivered_ws: bigint;
}

export interface Recomputed {
  energy_wh: number;
  baseline_wh: number;
  measured_wh: number;
  amount_i: number;
  pieces: Piece[];
}

export type Fields = Readonly<Record<string, Json>>;
type Steps = [number, number | null][];

const VERSION = 2;
const MAX_STEPS = 4_096;
const MAX_DURATION_S = 31 * 86_400;
const WS_PER_WH = 3_600n;

function whole(value: Json | undefined, low: number, high = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < low || value > high) {
    throw new RangeError("a number that cannot be");
  }
  return value;
}

function steps(value: Json | undefined, low: number, gaps: boolean): Steps {
  if (!Array.isArray(value) || value.length > MAX_STEPS) throw new RangeError("no list of steps");
  const found: Steps = [];
  for (const pair of value as Json[]) {
    if (!Array.isArray(pair) || pair.length !== 2) throw new RangeError("no step");
    const last = found.at(-1);
    const at = whole(pair[0] as Json, last ? last[0] + 1 : 0, MAX_DURATION_S);
    if (!last && at !== 0) throw new RangeError("does not begin at 0");
    found.push([at, gaps && pair[1] === null ? null : whole(pair[1] as Json, low)]);
  }
  return found;
}

function valueAt(found: Steps, second: number): number | null {
  let value: number | null = null;
  for (const [at, each] of found) {
    if (at > second) break;
    value = each;
  }
  return value;
}

/** Division that rounds down, below zero as well. */
function floor(value: bigint, by: bigint): bigint {
  const rounded = value / by;
  return value % by < 0n ? rounded - 1n : rounded;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const positive = (a: bigint): bigint => (a > 0n ? a : 0n);

/** Return what the evidence of a settlement must say about energy and amount. Throws for what cannot be. */
export function recompute(evidence: Fields): Recomputed {
  if (evidence.version !== VERSION) throw new RangeError("another version");
  const duration = whole(evidence.duration_s, 0, MAX_DURATION_S);
  const readings = steps(evidence.readings, -Number.MAX_SAFE_INTEGER, true);
  const quantities = steps(evidence.quantities, 0, false);
  const baseline_w = whole(evidence.baseline_w, -Number.MAX_SAFE_INTEGER);
  const baseline = BigInt(baseline_w);
  const need = evidence.need_wh === null || evidence.need_wh === undefined ? null : whole(evidence.need_wh, 0);
  let left = need === null ? null : BigInt(need) * WS_PER_WH;
  const rate = whole(evidence.rate_i_per_kwh, 0);
  if (readings.length > 0 !== duration > 0) throw new RangeError("readings without a duration");

  const borders = [...new Set([0, duration, ...[...readings, ...quantities].map(([at]) => at).filter((at) => at < duration)])];
  borders.sort((a, b) => a - b);
  let [delivered, drawn, expected] = [0n, 0n, 0n];
  const pieces: Piece[] = [];
  borders.slice(0, -1).forEach((start, index) => {
    const end = borders[index + 1] as number;
    const power_w = valueAt(readings, start);
    const asked_w = valueAt(quantities, start) ?? 0;
    let here = 0n;
    if (power_w !== null) {
      const [power, asked, seconds] = [BigInt(power_w), BigInt(asked_w), BigInt(end - start)];
      let full = seconds;
      if (left !== null && baseline > 0n) {
        full = least(seconds, left / baseline);
        left -= full * baseline;
      }
      here = full * least(positive(baseline - power), asked) + (seconds - full) * least(positive(-power), asked);
      delivered += here;
      expected += full * baseline;
      drawn += seconds * power;
    }
    pieces.push({ start, end, power_w, asked_w, baseline_w, delivered_ws: here });
  });
  const energy = floor(delivered, WS_PER_WH);
  return {
    energy_wh: Number(energy),
    baseline_wh: Number(floor(expected, WS_PER_WH)),
    measured_wh: Number(floor(drawn, WS_PER_WH)),
    amount_i: Number(floor(energy * BigInt(rate), 1_000n)),
    pieces,
  };
}
