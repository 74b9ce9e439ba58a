/** After a restart Home Assistant puts a page back that it took away, but not one that is its own default page. */

import type { Hass } from "./hass";

const PATH = "/tangle_grid";
const EVERY_MS = 2_000;
/** So often in a row the page could be shown and is not: then it does not come by itself. */
const ROUNDS = 3;

interface Around {
  isShown: () => boolean;
  path: () => string;
  isHidden: () => boolean;
  reload: () => void;
}

/** Load the page again when it was taken away, nobody went elsewhere, and it stays away although it could be shown. */
export function watchReturn(hass: Hass, around: Around): void {
  let rounds = 0;
  const look = async (): Promise<void> => {
    if (around.isShown() || !around.path().startsWith(PATH)) return;
    rounds = !around.isHidden() && (await isOffered(hass)) ? rounds + 1 : 0;
    if (rounds === ROUNDS && !around.isShown() && around.path().startsWith(PATH)) around.reload();
    else setTimeout(() => void look(), EVERY_MS);
  };
  setTimeout(() => void look(), EVERY_MS);
}

/** Whether Home Assistant is there and has the page. */
async function isOffered(hass: Hass): Promise<boolean> {
  if (!hass.connection.connected) return false;
  try {
    return PATH.slice(1) in (await hass.callWS<Record<string, unknown>>({ type: "get_panels" }));
  } catch {
    return false;
  }
}
