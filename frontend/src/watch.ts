/** One subscription for each island, however many cards look at it; it comes back by itself. */

import type { Hass } from "./hass";
import { apply, emptyPicture, VERSION, type Difference, type Picture } from "./picture";

interface Message {
  version?: number;
  changed?: Difference;
  /** The next message belongs to this one: nothing is shown before it. */
  more?: boolean;
  gone?: boolean;
}

export interface Watched {
  picture: Picture | null;
  /** When the newest message came, ms; 0 before the first. */
  heard: number;
  /** `waiting` before the first picture, `gone` while the island or Home Assistant is away. */
  state: "waiting" | "live" | "gone" | "outdated";
}

type Listener = (watched: Watched) => void;

const AGAIN_MS = 2_000;
const watches = new Map<string, Watch>();

class Watch {
  private listeners = new Set<Listener>();
  private watched: Watched = { picture: null, heard: 0, state: "waiting" };
  private unfinished: Picture | null = null;
  private unsubscribe: (() => Promise<void>) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;
  /** Which subscription counts: the newest that was asked for. */
  private newest = 0;

  constructor(
    private hass: Hass,
    private entryId: string,
  ) {
    hass.connection.addEventListener("disconnected", this.lost);
    hass.connection.addEventListener("ready", this.again);
    void this.subscribe();
  }

  add(listener: Listener): () => void {
    this.listeners.add(listener);
    listener(this.watched);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.close();
    };
  }

  private tell(watched: Watched): void {
    this.watched = watched;
    for (const listener of this.listeners) {
      try {
        listener(watched);
      } catch (error) {
        // A card that fails does not take the others down.
        console.error("tangle_grid", error);
      }
    }
  }

  private async subscribe(): Promise<void> {
    // A connection that comes back may find one that was asked for while it was away.
    const number = (this.newest += 1);
    clearTimeout(this.timer);
    try {
      const unsubscribe = await this.hass.connection.subscribeMessage<Message>(
        (message) => {
          if (number === this.newest) this.take(message);
        },
        { type: "tangle_grid/subscribe", entry_id: this.entryId },
        { resubscribe: false },
      );
      if (this.closed || number !== this.newest) void unsubscribe().catch(() => undefined);
      else this.unsubscribe = unsubscribe;
    } catch {
      if (number === this.newest) this.later();
    }
  }

  private take(message: Message): void {
    if (message.gone) {
      this.unsubscribe = null;
      this.lost();
      this.later();
      return;
    }
    const first = message.version !== undefined;
    if (first && message.version !== VERSION) {
      this.tell({ ...this.watched, state: "outdated" });
      return;
    }
    const before = first ? emptyPicture() : (this.unfinished ?? this.watched.picture ?? emptyPicture());
    const picture = apply(before, message.changed ?? {});
    this.unfinished = message.more ? picture : null;
    if (!message.more) this.tell({ picture, heard: Date.now(), state: "live" });
  }

  private lost = (): void => {
    this.tell({ ...this.watched, state: this.watched.picture ? "gone" : "waiting" });
  };

  private again = (): void => {
    this.unsubscribe = null;
    void this.subscribe();
  };

  private later(): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.subscribe(), AGAIN_MS);
  }

  private close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.hass.connection.removeEventListener("disconnected", this.lost);
    this.hass.connection.removeEventListener("ready", this.again);
    void this.unsubscribe?.().catch(() => undefined);
    watches.delete(this.entryId);
  }
}

/** Call `listener` with the island's picture now and whenever it changes; returns how to stop. */
export function watchIsland(hass: Hass, entryId: string, listener: Listener): () => void {
  let watch = watches.get(entryId);
  if (!watch) {
    watch = new Watch(hass, entryId);
    watches.set(entryId, watch);
  }
  return watch.add(listener);
}

export interface IslandEntry {
  entry_id: string;
  title: string;
  loaded: boolean;
}

export function listIslands(hass: Hass): Promise<IslandEntry[]> {
  return hass.callWS<IslandEntry[]>({ type: "tangle_grid/islands" });
}
