import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { watchReturn } from "../src/comeback";
import { FakeConnection, fakeHass } from "./support";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function away(panels: Record<string, unknown> = { tangle_grid: {} }) {
  const connection = new FakeConnection();
  const world = { shown: false, path: "/tangle_grid/day", hidden: false, panels, connection, reload: vi.fn() };
  watchReturn(
    { ...fakeHass(connection), callWS: async () => world.panels as never },
    { isShown: () => world.shown, path: () => world.path, isHidden: () => world.hidden, reload: world.reload },
  );
  return world;
}

const pass = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1_000);

test("a page that was taken away and could be shown is loaded again, once", async () => {
  const { reload } = away();
  await pass(5);
  expect(reload).not.toHaveBeenCalled();
  await pass(60);
  expect(reload).toHaveBeenCalledTimes(1);
});

test("not while Home Assistant is away, or has not got that far", async () => {
  const world = away({});
  world.connection.connected = false;
  await pass(60);
  world.connection.connected = true;
  await pass(60);
  expect(world.reload).not.toHaveBeenCalled();
  world.panels = { tangle_grid: {} };
  await pass(10);
  expect(world.reload).toHaveBeenCalledTimes(1);
});

test("not when it has come back, nor when somebody went elsewhere", async () => {
  for (const changed of [{ shown: true }, { path: "/config" }]) {
    const world = away();
    await pass(3);
    Object.assign(world, changed);
    await pass(60);
    expect(world.reload).not.toHaveBeenCalled();
  }
});

test("not while nobody looks", async () => {
  const world = away();
  world.hidden = true;
  await pass(60);
  expect(world.reload).not.toHaveBeenCalled();
});
