/** Loaded on every page of Home Assistant: says what there is, and fetches it when it is first shown. */

import { watchReturn } from "./comeback";
import type { Hass } from "./hass";

interface CardInfo {
  type: string;
  name: string;
  description: string;
  preview: boolean;
}

interface StrategyInfo {
  type: string;
  strategyType: string;
  name: string;
  description: string;
}

declare global {
  interface Window {
    customCards?: CardInfo[];
    customStrategies?: StrategyInfo[];
  }
}

interface Card {
  name: string;
  title: string;
  description: string;
  columns: number | "full";
  hasParticipant: boolean;
}

// Home Assistant shows these in its card picker, which has no translations for what others bring.
const CARDS: readonly Card[] = [
  {
    name: "transformer",
    title: "Tangle Grid: transformer",
    description: "The feed as a living diagram: who is asked, who helps, who waits",
    columns: "full",
    hasParticipant: false,
  },
  {
    name: "participant",
    title: "Tangle Grid: participant",
    description: "A charger with its car, a battery or a household: what it does and why; yes or no in one tap",
    columns: 12,
    hasParticipant: true,
  },
  {
    name: "day",
    title: "Tangle Grid: the day",
    description: "The load as measured and as planned, and the requests of the day",
    columns: "full",
    hasParticipant: false,
  },
];

type Body = HTMLElement & Record<string, unknown>;

/** An element that holds the real one, which is fetched when this one is first put on a page. */
abstract class Lazy extends HTMLElement {
  protected abstract readonly body: string;
  private values: Record<string, unknown> = {};
  private inner: Body | undefined;

  protected abstract load(): Promise<unknown>;

  connectedCallback(): void {
    if (this.inner) return;
    this.style.display = "block";
    this.inner = document.createElement(this.body) as Body;
    this.append(this.inner);
    this.hand(this.values);
    this.load().catch((error: unknown) => {
      console.error("tangle_grid", error);
      this.textContent = "Tangle Grid: the page has to be loaded again.";
    });
  }

  /** Hand values on to the real element; those that come before it exists are kept for it. */
  protected hand(values: Record<string, unknown>): void {
    Object.assign(this.values, values);
    if (this.inner) Object.assign(this.inner, values);
  }

  set hass(hass: Hass) {
    this.hand({ hass });
  }
}

class Panel extends Lazy {
  protected readonly body = "tangle-grid-panel-body";
  private static shown: Panel | undefined;
  private newest: Hass | undefined;

  override set hass(hass: Hass) {
    this.newest = hass;
    super.hass = hass;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    Panel.shown = this;
  }

  disconnectedCallback(): void {
    if (Panel.shown === this) Panel.shown = undefined;
    if (!this.newest) return;
    watchReturn(this.newest, {
      isShown: () => Panel.shown !== undefined,
      path: () => location.pathname,
      isHidden: () => document.hidden,
      reload: () => location.reload(),
    });
  }

  protected load(): Promise<unknown> {
    return import("./panel");
  }

  set narrow(narrow: boolean) {
    this.hand({ narrow });
  }

  set route(route: unknown) {
    this.hand({ route });
  }
}

function cardElement(card: Card): CustomElementConstructor {
  return class extends Lazy {
    protected readonly body = `tangle-grid-${card.name}-card-body`;

    static async getConfigElement(): Promise<HTMLElement> {
      await import("./cards/cards");
      const editor = document.createElement("tangle-grid-card-editor") as Body;
      editor.withParticipant = card.hasParticipant;
      return editor;
    }

    /** What a new card shows, and its preview. */
    static async getStubConfig(hass: Hass): Promise<Record<string, unknown>> {
      return card.hasParticipant ? { ...(await (await import("./cards/cards")).firstParticipant(hass)) } : {};
    }

    protected load(): Promise<unknown> {
      return import("./cards/cards");
    }

    setConfig(config: Record<string, unknown>): void {
      this.hand({ config });
    }

    getCardSize(): number {
      return 6;
    }

    getGridOptions(): Record<string, unknown> {
      return { columns: card.columns, min_columns: 6 };
    }
  };
}

class DashboardStrategy extends HTMLElement {
  static async generate(config: { island?: string }, hass: Hass): Promise<object> {
    return (await import("./strategy")).generate(config, hass);
  }
}

function define(tag: string, element: CustomElementConstructor): void {
  // A page that outlived an update of the integration has the old one, and goes on with it until it is loaded again.
  if (!customElements.get(tag)) customElements.define(tag, element);
}

define("tangle-grid-panel", Panel);
define("ll-strategy-dashboard-tangle-grid", DashboardStrategy);
for (const card of CARDS) define(`tangle-grid-${card.name}-card`, cardElement(card));

window.customCards = [
  ...(window.customCards ?? []),
  ...CARDS.map(({ name, title, description }) => ({
    type: `tangle-grid-${name}-card`,
    name: title,
    description,
    preview: true,
  })),
];
window.customStrategies = [
  ...(window.customStrategies ?? []),
  {
    type: "tangle-grid",
    strategyType: "dashboard",
    name: "Tangle Grid",
    description: "The island with everybody on it",
  },
];
