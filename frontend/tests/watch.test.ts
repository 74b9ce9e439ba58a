import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { VERSION } from "../src/picture";
import { watchIsland, type Watched } from "../src/watch";
import { fakeHass, island } from "./support";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const message = { version: VERSION, changed: island() };

function watch(hass: ReturnType<typeof fakeHass>, id: string): { seen: Watched[]; stop: () => void } {
  const seen: Watched[] = [];
  return { seen, stop: watchIsland(hass, id, (watched) => seen.push(watched)) };
}

describe("an island is watched", () => {
  test("once, however many look at it, until the last one goes", async () => {
    const hass = fakeHass();
    const first = watch(hass, "one");
    const second = watch(hass, "one");
    await settle();
    expect(hass.fake.sent.length).toBe(1);
    hass.fake.sent[0]!.callback(message);
    expect(first.seen.at(-1)?.state).toBe("live");
    expect(second.seen.at(-1)?.picture?.participants.home?.name).toBe("Home 1");
    first.stop();
    expect(hass.fake.sent[0]!.closed).toBe(false);
    second.stop();
    await settle();
    expect(hass.fake.sent[0]!.closed).toBe(true);
  });

  test("again when it comes back after a restart, with the picture kept and called old", async () => {
    const hass = fakeHass();
    const { seen, stop } = watch(hass, "two");
    await settle();
    hass.fake.sent[0]!.callback(message);
    hass.fake.sent[0]!.callback({ gone: true });
    expect(seen.at(-1)?.state).toBe("gone");
    expect(seen.at(-1)?.picture).not.toBeNull();
    hass.fake.refuses = true;
    await vi.advanceTimersByTimeAsync(5_000);
    hass.fake.refuses = false;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(hass.fake.sent.length).toBe(2);
    hass.fake.sent[1]!.callback(message);
    expect(seen.at(-1)?.state).toBe("live");
    stop();
  });

  test("anew when the connection was lost", async () => {
    const hass = fakeHass();
    const { seen, stop } = watch(hass, "three");
    await settle();
    hass.fake.sent[0]!.callback(message);
    hass.fake.fire("disconnected");
    expect(seen.at(-1)?.state).toBe("gone");
    hass.fake.fire("ready");
    await settle();
    expect(hass.fake.sent.length).toBe(2);
    stop();
  });

  test("by one subscription, also when two were asked for before the first was there", async () => {
    const hass = fakeHass();
    const { seen, stop } = watch(hass, "twice");
    await settle();
    hass.fake.sent[0]!.callback(message);
    hass.fake.fire("ready");
    hass.fake.fire("ready");
    await settle();
    const [, former, newest] = hass.fake.sent;
    expect([former!.closed, newest!.closed]).toEqual([true, false]);
    newest!.callback(message);
    const told = seen.length;
    former!.callback({ changed: {} });
    former!.callback({ gone: true });
    expect(seen.length).toBe(told);
    stop();
    await settle();
    expect(newest!.closed).toBe(true);
  });

  test("and a screen of another version says that it is outdated", async () => {
    const hass = fakeHass();
    const { seen, stop } = watch(hass, "four");
    await settle();
    hass.fake.sent[0]!.callback({ version: 99, changed: {} });
    expect(seen.at(-1)?.state).toBe("outdated");
    stop();
  });

  test("by others too when one of them fails", async () => {
    const hass = fakeHass();
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    let calls = 0;
    const stopBad = watchIsland(hass, "five", () => {
      calls += 1;
      if (calls > 1) throw new Error("broken card");
    });
    const { seen, stop } = watch(hass, "five");
    await settle();
    hass.fake.sent[0]!.callback(message);
    expect(seen.at(-1)?.state).toBe("live");
    stop();
    stopBad();
  });

  test("a picture in parts is shown when it is whole", async () => {
    const hass = fakeHass();
    const seen: Watched[] = [];
    const stop = watchIsland(hass, "island", (watched) => seen.push(watched));
    await settle();
    const tell = hass.fake.sent[0]!.callback;
    const { island: only, ...others } = island();
    tell({ version: VERSION, changed: { island: only }, more: true });
    expect(seen.at(-1)?.state).toBe("waiting");
    tell({ changed: others });
    expect(seen.at(-1)?.picture).toEqual(island());
    stop();
  });
});
