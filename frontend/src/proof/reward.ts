/** Does a reward stand up? This page reads the signed messages itself and believes none of the figures in them. */

import { canonical, type Json } from "./canonical";
import { digest, isSigned } from "./ed25519";
import { recompute, type Fields, type Recomputed } from "./recompute";

/** A message as it stands on the Tangle; `body` is what the island opened, if it was sealed. */
export interface SignedText {
  kind: string;
  transaction: string;
  text: string;
  body: Fields;
}

export interface Claim {
  payment_id: string;
  island: string;
  public_key: string;
  messages: readonly SignedText[];
}

/** One thing that must be true, under the name of its sentence. */
export interface Step {
  check: string;
  ok: boolean;
  values: Record<string, string | number>;
}

export interface Proof {
  ok: boolean;
  steps: Step[];
  recomputed: Recomputed | null;
  sealed: boolean;
}

interface Envelope {
  kind: string;
  island: string;
  from: string;
  seq: number;
  at: number;
  sig: string;
  body: Fields;
  /** As it was signed: what `body` says may have been opened. */
  text: string;
  sealed: boolean;
  genuine: boolean;
}

const ROUNDING = 1;
const REPEATED = ["request_id", "payment_id", "energy_wh", "baseline_wh", "measured_wh", "rate_i_per_kwh", "amount_i"];

/** Read a message, and check its signature against the key that it names. */
async function read(message: SignedText): Promise<Envelope | null> {
  try {
    const fields = JSON.parse(message.text) as Record<string, Json>;
    // A text that reads back differently could say one thing to us and another to somebody else.
    if (canonical(fields) !== message.text) return null;
    const { sig, ...signed } = fields;
    const body = fields.body as Fields;
    const sealed = "sealed" in body && "epoch" in body;
    return {
      kind: String(fields.kind),
      island: String(fields.island),
      from: String(fields.from),
      seq: Number(fields.seq),
      at: Number(fields.at),
      sig: String(sig),
      body: sealed ? message.body : body,
      text: message.text,
      sealed,
      genuine: await isSigned(String(fields.from), String(sig), canonical(signed)),
    };
  } catch {
    return null;
  }
}

function precedes(earlier: Envelope, later: Envelope): boolean {
  return earlier.from === later.from ? earlier.seq < later.seq : later.body.re === digest(earlier.text);
}

/** Tell whether the island announced a key as a participant's, and had not ended it. */
function isKeyOf(notices: readonly Envelope[], answer: Envelope, participant: Json | undefined): boolean {
  const announced = notices.some(
    ({ body }) => body.public_key === answer.from && body.participant === participant && Number(body.valid_from) <= answer.at,
  );
  const ended = notices.some(({ body }) => body.revokes === answer.from && answer.seq > Number(body.last_sequence));
  return announced && !ended;
}

function contradicted(evidence: Fields, said: Fields): string[] {
  const fields = REPEATED.filter((name) => name in evidence && evidence[name] !== said[name]);
  if ("device_id" in evidence && evidence.device_id !== said.participant) fields.push("device_id");
  const quantities = evidence.quantities;
  if ("quantity_w" in evidence && Array.isArray(quantities)) {
    const last = quantities.at(-1) as readonly Json[] | undefined;
    if (evidence.quantity_w !== (last?.at(-1) ?? 0)) fields.push("quantity_w");
  }
  return fields;
}

function inWindow(evidence: Fields, ask: Fields): boolean {
  const [start, end, duration] = ["active_at", "ended_at", "duration_s"].map((name) => evidence[name]);
  if (typeof start !== "number" || typeof end !== "number" || typeof duration !== "number") return false;
  const inside = Number(ask.starts_at) - ROUNDING <= start && end <= Number(ask.ends_at) + ROUNDING;
  return inside && duration >= 0 && duration <= end - start + ROUNDING;
}

function within(quantities: Json | undefined, agreed: number): boolean {
  return (
    Array.isArray(quantities) &&
    quantities.every((step: Json) => Array.isArray(step) && Number.isInteger(step[1]) && Number(step[1]) <= agreed + ROUNDING)
  );
}

/** Return every check that the messages of a reward allow, in the order in which people read them. */
export async function prove(claim: Claim): Promise<Proof> {
  const every = (await Promise.all(claim.messages.map(read))).filter((each) => each !== null);
  const genuine = every.filter((each) => each.genuine && each.island === claim.island);
  const byIsland = genuine.filter((each) => each.from === claim.public_key);
  const steps: Step[] = [];
  const check = (name: string, ok: boolean, values: Step["values"] = {}): void => {
    steps.push({ check: name, ok, values });
  };

  const payment = byIsland.find((each) => each.kind === "payment");
  check("signature", payment !== undefined && every.length === claim.messages.length, { key: claim.public_key });
  const settlement = byIsland.find((each) => each.kind === "settlement" && each.body.payment_id === claim.payment_id);
  check("receipt", settlement !== undefined, { payment_id: claim.payment_id });
  let recomputed: Recomputed | null = null;
  if (settlement) {
    const said = settlement.body;
    const isOf = (each: Envelope): boolean =>
      each.body.request_id === said.request_id && each.body.participant === said.participant;
    const answer = genuine.find(
      (each) => each.kind === "answer" && isOf(each) && each.body.accepted === true && precedes(each, settlement),
    );
    const asked = byIsland.find((each) => each.kind === "request" && isOf(each) && precedes(each, answer ?? settlement));
    check("request", asked !== undefined, { request_id: String(said.request_id) });
    check("answer", answer !== undefined && asked !== undefined, { participant: String(said.participant) });
    const evidence = (said.evidence ?? {}) as Fields;
    if (answer) {
      const notices = byIsland.filter((each) => each.kind === "key");
      check("key", isKeyOf(notices, answer, said.participant), { participant: String(said.participant), key: answer.from });
      const agreed = Number(answer.body.power_w);
      check("quantity", within(evidence.quantities, agreed), { power_w: agreed });
    }
    const fields = contradicted(evidence, said);
    check("evidence", fields.length === 0, { fields: fields.join(", ") });
    if (asked) {
      check("rate", asked.body.rate_i_per_kwh === said.rate_i_per_kwh, {
        shown: Number(asked.body.rate_i_per_kwh),
        paid: Number(said.rate_i_per_kwh),
      });
      check("window", inWindow(evidence, asked.body), {
        starts_at: Number(asked.body.starts_at),
        ends_at: Number(asked.body.ends_at),
      });
    }
    try {
      recomputed = recompute({ ...evidence, rate_i_per_kwh: said.rate_i_per_kwh ?? null });
      const { energy_wh, baseline_wh, measured_wh, amount_i } = recomputed;
      const same = energy_wh === said.energy_wh && baseline_wh === said.baseline_wh && measured_wh === said.measured_wh;
      check("energy", same, { said: Number(said.energy_wh), recomputed: energy_wh });
      check("amount", amount_i === said.amount_i, { said: Number(said.amount_i), recomputed: amount_i });
    } catch (error) {
      check("energy", false, { said: Number(said.energy_wh), recomputed: String((error as Error).message) });
    }
    const payments = (payment?.body.payments ?? []) as readonly Fields[];
    const paid = payments.find((each) => each.id === claim.payment_id)?.amount_i;
    check("paid", paid === said.amount_i, { paid: Number(paid ?? 0), owed: Number(said.amount_i) });
  }
  return { ok: steps.every((each) => each.ok), steps, recomputed, sealed: every.some((each) => each.sealed) };
}
