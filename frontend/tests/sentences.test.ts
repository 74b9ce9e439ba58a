import { describe, expect, test } from "vitest";

import { headline, isAsked, isHelping, nextPeak, why } from "../src/sentences";
import { loadWords, Words } from "../src/words";
import { fakeHass, island, participant, request } from "./support";

const words = new Words(fakeHass());
const say = (picture = island()): string => headline(picture, picture.island["0"]!, words);

describe("the headline", () => {
  test("names the busiest phase", () => {
    expect(say()).toContain('headline_normal {"load":"7.0 kW","phase":"L1","percent":"80 %"}');
  });

  test("says that the meter cannot be trusted before anything else", () => {
    const picture = island();
    picture.feeders.main = { ...picture.feeders.main!, blind: true, load_w: null };
    expect(say(picture)).toBe("headline_blind");
  });

  test("says what to do while nobody takes part", () => {
    expect(say(island({ participants: { charger: null, home: null } }))).toBe("headline_empty");
  });

  test("counts who helps and who has not answered", () => {
    const open = request("active");
    open.parts.push({ participant: "home", state: "issued", reason: null });
    expect(say(island({ requests: { a: open } }))).toMatch(/headline_request .*"helping":1,"asked":1/);
  });

  test("tells the next peak of the plan, not one that is over", () => {
    const plan = { start: 0, step_s: 900, base_w: [], total_w: [9_000, 4_000, 6_000], peak_w: 9_000, energy_wh: 0 };
    expect(nextPeak(island({ plan: { "0": plan } }), 1_000)).toEqual({ at: 1_800, watts: 6_000 });
  });
});

describe("why", () => {
  const of = (picture = island(), id = "charger"): string => why(picture, id, picture.participants[id]!, words);

  test("a limit has its sentence with its figures", () => {
    expect(of()).toContain('why_protection {"phases":"L1","setpoint":"10"}');
  });

  test("who is silent is said to be, whatever was asked", () => {
    const silent = participant("Charger A", { kind: "charger", silent: true });
    expect(of(island({ participants: { charger: silent }, requests: { a: request("active") } }))).toContain("why_free");
  });

  test.each([
    ["issued", /^why_asked/, true, false],
    ["active", /^why_helping/, false, true],
    ["declined", /^why_declined/, false, false],
  ])("a part that is %s", (state, sentence, asked, helping) => {
    const picture = island({ requests: { a: request(state) } });
    expect(of(picture)).toMatch(sentence);
    expect(isAsked(picture, "charger")).toBe(asked);
    expect(isHelping(picture, "charger")).toBe(helping);
  });

  test("a request that is over counts for nothing", () => {
    const picture = island({ requests: { a: { ...request("active"), closed: true } } });
    expect(isHelping(picture, "charger")).toBe(false);
  });
});

describe("numbers", () => {
  const one = island().island["0"]!;

  test.each([
    [0, "0 Mi (€0.00)"],
    [1_050_000, "1.05 Mi (€1.05)"],
    [12, "0.000012 Mi (€0.00)"],
    [2_779_530_283_277_761, "2,779,530,283 Mi (€2,779,530,283.28)"],
  ])("%d iota", (iota, text) => {
    expect(words.tokens(iota, one)).toBe(text);
  });

  test("watts become kilowatts where nobody wants the watts", () => {
    expect([words.power(null), words.power(950), words.power(-9_740)]).toEqual(["–", "950 W", "-9.7 kW"]);
  });

  test("a reason tells a rate as people read it", () => {
    const reason = { key: "declined_rate_too_low", values: { rate: 1_000_000, min_rate: 1_250_000 } };
    expect(words.reason(reason)).toContain('"rate":"1.00 Mi","min_rate":"1.25 Mi"');
  });

  test("a reason keeps its moments in the viewer's clock", () => {
    const reason = { key: "accepted_departure_holds", values: { departure: 27_000, need_kwh: 12.34 } };
    expect(words.reason(reason)).toContain('"departure":"07:30","need_kwh":"12.3"');
  });
});

test("texts are found by what has been loaded, also for a card that is handed what had none of them", async () => {
  const texts = async () => (key: string) => (key.endsWith("screen_today") ? "Vandaag" : "");
  const hass = { ...fakeHass(), language: "of-its-own", localize: () => "", loadBackendTranslation: texts };
  expect(new Words(hass).t("today")).toBe("today");
  await loadWords(hass);
  expect(new Words(hass).t("today")).toBe("Vandaag");
});
