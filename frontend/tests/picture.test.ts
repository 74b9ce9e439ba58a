import { describe, expect, test } from "vitest";

import { apply, emptyPicture, gridTime, wallTime, type Island, type Vehicle } from "../src/picture";

const vehicle = (name: string): Vehicle => ({ name, charger: null, soc: null, device_id: null });
const street = { grid_anchor: 1_000, wall_anchor: 500, speed: 30 } as Island;

describe("a difference", () => {
  test("adds, replaces and takes away items, and leaves other sections as they are", () => {
    const before = apply(emptyPicture(), { vehicles: { a: vehicle("A"), b: vehicle("B") } });
    const after = apply(before, { vehicles: { a: null, b: vehicle("Bee"), c: vehicle("C") } });
    expect(Object.keys(after.vehicles)).toEqual(["b", "c"]);
    expect(after.vehicles.b?.name).toBe("Bee");
    expect(after.participants).toBe(before.participants);
    expect(Object.keys(before.vehicles)).toEqual(["a", "b"]);
  });

  test("may bring a section that this screen does not know", () => {
    const after = apply(emptyPicture(), { links: { a: {} } } as never) as unknown as Record<string, unknown>;
    expect(after.links).toEqual({ a: {} });
  });
});

describe("the clocks", () => {
  test("of a street and of the wall are each other's inverse", () => {
    expect(gridTime(street, 510)).toBe(1_300);
    expect(wallTime(street, gridTime(street, 777))).toBeCloseTo(777);
  });

  test("of a real island are the same", () => {
    const island = { ...street, grid_anchor: null };
    expect(gridTime(island, 510)).toBe(510);
    expect(wallTime(island, 510)).toBe(510);
  });
});
