/** The same pieces as cards for anybody's own dashboard. */

import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Hass } from "../hass";
import { listIslands, watchIsland } from "../watch";
import { loadWords, Words } from "../words";
import "../parts/diagram";
import "../parts/participant";
import "../views/transformer";

export interface CardConfig {
  type: string;
  /** The island; the first one when it is not given. */
  island?: string;
  /** For a participant's card. */
  participant?: string;
}

abstract class IslandCard extends LitElement {
  @property({ attribute: false }) hass?: Hass;
  @property({ attribute: false }) config?: CardConfig;
  @state() protected entryId = "";
  private looked = false;

  static override styles = css`
    ha-card {
      padding: 16px;
      height: 100%;
      overflow: hidden;
    }
    .bare {
      padding: 0;
      border: 0;
      background: none;
    }
  `;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("config")) {
      this.entryId = this.config?.island ?? "";
      this.looked = false;
    }
    if (this.hass && !this.entryId && !this.looked) {
      this.looked = true;
      void listIslands(this.hass).then((islands) => {
        this.entryId = (islands.find((each) => each.loaded) ?? islands[0])?.entry_id ?? "";
      });
    }
  }
}

@customElement("tangle-grid-transformer-card-body")
export class TransformerCard extends IslandCard {
  protected override render(): TemplateResult {
    return html`<ha-card>
      <tangle-grid-transformer .hass=${this.hass} .entryId=${this.entryId}></tangle-grid-transformer>
    </ha-card>`;
  }
}

@customElement("tangle-grid-participant-card-body")
export class ParticipantCard extends IslandCard {
  protected override render(): TemplateResult | typeof nothing {
    if (!this.config) return nothing;
    return html`<ha-card class="bare">
      <tangle-grid-participant
        .hass=${this.hass}
        .entryId=${this.entryId}
        .participant=${this.config.participant ?? ""}
      ></tangle-grid-participant>
    </ha-card>`;
  }
}

@customElement("tangle-grid-day-card-body")
export class DayCard extends IslandCard {
  override connectedCallback(): void {
    super.connectedCallback();
    void import("../views/more");
  }

  protected override render(): TemplateResult {
    return html`<ha-card class="bare"><tangle-grid-day .hass=${this.hass} .entryId=${this.entryId}></tangle-grid-day></ha-card>`;
  }
}

const FIRST_MS = 5_000;

/** Return the configuration of a card with somebody who is there: a charger, if there is one; nothing without anybody. */
export async function firstParticipant(hass: Hass): Promise<Partial<CardConfig>> {
  const islands = await listIslands(hass);
  const island = (islands.find((each) => each.loaded) ?? islands[0])?.entry_id;
  if (!island) return {};
  let stop: (() => void) | undefined;
  const found = new Promise<Partial<CardConfig>>((resolve) => {
    stop = watchIsland(hass, island, ({ picture }) => {
      if (!picture) return;
      const all = Object.entries(picture.participants);
      const participant = (all.find(([, each]) => each.kind === "charger") ?? all[0])?.[0];
      resolve(participant ? { island, participant } : {});
    });
    setTimeout(() => resolve({}), FIRST_MS);
  });
  return found.finally(() => stop?.());
}

/** The visual editor of the cards: which island, and for one card which participant. */
@customElement("tangle-grid-card-editor")
export class CardEditor extends LitElement {
  @property({ attribute: false }) hass?: Hass;
  @property({ type: Boolean }) withParticipant = false;
  @state() private config?: CardConfig;
  @state() private islands: { value: string; label: string }[] = [];
  @state() private participants: { value: string; label: string }[] = [];
  private stop: (() => void) | undefined;
  private watched = "";

  setConfig(config: CardConfig): void {
    this.config = config;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop?.();
    this.watched = "";
  }

  protected override willUpdate(_changed: PropertyValues): void {
    if (!this.hass) return;
    void loadWords(this.hass);
    if (this.islands.length === 0) {
      void listIslands(this.hass).then((islands) => {
        if (islands.length) this.islands = islands.map((each) => ({ value: each.entry_id, label: each.title }));
      });
    }
    const island = this.config?.island ?? this.islands[0]?.value ?? "";
    if (this.withParticipant && island && island !== this.watched) {
      this.watched = island;
      this.stop?.();
      this.stop = watchIsland(this.hass, island, ({ picture }) => {
        const known = Object.entries(picture?.participants ?? {}).map(([value, each]) => ({ value, label: each.name }));
        if (JSON.stringify(known) !== JSON.stringify(this.participants)) this.participants = known;
      });
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.hass || !this.config) return nothing;
    const words = new Words(this.hass);
    const choice = (options: { value: string; label: string }[]): object => ({ select: { mode: "dropdown", options } });
    const schema = [
      { name: "island", selector: choice(this.islands) },
      ...(this.withParticipant ? [{ name: "participant", selector: choice(this.participants) }] : []),
    ];
    return html`<ha-form
      .hass=${this.hass}
      .data=${this.config}
      .schema=${schema}
      .computeLabel=${(field: { name: string }) => words.t(field.name === "island" ? "island" : "who")}
      @value-changed=${this.changed}
    ></ha-form>`;
  }

  private changed(event: CustomEvent<{ value: CardConfig }>): void {
    event.stopPropagation();
    const detail = { config: event.detail.value };
    this.dispatchEvent(new CustomEvent("config-changed", { detail, bubbles: true, composed: true }));
  }
}
