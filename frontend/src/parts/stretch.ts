/** A stretch of time that is looked at: moved and stretched, never beyond what there is. */

export type Stretch = [from: number, to: number];

/** The least that is shown, s. */
export const LEAST_S = 600;

/** Return a stretch within bounds, of its own length as far as that fits. */
export function within([from, to]: Stretch, [first, last]: Stretch): Stretch {
  const length = Math.min(last - first, Math.max(Math.min(LEAST_S, last - first), to - from));
  const start = Math.min(last - length, Math.max(first, from));
  return [start, start + length];
}

/** Return a stretch that was moved by so many seconds. */
export function moved([from, to]: Stretch, seconds: number, bounds: Stretch): Stretch {
  return within([from + seconds, to + seconds], bounds);
}

/** Return a stretch so many times as long, with the same time at the same place. */
export function stretched([from, to]: Stretch, times: number, at: number, bounds: Stretch): Stretch {
  const length = Math.min(bounds[1] - bounds[0], Math.max(LEAST_S, (to - from) * times));
  const share = (at - from) / Math.max(1, to - from);
  return within([at - share * length, at + (1 - share) * length], bounds);
}

/** Return whether all there is is shown. */
export function isWhole([from, to]: Stretch, [first, last]: Stretch): boolean {
  return to - from >= last - first - 1;
}
