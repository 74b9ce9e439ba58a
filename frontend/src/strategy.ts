/** A dashboard that makes itself: one view with the island, one with everybody on it. */

import type { Hass } from "./hass";
import type { Kind, Picture } from "./picture";
import { listIslands, watchIsland } from "./watch";
import { loadWords, Words } from "./words";

const WAIT_MS = 5_000;

/** Return the first picture of an island; null when it does not come. */
function firstPicture(hass: Hass, entryId: string): Promise<Picture | null> {
  return new Promise((resolve) => {
    let stop: (() => void) | undefined;
    const done = (picture: Picture | null): void => {
      clearTimeout(timer);
      queueMicrotask(() => stop?.());
      resolve(picture);
    };
    const timer = setTimeout(() => done(null), WAIT_MS);
    stop = watchIsland(hass, entryId, ({ picture }) => {
      if (picture) done(picture);
    });
  });
}

export async function generate(config: { island?: string }, hass: Hass): Promise<object> {
  await loadWords(hass);
  const words = new Words(hass);
  const islands = await listIslands(hass);
  const shown = config.island ? islands.filter((each) => each.entry_id === config.island) : islands;
  if (shown.length === 0) {
    return { views: [{ title: "Tangle Grid", cards: [{ type: "markdown", content: words.t("no_island") }] }] };
  }
  const views = await Promise.all(
    shown.map(async ({ entry_id: island, title }) => {
      const picture = await firstPicture(hass, island);
      const kinds: readonly Kind[] = ["charger", "battery", "household", "solar"];
      const boxes = kinds.flatMap((kind) =>
        Object.entries(picture?.participants ?? {})
          .filter(([, each]) => each.kind === kind)
          .map(([participant]) => ({ type: "custom:tangle-grid-participant-card", island, participant })),
      );
      return {
        title,
        type: "sections",
        max_columns: 3,
        sections: [
          { type: "grid", column_span: 3, cards: [{ type: "custom:tangle-grid-transformer-card", island }] },
          { type: "grid", column_span: 3, cards: [{ type: "custom:tangle-grid-day-card", island }] },
          ...boxes.map((card) => ({ type: "grid", cards: [card] })),
        ],
      };
    }),
  );
  return { views };
}
