/** A reward as the integration itself found it on a Tangle, with what came out of checking it there. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { prove, type Claim } from "../src/proof/reward";

const found = JSON.parse(readFileSync("tests/fixtures/reward.json", "utf8")) as Claim & {
  checks: { check: string; ok: boolean }[];
  recomputed: Record<string, number>;
};

test("the page comes to what the integration comes to", async () => {
  const proof = await prove(found);
  const theirs = new Map(found.checks.map((each) => [each.check, each.ok]));
  for (const step of proof.steps) expect([step.check, step.ok]).toEqual([step.check, theirs.get(step.check)]);
  expect(proof.recomputed).toMatchObject(found.recomputed);
  // What only the whole Tangle can tell.
  expect([...theirs.keys()].filter((check) => !proof.steps.some((step) => step.check === check)).sort()).toEqual(
    ["address", "bundle", "chain", "confirmed", "once", "unanimous"].sort(),
  );
});

test("whatever digit is changed in it, it does not stand up", async () => {
  for (const [place, message] of found.messages.entries()) {
    const digits = [...message.text.matchAll(/[0-9]/g)];
    for (let each = 0; each < digits.length; each += Math.ceil(digits.length / 12)) {
      const at = digits[each]?.index ?? 0;
      const digit = message.text[at] === "7" ? "3" : "7";
      const text = message.text.slice(0, at) + digit + message.text.slice(at + 1);
      const messages = found.messages.map((other, index) => (index === place ? { ...other, text } : other));
      expect((await prove({ ...found, messages })).ok, `${message.kind} ${at}`).toBe(false);
    }
  }
});
