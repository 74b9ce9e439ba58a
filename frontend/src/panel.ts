/** The panel in the sidebar: five views of an island. */

import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import type { Hass } from "./hass";
import type { Kind } from "./picture";
import { shared } from "./styles";
import { listIslands, type IslandEntry } from "./watch";
import { loadWords, Words } from "./words";
import "./views/transformer";
import "./views/participants";

type View = "transformer" | "charging" | "homes" | "day" | "tangle";
const VIEWS: readonly View[] = ["transformer", "charging", "homes", "day", "tangle"];
const PATH = "/tangle_grid";
const CHARGING: readonly Kind[] = ["charger"];
const HOMES: readonly Kind[] = ["household", "battery", "solar"];
const AGAIN_MS = 5_000;

@customElement("tangle-grid-panel-body")
export class Panel extends LitElement {
  @property({ attribute: false }) hass?: Hass;
  @property({ type: Boolean, reflect: true }) narrow = false;
  @property({ attribute: false }) route?: { prefix: string; path: string };
  @state() private islands: IslandEntry[] | null = null;
  @state() private entryId = "";
  @state() private view: View = "transformer";
  @state() private chosen = "";
  @state() private hasWords = false;
  private timer: ReturnType<typeof setInterval> | undefined;
  private language = "";

  static override styles = [
    shared,
    css`
      :host {
        display: block;
        min-height: 100vh;
        background: var(--primary-background-color);
      }
      header {
        position: sticky;
        top: 0;
        z-index: 2;
        background: var(--app-header-background-color, var(--primary-color));
        color: var(--app-header-text-color, #fff);
        padding: 0 12px;
      }
      header .title {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 56px;
      }
      header h1 {
        font-size: 20px;
        font-weight: 400;
        margin: 0 8px;
      }
      header select {
        font: inherit;
        color: inherit;
        background: transparent;
        border: 1px solid currentColor;
        border-radius: 8px;
        padding: 4px 8px;
      }
      header option {
        color: #202124;
        background: #fff;
      }
      nav {
        display: flex;
        overflow-x: auto;
        gap: 4px;
      }
      nav button {
        border: 0;
        border-radius: 0;
        border-bottom: 3px solid transparent;
        min-height: 44px;
        white-space: nowrap;
      }
      @media (max-width: 480px) {
        nav button {
          padding-inline: 8px;
        }
      }
      nav button[aria-current="page"] {
        border-bottom-color: currentColor;
        font-weight: 500;
      }
      nav button:focus-visible {
        outline-color: currentColor;
        outline-offset: -4px;
      }
      main {
        padding: 16px;
        max-width: 2000px;
        margin: 0 auto;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => void this.load(), AGAIN_MS);
    window.addEventListener("location-changed", this.follow);
    window.addEventListener("popstate", this.follow);
    this.follow();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
    window.removeEventListener("location-changed", this.follow);
    window.removeEventListener("popstate", this.follow);
  }

  protected override willUpdate(_changed: PropertyValues): void {
    if (!this.hass) return;
    if (this.language !== this.hass.language) {
      this.language = this.hass.language;
      void loadWords(this.hass).finally(() => (this.hasWords = true));
    }
    if (this.islands === null) {
      this.islands = [];
      void this.load();
    }
  }

  /** On a phone there is no room for all names: the one that is shown comes into sight. */
  protected override updated(changed: PropertyValues): void {
    if (!changed.has("view") && !changed.has("hasWords")) return;
    this.renderRoot.querySelector("nav [aria-current='page']")?.scrollIntoView?.({ block: "nearest", inline: "center" });
  }

  private async load(): Promise<void> {
    if (!this.hass?.connection.connected) return;
    try {
      const islands = await listIslands(this.hass);
      if (JSON.stringify(islands) !== JSON.stringify(this.islands)) this.islands = islands;
      if (!islands.some((each) => each.entry_id === this.entryId)) {
        this.entryId = (islands.find((each) => each.loaded) ?? islands[0])?.entry_id ?? "";
      }
    } catch (error) {
      console.error("tangle_grid", error);
    }
  }

  private follow = (): void => {
    const [, view] = location.pathname.replace(PATH, "").split("/");
    if (location.pathname.startsWith(PATH)) this.view = VIEWS.find((each) => each === view) ?? "transformer";
    if (this.view === "day" || this.view === "tangle") void import("./views/more");
  };

  private show(view: View, chosen = ""): void {
    this.chosen = chosen;
    history.pushState(null, "", `${PATH}/${view}`);
    this.follow();
  }

  private open(event: CustomEvent<{ participant: string; kind?: string }>): void {
    event.preventDefault();
    const { participant } = event.detail;
    this.show(event.detail.kind === "charger" ? "charging" : "homes", participant);
  }

  protected override render(): TemplateResult | typeof nothing {
    if (!this.hass || !this.hasWords) return nothing;
    const words = new Words(this.hass);
    return html`<header>
        <div class="title">
          <ha-menu-button .hass=${this.hass} .narrow=${this.narrow}></ha-menu-button>
          <h1>Tangle Grid</h1>
          ${(this.islands?.length ?? 0) > 1 ? this.renderChoice(words) : nothing}
        </div>
        <nav aria-label=${words.t("views")}>
          ${VIEWS.map(
            (view) => html`<button
              aria-current=${this.view === view ? "page" : "false"}
              @click=${() => this.show(view)}
            >
              ${words.t(`view_${view}`)}
            </button>`,
          )}
        </nav>
      </header>
      <main @tangle-grid-open=${this.open}>${this.entryId ? this.renderView() : this.renderNone(words)}</main>`;
  }

  private renderChoice(words: Words): TemplateResult {
    return html`<select
      aria-label=${words.t("island")}
      @change=${(event: Event) => (this.entryId = (event.target as HTMLSelectElement).value)}
    >
      ${this.islands?.map(
        (each) => html`<option value=${each.entry_id} ?selected=${each.entry_id === this.entryId}>${each.title}</option>`,
      )}
    </select>`;
  }

  private renderNone(words: Words): TemplateResult {
    return html`<p class="waiting" role="status">${words.t(this.islands?.length === 0 ? "no_island" : "waiting")}</p>`;
  }

  private renderView(): TemplateResult {
    const { hass, entryId } = this;
    switch (this.view) {
      case "charging":
        return html`<tangle-grid-participants .hass=${hass} .entryId=${entryId} .kinds=${CHARGING} .chosen=${this.chosen}></tangle-grid-participants>`;
      case "homes":
        return html`<tangle-grid-participants .hass=${hass} .entryId=${entryId} .kinds=${HOMES} .chosen=${this.chosen}></tangle-grid-participants>`;
      case "day":
        return html`<tangle-grid-day .hass=${hass} .entryId=${entryId}></tangle-grid-day>`;
      case "tangle":
        return html`<tangle-grid-tangle .hass=${hass} .entryId=${entryId}></tangle-grid-tangle>`;
      default:
        return html`<tangle-grid-transformer .hass=${hass} .entryId=${entryId}></tangle-grid-transformer>`;
    }
  }
}
