/** What everything that shows an island shares: it watches, has words, and fails alone. */

import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { property, state } from "lit/decorators.js";

import type { Hass } from "./hass";
import { ONLY, type Island, type Picture } from "./picture";
import { watchIsland, type Watched } from "./watch";
import { loadWords, Words } from "./words";

/** The picture is old when nothing came for so long, ms: a living island says something every few seconds. */
const OLD_MS = 90_000;

export abstract class IslandElement extends LitElement {
  @property({ attribute: false }) hass?: Hass;
  @property({ attribute: false }) entryId?: string;
  @state() protected watched: Watched = { picture: null, heard: 0, state: "waiting" };
  @state() private hasWords = false;
  @state() private failed: string | null = null;

  /** How often it is drawn again although nothing came: what tells the time does not stand still. */
  protected readonly everyMs: number = 5_000;
  private stop: (() => void) | undefined;
  private watchedId: string | undefined;
  private language: string | undefined;
  private ticker: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.ticker = setInterval(() => this.requestUpdate(), this.everyMs);
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.ticker);
    this.stop?.();
    this.stop = undefined;
    this.watchedId = undefined;
  }

  protected override willUpdate(_changed: PropertyValues): void {
    if (!this.hass) return;
    if (this.language !== this.hass.language) {
      this.language = this.hass.language;
      void loadWords(this.hass).finally(() => (this.hasWords = true));
    }
    if (this.isConnected && this.entryId && this.watchedId !== this.entryId) {
      this.stop?.();
      this.watchedId = this.entryId;
      this.stop = watchIsland(this.hass, this.entryId, (watched) => (this.watched = watched));
    }
  }

  /** Whether what has changed is shown here: nothing is drawn again for others. */
  protected override shouldUpdate(changed: PropertyValues): boolean {
    for (const name of changed.keys()) {
      if (name === "watched") {
        const before = changed.get("watched") as Watched | undefined;
        const { picture, state: now } = this.watched;
        if (!before?.picture || !picture || before.state !== now || this.concerns(before.picture, picture)) return true;
      } else if (name === "hass") {
        const before = changed.get("hass") as Hass | undefined;
        if (!before || !this.hass || isAnother(before, this.hass) || this.concernsStates(before.states, this.hass.states)) return true;
      } else {
        return true;
      }
    }
    return changed.size === 0;
  }

  /** Whether a new picture changes what is shown here. */
  protected concerns(_before: Picture, _after: Picture): boolean {
    return true;
  }

  /** Whether new states change what is shown here, or in what is within it. */
  protected concernsStates(_before: Hass["states"], _after: Hass["states"]): boolean {
    return true;
  }

  protected get words(): Words {
    return new Words(this.hass as Hass);
  }

  protected get island(): Island | undefined {
    return this.watched.picture?.island[ONLY];
  }

  protected get isOld(): boolean {
    return this.watched.state !== "live" || Date.now() - this.watched.heard > OLD_MS || this.island?.live === false;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.hass || !this.hasWords) return nothing;
    if (this.failed) return html`<p class="failed" role="alert">${this.words.t("failed")} ${this.failed}</p>`;
    const picture = this.watched.picture;
    if (this.watched.state === "outdated") {
      return html`<p role="alert">
        ${this.words.t("outdated")} <button @click=${() => location.reload()}>${this.words.t("reload")}</button>
      </p>`;
    }
    if (!picture || !this.island) return html`<p class="waiting" role="status">${this.words.t("waiting")}</p>`;
    try {
      return html`${this.isOld && !this.isNested ? this.renderOld() : nothing}${this.renderIsland(picture, this.island)}`;
    } catch (error) {
      console.error("tangle_grid", error);
      this.failed = String(error);
      return html`<p class="failed" role="alert">${this.words.t("failed")}</p>`;
    }
  }

  /** Whether it is a piece of something that says by itself how old all of it is. */
  private get isNested(): boolean {
    const root = this.getRootNode();
    return root instanceof ShadowRoot && root.host instanceof IslandElement;
  }

  private renderOld(): TemplateResult {
    const heard = this.watched.heard;
    return html`<p class="old" role="status">
      ${this.words.t("old", { ago: heard ? this.words.span((Date.now() - heard) / 1_000) : "–" })}
    </p>`;
  }

  protected abstract renderIsland(picture: Picture, island: Island): TemplateResult | typeof nothing;
}

/** Return whether Home Assistant itself is another one than before, states aside. */
function isAnother(before: Hass, after: Hass): boolean {
  return (
    before.language !== after.language ||
    before.locale !== after.locale ||
    before.config !== after.config ||
    before.user !== after.user ||
    before.connection !== after.connection ||
    before.localize !== after.localize
  );
}
