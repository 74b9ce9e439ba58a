/** The picture of an island, as the integration sends it: sections of items, then what changed in them. */

export const VERSION = 3;
export const ONLY = "0";

export type Phases = [number, number, number];

export interface Island {
  title: string;
  id: string;
  entry_id: string;
  live: boolean;
  speed: number;
  wall_anchor: number;
  grid_anchor: number | null;
  reward_rate: number;
  token_rate: number | null;
  currency: string;
  main_feeder: string;
  device_id: string | null;
}

export type FeederState = "normal" | "constrained" | "balancing" | "protecting" | "blind";

export interface Feeder {
  name: string;
  parent: string | null;
  load_w: Phases | null;
  capacity_w: Phases;
  threshold_w: Phases;
  headroom_w: Phases | null;
  peak_w: number;
  state: FeederState;
  blind: boolean;
  awaited: boolean;
  temporary_until: number | null;
}

export type Mode = "now" | "departure" | "sun" | "pause";

export type Kind = "charger" | "battery" | "household" | "solar";

export interface Participant {
  name: string;
  kind: Kind;
  feeder: string;
  power_w: number | null;
  phase_w: Phases | null;
  setpoint: number | null;
  planned_a: number | null;
  why: Reason;
  silent: boolean;
  compliant: boolean;
  help: string;
  request: string | null;
  shed: string[];
  delivered_wh: number;
  earned_i: number;
  owned: boolean;
  device_id: string | null;
  soc?: number | null;
  connected?: boolean | null;
  session_wh?: number;
  session_at?: number | null;
  departure_at?: number | null;
  vehicle?: string | null;
  price?: number | null;
  cost?: number | null;
  payment?: string;
  mode?: Mode;
  /** When the plan lets the car have something: from, to, A per phase. */
  planned?: [number, number, number][];
  ready_in_time?: boolean | null;
  reserve_soc?: number;
  capacity_wh?: number;
  loads?: Load[];
}

export interface Load {
  entity: string;
  power_w: number;
  on: boolean | null;
  shed: boolean;
}

/** What a yes would mean. */
export interface Means {
  effect: "pauses" | "charges_slower" | "feeds_back" | "switches_off" | "nothing";
  setpoint: number | null;
  power_w: number;
  duration_s: number;
  ready_at: number | null;
  earns_i: number;
}

export interface Values {
  start: number;
  step_s: number;
  values: number[];
}

export interface Forecast {
  price: Values | null;
  sun_w: Values | null;
}

export type LinkState = "connected" | "slow" | "dead" | "waiting" | "refused" | "ended";

/** Another island: one above or below this one, or a neighbour. */
export interface Link {
  name: string;
  relation: "above" | "below" | "beside";
  /** Into this island, W; negative: out of it. */
  power_w: number | null;
  /** The envelope in force, W per phase; null: none. */
  limit_w: Phases | null;
  state: LinkState;
  /** Why it is dead or refused. */
  why: string | null;
  figures: Record<string, string>;
  /** What a kilowatt-hour costs from there, in the island's money; null where nothing is paid. */
  price: number | null;
  /** Of a house below: its line on this island. */
  feeder: string | null;
  reports: Reports | null;
  device_id: string | null;
  /** Of a neighbour: what the trade of now brings into this island, W; negative: sold. */
  agreed_w?: number;
  /** Of a neighbour: its meter here shows nothing although there is a trade. */
  blind?: boolean;
  last?: LastTrade | null;
}

/** What a trade that is over came to, by both meters. */
export interface LastTrade {
  /** Into this island; negative: sold. */
  energy_wh: number;
  own_wh: number;
  their_wh: number;
  differs: boolean;
}

/** What a house below said last. */
export interface Reports {
  /** By how much it could take less. */
  offers_w: number;
  slots: { connected: boolean; need_wh: number | null; power_w: number }[];
}

export type SupplyState = "cable" | "dead" | "island" | "returning";

/** What feeds the island. */
export interface Supply {
  state: SupplyState;
  since: number | null;
  lost_at: number | null;
  lasts_until: number | null;
  /** Who comes back, in this order: a participant, and which of its loads; null: the charger itself. */
  waiting: [string, string | null][];
}

export interface Service {
  name: string;
  kind: "parking" | "toll" | "data_topic";
  device_id: string | null;
}

export interface Vehicle {
  name: string;
  charger: string | null;
  soc: number | null;
  device_id: string | null;
}

export interface Reason {
  key: string;
  values: Record<string, string | number>;
}

export interface Part {
  participant: string;
  state: string;
  power_w?: number | null;
  rate?: number;
  reason: Reason | null;
  energy_wh?: number;
  amount_i?: number;
  payment?: string | null;
  means?: Means;
}

export interface GridRequest {
  feeder: string;
  power_w: number;
  rate: number;
  issued_at: number;
  answer_by: number;
  starts_at: number;
  ends_at: number;
  automatic: boolean;
  closed: boolean;
  accepted_w: number;
  active_w: number;
  parts: Part[];
}

export interface Plan {
  start: number;
  step_s: number;
  base_w: number[];
  total_w: number[];
  peak_w: number;
  energy_wh: number;
}

export interface Wallet {
  balance_i: number;
  name: string;
  kind: string;
  /** Users who see it, and nobody else but administrators; none: everybody sees its balance. */
  owners: string[];
  device_id: string | null;
}

export interface Ledger {
  open: boolean;
  error: string | null;
  backend?: string;
  queued?: number;
  transactions?: number | null;
  milestone?: number | null;
}

export interface Picture {
  island: Record<string, Island>;
  feeders: Record<string, Feeder>;
  participants: Record<string, Participant>;
  vehicles: Record<string, Vehicle>;
  requests: Record<string, GridRequest>;
  plan: Record<string, Plan>;
  wallets: Record<string, Wallet>;
  ledger: Record<string, Ledger>;
  forecast: Record<string, Forecast>;
  services: Record<string, Service>;
  links: Record<string, Link>;
  supply: Record<string, Supply>;
  entities: Record<string, Record<string, string>>;
}

export type Difference = { [S in keyof Picture]?: Record<string, Picture[S][string] | null> };

export function emptyPicture(): Picture {
  return {
    island: {},
    feeders: {},
    participants: {},
    vehicles: {},
    requests: {},
    plan: {},
    wallets: {},
    ledger: {},
    forecast: {},
    services: {},
    links: {},
    supply: {},
    entities: {},
  };
}

/** Return the picture with a difference applied; sections without a change stay the same object. */
export function apply(picture: Picture, changed: Difference): Picture {
  const after: Record<string, Record<string, unknown>> = { ...(picture as unknown as typeof after) };
  for (const [section, items] of Object.entries(changed)) {
    const next = { ...(after[section] ?? {}) };
    for (const [key, item] of Object.entries(items)) {
      if (item === null) delete next[key];
      else next[key] = item;
    }
    after[section] = next;
  }
  return after as unknown as Picture;
}

export function sum(values: readonly number[] | null | undefined): number | null {
  return values ? values.reduce((total, value) => total + value, 0) : null;
}

/** Return the grid's time at a wall time, both in epoch seconds: the simulated street runs faster. */
export function gridTime(island: Island, wall: number): number {
  return island.grid_anchor === null ? wall : island.grid_anchor + (wall - island.wall_anchor) * island.speed;
}

/** Return the wall time at a time of the grid, both in epoch seconds. */
export function wallTime(island: Island, grid: number): number {
  return island.grid_anchor === null ? grid : island.wall_anchor + (grid - island.grid_anchor) / island.speed;
}
