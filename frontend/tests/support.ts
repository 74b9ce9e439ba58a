/** A Home Assistant that says keys as they are, and an island for the tests. */

import type { Connection, Hass } from "../src/hass";
import { apply, emptyPicture, type Difference, type Picture } from "../src/picture";

export class FakeConnection {
  connected = true;
  sent: { entry: string; callback: (message: unknown) => void; closed: boolean }[] = [];
  refuses = false;
  private listeners = new Map<string, Set<() => void>>();

  async subscribeMessage(callback: (message: never) => void, command: Record<string, unknown>): Promise<() => Promise<void>> {
    if (this.refuses) throw new Error("not loaded");
    const subscription = { entry: String(command.entry_id), callback: callback as (message: unknown) => void, closed: false };
    this.sent.push(subscription);
    return async () => {
      subscription.closed = true;
    };
  }

  addEventListener(event: string, listener: () => void): void {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(listener));
  }

  removeEventListener(event: string, listener: () => void): void {
    this.listeners.get(event)?.delete(listener);
  }

  fire(event: string): void {
    for (const listener of this.listeners.get(event) ?? []) listener();
  }
}

export interface Called {
  domain: string;
  service: string;
  data: Record<string, unknown>;
}

export function fakeHass(connection = new FakeConnection()): Hass & { called: Called[]; fake: FakeConnection } {
  const called: Called[] = [];
  return {
    called,
    fake: connection,
    states: {},
    language: "en",
    locale: { language: "en", number_format: "language", time_format: "24", time_zone: "local" },
    config: { time_zone: "UTC", currency: "EUR" },
    connection: connection as unknown as Connection,
    localize: (key, values) => {
      const short = key.replace("component.tangle_grid.common.screen_", "");
      return values ? `${short} ${JSON.stringify(values)}` : short;
    },
    loadBackendTranslation: async () => undefined,
    callService: async (domain, service, data) => {
      called.push({ domain, service, data: data ?? {} });
      return { response: {} };
    },
    callWS: async () => [{ entry_id: "island", title: "Street", loaded: true }] as never,
  };
}

export function island(changed: Difference = {}): Picture {
  const base: Difference = {
    island: {
      "0": {
        title: "Street",
        id: "street",
        entry_id: "island",
        live: true,
        speed: 1,
        wall_anchor: 0,
        grid_anchor: null,
        reward_rate: 1_000_000,
        token_rate: 1_000_000,
        currency: "EUR",
        main_feeder: "main",
        device_id: "device",
      },
    },
    feeders: {
      main: {
        name: "Street",
        parent: null,
        load_w: [4_000, 2_000, 1_000],
        capacity_w: [5_000, 5_000, 5_000],
        threshold_w: [4_500, 4_500, 4_500],
        headroom_w: [1_000, 3_000, 4_000],
        peak_w: 8_000,
        state: "normal",
        blind: false,
        awaited: false,
        temporary_until: null,
      },
    },
    participants: {
      charger: participant("Charger A", { kind: "charger", connected: true, setpoint: 10, why: { key: "why_protection", values: { phases: "L1", setpoint: 10 } } }),
      home: participant("Home 1", { kind: "household" }),
    },
  };
  return apply(apply(emptyPicture(), base), changed);
}

export function participant(name: string, others: Partial<Picture["participants"][string]>): Picture["participants"][string] {
  return {
    name,
    kind: "household",
    feeder: "main",
    power_w: 1_200,
    phase_w: null,
    setpoint: null,
    planned_a: null,
    why: { key: "why_free", values: {} },
    silent: false,
    compliant: true,
    help: "idle",
    request: null,
    shed: [],
    delivered_wh: 0,
    earned_i: 0,
    owned: false,
    device_id: `device-${name}`,
    ...others,
  };
}

export function request(state: string, participantId = "charger"): Picture["requests"][string] {
  const now = Date.now() / 1_000;
  return {
    feeder: "main",
    power_w: 3_000,
    rate: 1_000_000,
    issued_at: now,
    answer_by: now + 60,
    starts_at: now + 60,
    ends_at: now + 960,
    automatic: true,
    closed: false,
    accepted_w: 0,
    active_w: 0,
    parts: [{ participant: participantId, state, power_w: 3_000, rate: 1_000_000, reason: null }],
  };
}
