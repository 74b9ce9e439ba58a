/** The sentences: what happens now, what comes next, and why somebody waits. */

import type { GridRequest, Island, Part, Participant, Picture } from "./picture";
import { sum } from "./picture";
import { outageOf, outageSentence } from "./parts/supply";
import type { Words } from "./words";

const HELPING = new Set(["accepted", "active"]);

type OpenPart = [GridRequest, Part, string];
/** The open parts by participant, of requests that have not changed since. */
const openParts = new WeakMap<Picture["requests"], Map<string, OpenPart>>();

/** Return the part of a participant in the newest request that is not over, with the request. */
export function openPart(picture: Picture, participantId: string): OpenPart | null {
  let known = openParts.get(picture.requests);
  if (!known) {
    known = new Map();
    for (const [requestId, request] of Object.entries(picture.requests)) {
      if (request.closed) continue;
      for (const part of request.parts) {
        if (part.state !== "not_asked" && !known.has(part.participant)) known.set(part.participant, [request, part, requestId]);
      }
    }
    openParts.set(picture.requests, known);
  }
  return known.get(participantId) ?? null;
}

/** Return whether somebody has to be asked: its answer is awaited. */
export function isAsked(picture: Picture, participantId: string): boolean {
  return openPart(picture, participantId)?.[1].state === "issued";
}

export function isHelping(picture: Picture, participantId: string): boolean {
  return HELPING.has(openPart(picture, participantId)?.[1].state ?? "");
}

/** Return what the island went through when it was last heard: as what it was, and no more than that. */
export function oldHeadline(picture: Picture, island: Island, heard: number, words: Words): string {
  return `${words.t("headline_old", { at: words.date(heard) })} ${headline(picture, island, words)}`;
}

/** Return what the island goes through, in one or two sentences. */
export function headline(picture: Picture, island: Island, words: Words): string {
  const feeder = picture.feeders[island.main_feeder];
  if (!feeder) return words.t("headline_nothing");
  if (Object.keys(picture.participants).length === 0) return words.t("headline_empty");
  const outage = outageOf(picture);
  if (outage) return outageSentence(picture, island, outage, words);
  if (feeder.blind) return words.t("headline_blind");
  const load = sum(feeder.load_w) ?? 0;
  const worst = worstPhase(feeder.load_w, feeder.capacity_w);
  const values = { load: words.power(load), phase: worst.phase, percent: words.percent(worst.share * 100) };
  const now = words.t(`headline_${feeder.state}`, values);
  const open = Object.values(picture.requests).filter((request) => !request.closed);
  if (open.length > 0) {
    const request = open[0] as GridRequest;
    const helping = request.parts.filter((part) => HELPING.has(part.state)).length;
    const asked = request.parts.filter((part) => part.state === "issued").length;
    const then = words.t("headline_request", {
      power: words.power(request.power_w),
      until: words.time(request.ends_at),
      helping,
      asked,
    });
    return `${now} ${then}`;
  }
  const next = nextPeak(picture, words.now(island));
  return next ? `${now} ${words.t("headline_next", { power: words.power(next.watts), at: words.time(next.at) })}` : now;
}

export function worstPhase(
  load: readonly number[] | null,
  capacity: readonly number[],
): { phase: string; share: number } {
  let worst = { phase: "L1", share: 0 };
  (load ?? []).forEach((watts, index) => {
    const most = capacity[index] ?? 0;
    if (most > 0 && watts / most > worst.share) worst = { phase: `L${index + 1}`, share: watts / most };
  });
  return worst;
}

/** Return the greatest load that is planned from now on. */
export function nextPeak(picture: Picture, now: number): { at: number; watts: number } | null {
  const plan = picture.plan["0"];
  if (!plan) return null;
  let best: { at: number; watts: number } | null = null;
  plan.total_w.forEach((watts, index) => {
    const at = plan.start + index * plan.step_s;
    if (at + plan.step_s > now && (best === null || watts > best.watts)) best = { at, watts };
  });
  return best;
}

/** Return why a participant stands where it stands, in a sentence. */
export function why(picture: Picture, id: string, participant: Participant, words: Words): string {
  const open = participant.silent ? null : openPart(picture, id);
  if (open) {
    const [request, part] = open;
    if (part.state === "issued") return words.t("why_asked", { until: words.time(request.answer_by) });
    if (HELPING.has(part.state)) {
      return words.t("why_helping", { power: words.power(part.power_w), until: words.time(request.ends_at) });
    }
  }
  const sentence = words.sentence(participant.why);
  return open?.[1].state === "declined"
    ? `${words.reason(open[1].reason) ?? words.t("why_declined")} ${sentence}`
    : sentence;
}
