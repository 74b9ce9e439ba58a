// @vitest-environment happy-dom

import { html, render } from "lit";
import { describe, expect, test, vi } from "vitest";

import { houseAt, linkBox, linkFacts, linkTrouble, otherIslands, toneOf } from "../src/parts/links";
import { modeButtons } from "../src/parts/modes";
import { plannedSoc } from "../src/parts/participant";
import { planBar } from "../src/parts/plan-bar";
import { isWhole, LEAST_S, moved, stretched, within } from "../src/parts/stretch";
import { isDead, outageBox, outageOf, outageSentence, stillOn } from "../src/parts/supply";
import type { Link, Mode, Participant, Supply } from "../src/picture";
import { headline } from "../src/sentences";
import { Words } from "../src/words";
import { fakeHass, island, participant, request } from "./support";

const hass = fakeHass();
const words = new Words(hass);

function drawn(template: unknown): HTMLElement {
  const into = document.createElement("div");
  render(template, into);
  return into;
}

describe("the charging modes", () => {
  test("are four buttons, of which the one in force is pressed", () => {
    const buttons = [...drawn(modeButtons("sun", words, false, () => undefined)).querySelectorAll("button")];
    expect(buttons.map((each) => each.textContent?.trim())).toEqual(["mode_now", "mode_departure", "mode_sun", "mode_pause"]);
    expect(buttons.map((each) => each.getAttribute("aria-pressed"))).toEqual(["false", "false", "true", "false"]);
  });

  test("are chosen with one tap, and not a second time", () => {
    const chosen = vi.fn<(mode: Mode) => void>();
    const buttons = drawn(modeButtons("now", words, false, chosen)).querySelectorAll("button");
    buttons[0]!.click();
    expect(chosen).not.toHaveBeenCalled();
    buttons[3]!.click();
    expect(chosen.mock.calls).toEqual([["pause"]]);
  });

  test("are not there for who has none", () => {
    expect(drawn(modeButtons(undefined, words, false, () => undefined)).querySelector("button")).toBeNull();
  });
});

describe("an outage", () => {
  const supply = (state: Supply["state"], others: Partial<Supply> = {}): Supply => ({
    state, since: 3_600, lost_at: 3_600, lasts_until: null, waiting: [], ...others,
  });
  const home = participant("Home", {
    loads: [
      { entity: "switch.pump", power_w: 300, on: true, shed: false },
      { entity: "switch.boiler", power_w: 2_000, on: false, shed: true },
    ],
  });
  const alone = (state: Supply["state"], others: Partial<Supply> = {}) =>
    island({
      supply: { "0": supply(state, others) },
      participants: { home, sun: participant("Sun", { kind: "solar", power_w: -900 }) },
    });

  test("stands in the headline before anything else", () => {
    const picture = alone("island");
    picture.feeders.main = { ...picture.feeders.main!, blind: true };
    expect(headline(picture, picture.island["0"]!, words)).toMatch(/^headline_supply_island .*"since":"01:00"/);
    expect(outageSentence(picture, picture.island["0"]!, supply("dead", { lost_at: null }), words)).toContain('"since":"?"');
  });

  test("is none while the cable feeds, or where nobody would know", () => {
    for (const picture of [island(), island({ supply: { "0": supply("cable") } })]) {
      expect(outageOf(picture)).toBeNull();
      expect(isDead(picture)).toBe(false);
      expect(drawn(outageBox(picture, picture.island["0"]!, words, hass)).textContent?.trim()).toBe("");
    }
  });

  test("says what runs, who gives, for how long, and what waits in its order", () => {
    const picture = alone("island", { lasts_until: 7_200, waiting: [["home", "switch.boiler"], ["charger", null]] });
    const said = drawn(outageBox(picture, picture.island["0"]!, words, hass)).textContent ?? "";
    expect(stillOn(picture, hass)).toEqual({ on: ["switch.pump"], gives: ["Sun"] });
    expect(said).toMatch(/outage_lasts_until.*02:00/);
    expect(said).toMatch(/switch\.boiler, Charger A/);
  });

  test("that nobody confirmed promises nothing", () => {
    const picture = alone("dead");
    const said = drawn(outageBox(picture, picture.island["0"]!, words, hass)).textContent ?? "";
    expect(said).not.toContain("outage_lasts");
    expect(said).not.toContain("outage_on");
    expect(isDead(picture)).toBe(true);
  });

  test("names six, and counts the rest", () => {
    const waiting = Array.from({ length: 8 }, (_, number): [string, null] => [`c${number}`, null]);
    const picture = alone("returning", { waiting });
    expect(drawn(outageBox(picture, picture.island["0"]!, words, hass)).textContent).toContain('"count":2');
    expect(isDead(picture)).toBe(false);
  });
});

describe("another island", () => {
  const link = (others: Partial<Link>): Link => ({
    name: "Number 12", relation: "below", power_w: -900, limit_w: null, state: "connected", why: null, figures: {},
    price: null, feeder: "house", reports: null, device_id: null, ...others,
  });
  const street = island().island["0"]!;

  test("is found by where it is", () => {
    const picture = island({ links: { a: link({}), b: link({ relation: "above", feeder: null, name: "Hill" }) } });
    expect(otherIslands(picture, "above").map((each) => each.name)).toEqual(["Hill"]);
    expect(houseAt(picture, "house")?.name).toBe("Number 12");
    expect(houseAt(picture, "main")).toBeUndefined();
  });

  test("that is silent says why, and what holds", () => {
    const silent = link({ state: "dead", why: "lost" });
    expect(linkTrouble(silent, words)).toMatch(/^link_state_dead: .*link_why_lost/);
    expect(toneOf(silent)).toBe("bad");
    expect(linkFacts(silent, words, street)).toBe("link_no_limit");
    expect(linkTrouble(link({}), words)).toBeNull();
  });

  test("says what it may draw, and what it reports", () => {
    const slots = [{ connected: true, need_wh: 4_000, power_w: 0 }, { connected: false, need_wh: null, power_w: 0 }];
    const said = linkFacts(link({ limit_w: [1_000, 1_000, 1_000], reports: { offers_w: 700, slots } }), words, street);
    expect(said).toMatch(/link_may .*3\.0 kW.*link_slots .*"wanting":1,"count":2,"energy":"4\.0 kWh".*link_offers .*700 W/);
  });

  test("that grants or sells says so", () => {
    expect(linkFacts(link({ relation: "above", limit_w: [500, 0, 0] }), words, street)).toMatch(/^link_grants/);
    expect(linkFacts(link({ relation: "beside", price: 0.21 }), words, street)).toMatch(/0\.21\/kWh$/);
  });

  describe("beside this one", () => {
    const last = { energy_wh: -900, own_wh: 910, their_wh: 900, differs: false };
    const beside = (others: Partial<Link>): Link => link({ relation: "beside", feeder: null, agreed_w: 0, blind: false, last: null, ...others });
    const said = (others: Partial<Link>): string => drawn(linkBox(beside(others), words, street)).textContent?.replace(/\s+/g, " ") ?? "";

    test("says in words which way power flows, what is agreed, at which price, and how the way is", () => {
      const buys = said({ power_w: 1_300, agreed_w: 1_200, price: 0.21 });
      expect(buys).toMatch(/link_in .*1\.3 kW.*link_beside, link_state_connected · link_buys .*1\.2 kW.* · .*0\.21\/kWh/);
      expect(said({ power_w: -1_300, agreed_w: -1_200 })).toMatch(/link_out .*1\.3 kW.*link_sells .*1\.2 kW/);
      expect(said({ power_w: 0 })).toMatch(/0 W.*link_no_trade/);
      expect(said({ power_w: null })).toContain("?");
      expect(said({ state: "dead", why: "silent" })).not.toContain("link_state_connected");
    });

    test("says what both meters counted of the last trade, and when they differ", () => {
      expect(said({ last })).toMatch(/link_last_sold .*"energy":"900 Wh","own":"910 Wh","theirs":"900 Wh"/);
      expect(said({ last: { ...last, energy_wh: 900 } })).toContain("link_last_bought");
      expect(toneOf(beside({ last }))).toBe("");
      const differs = beside({ last: { ...last, differs: true } });
      expect([toneOf(differs), linkTrouble(differs, words)]).toEqual(["warn", "link_differs"]);
    });

    test("with a meter that shows nothing is not well, and a link that is silent stays worse", () => {
      expect([toneOf(beside({ blind: true })), linkTrouble(beside({ blind: true }), words)]).toEqual(["warn", "link_blind"]);
      expect(toneOf(beside({ blind: true, state: "dead" }))).toBe("bad");
    });
  });
});

describe("a battery that helps", () => {
  const at = (others: object, state = "active", when: object = {}, part: object = {}): ReturnType<typeof plannedSoc> => {
    const asked = request(state, "store");
    const parts = asked.parts.map((each) => ({ ...each, ...part }));
    const open = { ...asked, starts_at: 0, ends_at: 3_600, ...when, parts };
    const store = participant("Store", { kind: "battery", soc: 60, capacity_wh: 10_000, setpoint: -2_000, reserve_soc: 20, ...others });
    return plannedSoc(island({ participants: { store }, requests: { a: open } }), "store", 0);
  };

  test("stands where what it gives takes it, never below its reserve", () => {
    expect(at({})).toEqual({ soc: 40, at: 3_600, isAsked: false });
    expect(at({ setpoint: -9_000 })?.soc).toBe(20);
    expect(at({ setpoint: 9_000 })?.soc).toBe(100);
    expect(at({ soc: 10 })?.soc).toBe(10);
  });

  test("goes on as it does until it begins to give, and stands where a yes would take it", () => {
    const half = { starts_at: 1_800, ends_at: 3_600 };
    const power_w = 4_000;
    expect(at({ setpoint: 2_000 }, "accepted", half, { power_w })).toEqual({ soc: 60, at: 3_600, isAsked: false });
    const means = { effect: "feeds_back", setpoint: -6_000, power_w, duration_s: 1_800, ready_at: null, earns_i: 0 };
    expect(at({ setpoint: 0 }, "issued", half, { power_w, means })).toEqual({ soc: 30, at: 3_600, isAsked: true });
  });

  test("that does not, or of which too little is known, has nothing planned", () => {
    expect(at({}, "declined")).toBeNull();
    expect(at({ soc: null })).toBeNull();
    expect(at({ capacity_wh: 0 })).toBeNull();
    expect(plannedSoc(island(), "charger", 0)).toBeNull();
  });
});

describe("a stretch of time", () => {
  test("is moved, and stays within what there is", () => {
    expect(moved([1_000, 3_000], 500, [0, 10_000])).toEqual([1_500, 3_500]);
    expect(moved([1_000, 3_000], -5_000, [0, 10_000])).toEqual([0, 2_000]);
    expect(moved([1_000, 3_000], 50_000, [0, 10_000])).toEqual([8_000, 10_000]);
  });

  test("is stretched around what is pointed at", () => {
    expect(stretched([0, 8_000], 0.5, 2_000, [0, 10_000])).toEqual([1_000, 5_000]);
    expect(stretched([0, 8_000], 9, 2_000, [0, 10_000])).toEqual([0, 10_000]);
    expect(stretched([0, 8_000], 0.001, 4_000, [0, 10_000])).toEqual([4_000 - LEAST_S / 2, 4_000 + LEAST_S / 2]);
  });

  test("is never shorter than what can be looked at, nor longer than all", () => {
    expect(within([5, 6], [0, 10_000])).toEqual([5, 5 + LEAST_S]);
    expect(within([5, 6], [0, 100])).toEqual([0, 100]);
    expect(isWhole([0, 100], [0, 100])).toBe(true);
    expect(isWhole([0, 50], [0, 100])).toBe(false);
  });
});

describe("the night of a car", () => {
  const car = (others: Partial<Participant> = {}): Participant =>
    participant("Charger A", { kind: "charger", connected: true, planned: [[3_600, 7_200, 16]], departure_at: 30_000, ...others });
  const picture = island();
  const into = document.createElement("div");
  const draw = (each: Participant, words_ = words): string => {
    render(html`${planBar(picture, picture.island["0"]!, each, words_)}`, into);
    return into.textContent ?? "";
  };

  test("is drawn again when the minute or something of it has changed, and not before", () => {
    vi.useFakeTimers({ now: 60_000 });
    const texts = vi.fn(hass.localize);
    const counted = new Words({ ...hass, localize: texts });
    const times = (each: Participant): number => {
      texts.mockClear();
      draw(each, counted);
      return texts.mock.calls.length;
    };
    expect(times(car())).toBeGreaterThan(0);
    expect(times(car({ power_w: 3_000 }))).toBe(0);
    expect(times(car({ ready_in_time: false }))).toBeGreaterThan(0);
    expect(times(car({ ready_in_time: false, planned: [[3_600, 9_000, 16]] }))).toBeGreaterThan(0);
    vi.setSystemTime(121_000);
    expect(times(car({ ready_in_time: false, planned: [[3_600, 9_000, 16]] }))).toBeGreaterThan(0);
    vi.useRealTimers();
  });

  test("is in the viewer's language as soon as that is there", () => {
    const french = new Words({ ...hass, localize: (key) => `fr ${key}` });
    expect(draw(car(), french)).toContain("fr ");
  });

  test("is not there without a car", () => {
    expect(draw(car({ connected: false })).trim()).toBe("");
  });
});

describe("what is drawn again", () => {
  test("numbers and times are as without a kept format", () => {
    expect(words.number(1_234.5, 1)).toBe((1_234.5).toLocaleString("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 }));
    expect(words.time(3_600)).toBe("01:00");
    expect(words.time(3_600, true)).toBe("01:00:00");
    expect(new Words({ ...hass, locale: { ...hass.locale, number_format: "decimal_comma" } }).number(1_234.5, 1)).toBe("1.234,5");
  });
});
