import { describe, expect, test } from "vitest";

import { byMonth, csv, line } from "../src/parts/receipts";
import { island } from "./support";

const street = island().island["0"]!;
const receipt = (kind: string, said: Record<string, unknown>) => ({
  kind,
  reference: "r",
  ended_at: "2026-11-03T18:00:00+00:00",
  verified: true,
  url: "/api/x",
  file: { receipt: said },
});

describe("a receipt", () => {
  test("of a session costs charge and fee less what was fed in", () => {
    const session = receipt("session", { wh_in: 12_000, charge_i: 3_600_000, fee_i: 100_000, feed_in_i: 500_000 });
    expect(line(session, street)).toMatchObject({ wh: 12_000, amount_i: 3_200_000, kind: "session" });
  });

  test("of a toll has its amount, and no energy", () => {
    expect(line(receipt("toll", { paid_i: 800_000 }), street)).toMatchObject({ wh: null, amount_i: 800_000 });
  });

  test("that says nothing of an amount has none, not 0", () => {
    expect(line(receipt("parking", {}), street).amount_i).toBeNull();
  });
});

test("receipts as CSV are exact, one line each", () => {
  const lines = [line(receipt("session", { wh_in: 1, charge_i: 2_779_530_283_277_761 }), street)];
  expect(csv(lines)).toBe(
    "ended_at,kind,wh,amount_i,verified\r\n2026-11-03T18:00:00.000Z,session,1,2779530283277761,true\r\n",
  );
});

test("receipts stand by month, each with its own lines", () => {
  const of = (ended_at: string) => line({ ...receipt("session", { wh_in: 1 }), ended_at }, street);
  const lines = [of("2026-12-01T00:00:00Z"), of("2026-11-03T18:00:00Z"), of("2026-11-02T18:00:00Z")];
  const months = byMonth(lines, (at) => new Date(at * 1_000).toISOString().slice(0, 7));
  expect(months.map(([month, each]) => [month, each.length])).toEqual([["2026-12", 1], ["2026-11", 2]]);
});
