/** Texts, numbers and times as the viewer's language and Home Assistant's settings want them. */

import type { Hass } from "./hass";
import type { Island, Reason } from "./picture";
import { gridTime } from "./picture";

const PREFIX = "component.tangle_grid.common.";
const IOTA_PER_MI = 1_000_000;
/** The figures that are times of the grid, epoch seconds, and those that are tokens, iota. */
const MOMENTS = new Set(["departure", "starts_at", "ends_at", "ready_at", "until", "begins_at"]);
const AMOUNTS = new Set(["rate", "min_rate"]);
/** Formats are dear to make and cheap to use: one of each kind is kept. */
const numberFormats = new Map<string, Intl.NumberFormat>();
const dateFormats = new Map<string, Intl.DateTimeFormat>();
const loading = new WeakMap<object, Map<string, Promise<unknown>>>();
/** What finds our texts, by language: a page that shows a card only once goes on with what had none of them yet. */
const found = new Map<string, Hass["localize"]>();

/** Return a format; `name` says which of its options it has, as these are too dear to be compared each time. */
function numberFormat(locale: string | undefined, name: string | number, options: () => Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale}/${name}`;
  let found = numberFormats.get(key);
  if (!found) numberFormats.set(key, (found = new Intl.NumberFormat(locale, options())));
  return found;
}

function dateFormat(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale}/${JSON.stringify(options)}`;
  let found = dateFormats.get(key);
  if (!found) dateFormats.set(key, (found = new Intl.DateTimeFormat(locale, options)));
  return found;
}

/** Load the texts of the viewer's language, once per language. */
export function loadWords(hass: Hass): Promise<unknown> {
  const languages = loading.get(hass.connection) ?? new Map<string, Promise<unknown>>();
  loading.set(hass.connection, languages);
  let words = languages.get(hass.language);
  if (!words) {
    const { language } = hass;
    words = hass.loadBackendTranslation("common", "tangle_grid").then((localize) => {
      if (typeof localize === "function") found.set(language, localize as Hass["localize"]);
    });
    languages.set(language, words);
  }
  return words;
}

export type Values = Record<string, string | number>;

export class Words {
  private localize: Hass["localize"];

  constructor(private hass: Hass) {
    this.localize = found.get(hass.language) ?? hass.localize;
  }

  /** Of what texts, numbers and times are made: while these are the same, so are they. */
  get sources(): readonly unknown[] {
    return [this.localize, this.hass.locale, this.hass.config.time_zone];
  }

  /** Return a text of the screen; its key where it is not translated. */
  t(key: string, values?: Values): string {
    return this.localize(`${PREFIX}screen_${key}`, values) || key.replaceAll("_", " ");
  }

  /** Return one of the texts that others than the screen use as well. */
  common(key: string, values: Values): string {
    return this.localize(`${PREFIX}${key}`, values) || key.replaceAll("_", " ");
  }

  /** Return a text if there is one. */
  maybe(key: string, values?: Values): string | null {
    return this.localize(`${PREFIX}screen_${key}`, values) || null;
  }

  number(value: number, digits = 0): string {
    const options = (): Intl.NumberFormatOptions => ({ maximumFractionDigits: digits, minimumFractionDigits: digits });
    return numberFormat(this.numberLocale(), digits, options).format(value);
  }

  /** Return a power: watts below 1 kW, then kW. */
  power(watts: number | null | undefined): string {
    if (watts === null || watts === undefined) return "–";
    return Math.abs(watts) < 1_000 ? `${this.number(watts)} W` : `${this.number(watts / 1_000, 1)} kW`;
  }

  /** Return a power with the way that it flows: who gives says so, and needs no sign. */
  flow(watts: number | null | undefined): string {
    return watts != null && watts < 0 ? this.t("gives_power", { power: this.power(-watts) }) : this.power(watts);
  }

  /** Return a power beside an axis: no more digits than it needs. */
  mark(watts: number): string {
    return watts % 1_000 === 0 && watts !== 0 ? `${this.number(watts / 1_000)} kW` : this.power(watts);
  }

  energy(wattHours: number | null | undefined): string {
    if (wattHours === null || wattHours === undefined) return "–";
    return Math.abs(wattHours) < 1_000 ? `${this.number(wattHours)} Wh` : `${this.number(wattHours / 1_000, 1)} kWh`;
  }

  /** Return tokens in Mi, and in money where the island has a rate. */
  tokens(iota: number | null | undefined, island?: Island): string {
    if (iota === null || iota === undefined) return "–";
    const mi = iota / IOTA_PER_MI;
    const digits = mi === 0 ? 0 : Math.abs(mi) < 0.01 ? 6 : Math.abs(mi) < 100 ? 2 : 0;
    const text = `${this.number(mi, digits)} Mi`;
    const money = island ? this.moneyOf(iota, island) : null;
    return money === null ? text : `${text} (${money})`;
  }

  moneyOf(iota: number, island: Island): string | null {
    return island.token_rate ? this.money(iota / island.token_rate, island) : null;
  }

  money(amount: number, island: Island): string {
    try {
      const options = (): Intl.NumberFormatOptions => ({ style: "currency", currency: island.currency });
      return numberFormat(this.numberLocale(), island.currency, options).format(amount);
    } catch {
      return `${this.number(amount, 2)} ${island.currency}`;
    }
  }

  percent(value: number | null | undefined): string {
    return value === null || value === undefined ? "–" : `${this.number(value)} %`;
  }

  /** Return a time of day, of the grid's time or of the wall's: never mixed in one place. */
  time(epochSeconds: number, seconds = false): string {
    const format: Intl.DateTimeFormatOptions = {
      hour: "2-digit",
      minute: "2-digit",
      ...(seconds ? { second: "2-digit" } : {}),
      timeZone: this.hass.config.time_zone,
      ...(this.hass.locale.time_format === "12" ? { hour12: true } : {}),
      ...(this.hass.locale.time_format === "24" ? { hourCycle: "h23" } : {}),
    };
    return dateFormat(this.hass.locale.language, format).format(epochSeconds * 1_000);
  }

  /** Return a day and a time of day. */
  date(epochSeconds: number): string {
    const day = dateFormat(this.hass.locale.language, {
      day: "numeric",
      month: "short",
      timeZone: this.hass.config.time_zone,
    }).format(epochSeconds * 1_000);
    return `${day}, ${this.time(epochSeconds)}`;
  }

  /** Return a day of the week with its date. */
  day(epochSeconds: number): string {
    return dateFormat(this.hass.locale.language, {
      weekday: "short",
      day: "numeric",
      month: "short",
      timeZone: this.hass.config.time_zone,
    }).format(epochSeconds * 1_000);
  }

  /** Return a month with its year. */
  month(epochSeconds: number): string {
    return dateFormat(this.hass.locale.language, {
      month: "long",
      year: "numeric",
      timeZone: this.hass.config.time_zone,
    }).format(epochSeconds * 1_000);
  }

  /** Return the grid's time now. */
  now(island: Island): number {
    return gridTime(island, Date.now() / 1_000);
  }

  /** Return a length of time in the two units that matter. */
  span(seconds: number): string {
    const whole = Math.max(0, Math.round(seconds));
    if (whole < 60) return `${whole} s`;
    if (whole < 3_600) return `${Math.round(whole / 60)} min`;
    if (whole >= 172_800) return `${Math.round(whole / 86_400)} d`;
    const hours = Math.floor(whole / 3_600);
    const minutes = Math.round((whole % 3_600) / 60);
    return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  }

  /** Return the reason of an answer in the viewer's language, or as the integration said it. */
  reason(reason: Reason | null): string | null {
    if (!reason) return null;
    if (reason.key === "given") return String(reason.values.text ?? "");
    return this.sentence({ ...reason, key: `reason_${reason.key}` });
  }

  /** Return a sentence with its figures in the viewer's language. */
  sentence({ key, values }: Reason): string {
    const shown: Values = {};
    for (const [name, value] of Object.entries(values)) {
      shown[name] = MOMENTS.has(name)
        ? this.time(Number(value))
        : AMOUNTS.has(name)
          ? this.tokens(Number(value))
          : typeof value === "number"
            ? this.number(value, Number.isInteger(value) ? 0 : 1)
            : value;
    }
    return this.localize(`${PREFIX}${key}`, shown) || key;
  }

  private numberLocale(): string | undefined {
    switch (this.hass.locale.number_format) {
      case "comma_decimal":
        return "en-US";
      case "decimal_comma":
        return "de";
      case "space_comma":
        return "fr";
      case "system":
        return undefined;
      default:
        return this.hass.locale.language;
    }
  }
}

/** Return midnight before a time, both in epoch seconds, in a time zone. */
export function startOfDay(at: number, timeZone: string): number {
  const parts = dateFormat("en-GB", {
    timeZone,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  }).formatToParts(new Date(at * 1_000));
  const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Math.floor(at) - of("hour") * 3_600 - of("minute") * 60 - of("second");
}
