import { describe, expect, test } from "vitest";

import { metres, scaleOf } from "../src/parts/findings";
import { place, type TangleNode } from "../src/parts/graph";
import { MOST_SIGNS, qr } from "../src/parts/qr";
import { byKind } from "../src/parts/wallet";
import { digest } from "../src/proof/ed25519";
import { helpAt, peakOf, withoutHelp, type Points } from "../src/views/day";
import { request } from "./support";

describe("the day without help", () => {
  const closed = {
    ...request("settled"), starts_at: 100, ends_at: 1_900, closed: true,
    parts: [{ participant: "a", state: "settled", reason: null, energy_wh: 1_000 }],
  };
  const measured: Points = [[0, 5_000], [1_000, 4_000], [3_000, 6_000]];

  test("is higher by what was given, while it was given", () => {
    expect(helpAt([closed], 99)).toBe(0);
    expect(helpAt([closed], 100)).toBe(2_000);
    expect(helpAt([closed], 1_900)).toBe(0);
    expect(withoutHelp(measured, [closed])).toEqual([[0, null], [100, null], [1_000, 6_000], [1_900, null], [3_000, null]]);
  });

  test("counts what is given now for a request that is open", () => {
    expect(helpAt([{ ...closed, closed: false, active_w: 1_500 }], 500)).toBe(1_500);
  });

  test("is empty where nothing was measured", () => {
    expect(withoutHelp([], [closed])).toEqual([]);
    expect(peakOf([])).toBeNull();
    expect(peakOf([[1, null], [2, 3], [4, 2]])).toEqual({ at: 2, watts: 3 });
  });
});

describe("the graph", () => {
  const node = (number: number, ...approves: number[]): TangleNode => ({
    tail: `N${number}`, approves: [`N${approves[0] ?? -1}`, `N${approves[1] ?? -1}`], kind: "meter", value: 0,
    attached_at: number, confirmed: true,
  });

  test("grows to the right, in the order of coming, and never draws two in one place", () => {
    const nodes = Array.from({ length: 60 }, (_, number) => node(number, number - 1, number - 2)).reverse();
    const placed = place(nodes, 48);
    expect(placed.map((each) => each.tail)).toEqual(Array.from({ length: 48 }, (_, number) => `N${number + 12}`));
    for (const [index, each] of placed.entries()) expect(each.x).toBeGreaterThan(placed[index - 1]?.x ?? 0);
    expect(new Set(placed.map((each) => each.y)).size).toBeGreaterThan(2);
  });
});

describe("a QR code", () => {
  test("of an address is the one that other programs make", () => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ9";
    const modules = qr(letters.repeat(4).slice(0, 90)).map((row) => row.map(Number).join("")).join("");
    expect(digest(modules)).toBe("7abf5ec3a9fc3a513cd8fafc6c41c18871dc3d9a11b103d86cd7809c2d7698db");
  });

  test("is refused for what does not fit, and for other signs", () => {
    expect(() => qr("A".repeat(MOST_SIGNS))).not.toThrow();
    expect(() => qr("A".repeat(MOST_SIGNS + 1))).toThrow();
    expect(() => qr("abc")).toThrow();
  });
});

test("the books of a day stand by kind, the largest first", () => {
  const line = (at: number, kind: string, amount_i: number) => ({ at, kind, amount_i, wh_in: 5, wh_out: 1 });
  const lines = [line(1, "reward", 900), line(10, "reward", 300), line(11, "charging", -500), line(12, "reward", 100)];
  expect(byKind(lines, 10)).toEqual([
    { kind: "charging", in_i: 0, out_i: 500, wh: 6 },
    { kind: "reward", in_i: 400, out_i: 0, wh: 12 },
  ]);
});

test("places are drawn by metres, with a round scale", () => {
  const [east, north] = metres({ latitude: 52, longitude: 5 }, { latitude: 52.001, longitude: 5.001 });
  expect(Math.round(east)).toBe(69);
  expect(Math.round(north)).toBe(111);
  expect([25, 100, 800].map(scaleOf)).toEqual([10, 50, 500]);
});
