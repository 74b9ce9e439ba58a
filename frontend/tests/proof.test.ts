import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";

import { canonical, type Json } from "../src/proof/canonical";
import { digest, hex, isSigned, isSignedByHand } from "../src/proof/ed25519";
import { recompute, type Fields } from "../src/proof/recompute";
import { prove, type Claim, type SignedText } from "../src/proof/reward";
import { sha2 } from "../src/proof/sha2";

const vectors = (name: string) => JSON.parse(readFileSync(`../docs/protocol/vectors/${name}.json`, "utf8"));
const keys = vectors("keys");
const { evidence, settlement } = vectors("receipt");
const ISLAND = keys.island as string;

async function sign(secret: string, text: string): Promise<string> {
  const head = hex("302e020100300506032b657004220420");
  const key = await crypto.subtle.importKey("pkcs8", Uint8Array.of(...head, ...hex(secret)), { name: "Ed25519" }, false, ["sign"]);
  const signature = await crypto.subtle.sign({ name: "Ed25519" }, key, new TextEncoder().encode(text));
  return [...new Uint8Array(signature)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function sealed(who: { private_key: string; public_key: string }, kind: string, seq: number, body: Fields): Promise<SignedText> {
  const fields = {
    v: 1, kind, id: `${kind}-${seq}`, island: ISLAND, from: who.public_key, seq,
    prev: "0".repeat(64), at: 1_796_040_000 + seq, until: 1_796_126_400, body,
  };
  const text = canonical({ ...fields, sig: await sign(who.private_key, canonical(fields)) });
  return { kind, transaction: "9".repeat(81), text, body };
}

describe("the published vectors", () => {
  test.each(vectors("canonical") as { value: Json; canonical: string }[])("$canonical", ({ value, canonical: text }) => {
    expect(canonical(value)).toBe(text);
  });

  test("what others would read as an integer that is not exact is refused", () => {
    expect(() => canonical(2 ** 53)).toThrow();
    expect(() => canonical(Number.NaN)).toThrow();
  });

  test("each message of the chain is signed as the vector says, with and without WebCrypto", async () => {
    const messages = (vectors("chain") as { message: string }[]).map(({ message }) => JSON.parse(message));
    for (const { sig, ...fields } of messages.filter((each) => each.sig && each.from)) {
      const text = canonical(fields);
      const good = await isSigned(fields.from, sig, text);
      expect(isSignedByHand(hex(fields.from), hex(sig), new TextEncoder().encode(text))).toBe(good);
      expect(await isSigned(fields.from, sig, `${text} `)).toBe(false);
      expect(isSignedByHand(hex(fields.from), hex(sig), new TextEncoder().encode(`${text} `))).toBe(false);
    }
  });

  test("the readings of the receipt come to what it says", () => {
    const { energy_wh, baseline_wh, measured_wh, amount_i, pieces } = recompute(evidence);
    expect({ energy_wh, baseline_wh, measured_wh, amount_i }).toEqual({
      energy_wh: settlement.energy_wh,
      baseline_wh: settlement.baseline_wh,
      measured_wh: settlement.measured_wh,
      amount_i: settlement.amount_i,
    });
    expect(pieces.map((each) => each.power_w)).toEqual([7_400, 4_400, null, 4_200]);
  });
});

describe("hashes", () => {
  test.each(["", "abc", "x".repeat(111), "x".repeat(119), "ä".repeat(1_000)])("of %j", async (text) => {
    const data = new TextEncoder().encode(text);
    for (const bits of [256, 512] as const) {
      expect(sha2(bits, data)).toEqual(new Uint8Array(await crypto.subtle.digest(`SHA-${bits}`, data)));
    }
  });
});

describe("what no receipt may say", () => {
  test.each([
    ["another version", { version: 1 }],
    ["a duration that is no number", { duration_s: "600" }],
    ["readings that go back", { readings: [[0, 1], [0, 2]] }],
    ["half a watt", { readings: [[0, 0.5]] }],
    ["readings of no time", { duration_s: 0 }],
    ["less than nothing asked", { quantities: [[0, -1]] }],
  ])("%s", (_name, changed) => {
    expect(() => recompute({ ...evidence, ...(changed as Fields) })).toThrow();
  });
});

describe("a reward", () => {
  let claim: Claim;
  const island = { private_key: keys.private_key as string, public_key: keys.public_key as string };
  const car = keys.participants[0] as { private_key: string; public_key: string };
  const part = { request_id: settlement.request_id as string, participant: "car" };

  beforeAll(async () => {
    const notice = await sealed(island, "key", 1, {
      participant: "car", role: "participant", epoch: 1, public_key: car.public_key, valid_from: 1_796_040_000,
      revokes: null, last_sequence: null,
    });
    const asked = await sealed(island, "request", 2, {
      ...part, power_w: 3_000, rate_i_per_kwh: 1_000_000, starts_at: 1_796_040_100, ends_at: 1_796_041_000,
    });
    const answer = await sealed(car, "answer", 3, { ...part, accepted: true, power_w: 3_000, re: digest(asked.text) });
    const settled = await sealed(island, "settlement", 4, {
      ...settlement,
      evidence: { ...evidence, active_at: 1_796_040_100, ended_at: 1_796_040_700 },
      re: digest(answer.text),
    });
    const payment = await sealed(island, "payment", 5, { payments: [{ id: settlement.payment_id, amount_i: settlement.amount_i }] });
    claim = {
      payment_id: settlement.payment_id, island: ISLAND, public_key: island.public_key,
      messages: [payment, settled, answer, asked, notice],
    };
  });

  const failed = async (changed: Claim): Promise<string[]> =>
    (await prove(changed)).steps.filter((step) => !step.ok).map((step) => step.check);

  const swapped = (kind: string, from: string, to: string): Claim => ({
    ...claim,
    messages: claim.messages.map((each) => (each.kind === kind ? { ...each, text: each.text.replace(from, to) } : each)),
  });

  test("stands up, step by step", async () => {
    const proof = await prove(claim);
    expect(proof.steps.filter((step) => !step.ok)).toEqual([]);
    expect(proof.steps.map((step) => step.check)).toEqual([
      "signature", "receipt", "request", "answer", "key", "quantity", "evidence", "rate", "window", "energy", "amount", "paid",
    ]);
    expect(proof.ok).toBe(true);
    expect(proof.recomputed?.energy_wh).toBe(466);
  });

  test.each([
    ["an amount", "settlement", '"amount_i":466000', '"amount_i":966000', "receipt"],
    ["a reading", "settlement", "[30,4400]", "[30,400]", "receipt"],
    ["a rate", "request", '"rate_i_per_kwh":1000000', '"rate_i_per_kwh":9000000', "request"],
    ["an answer", "answer", '"power_w":3000', '"power_w":9000', "answer"],
    ["a payment", "payment", '"amount_i":466000', '"amount_i":466001', "signature"],
    ["white space", "payment", '"kind":"payment"', '"kind": "payment"', "signature"],
  ])("with %s that was changed is wrong", async (_name, kind, from, to, check) => {
    expect(await failed(swapped(kind, from, to))).toContain(check);
    expect((await prove(swapped(kind, from, to))).ok).toBe(false);
  });

  test.each(["payment", "settlement", "answer", "request", "key"])("without its %s is wrong", async (kind) => {
    expect(await failed({ ...claim, messages: claim.messages.filter((each) => each.kind !== kind) })).not.toEqual([]);
  });

  test("that the island signed with figures that do not add up is wrong", async () => {
    const paid = { ...settlement, amount_i: 999_999 };
    const wrong = await sealed(island, "settlement", 4, {
      ...paid,
      evidence: { ...evidence, active_at: 1_796_040_100, ended_at: 1_796_040_700 },
      re: digest((claim.messages[2] as SignedText).text),
    });
    const messages = claim.messages.map((each) => (each.kind === "settlement" ? wrong : each));
    expect(await failed({ ...claim, messages })).toEqual(["amount", "paid"]);
  });

  test("of another island is not this one's", async () => {
    expect(await failed({ ...claim, public_key: car.public_key })).toContain("signature");
    expect(await failed({ ...claim, island: "another" })).toContain("signature");
  });
});
