/** The little of Home Assistant's front end that the screen uses. */

export interface HassEntity {
  entity_id: string;
  state: string;
  attributes: Record<string, unknown>;
  last_changed: string;
}

export interface Connection {
  subscribeMessage<T>(
    callback: (message: T) => void,
    command: Record<string, unknown>,
    options?: { resubscribe?: boolean },
  ): Promise<() => Promise<void>>;
  addEventListener(event: "ready" | "disconnected", listener: () => void): void;
  removeEventListener(event: "ready" | "disconnected", listener: () => void): void;
  connected: boolean;
}

export interface Hass {
  states: Record<string, HassEntity>;
  language: string;
  locale: { language: string; number_format: string; time_format: string; time_zone: string };
  config: { time_zone: string; currency: string };
  user?: { id: string; is_admin: boolean };
  connection: Connection;
  localize(key: string, values?: Record<string, string | number>): string;
  loadBackendTranslation(category: string, integration?: string): Promise<unknown>;
  callService(
    domain: string,
    service: string,
    data?: Record<string, unknown>,
    target?: Record<string, unknown>,
    notifyOnError?: boolean,
    returnResponse?: boolean,
  ): Promise<{ response?: unknown }>;
  callWS<T>(message: Record<string, unknown>): Promise<T>;
}

/** Open Home Assistant's own dialog about an entity. */
export function showMore(from: HTMLElement, entityId: string): void {
  from.dispatchEvent(new CustomEvent("hass-more-info", { detail: { entityId }, bubbles: true, composed: true }));
}

/** Go to another page of Home Assistant without loading it anew. */
export function navigate(path: string): void {
  history.pushState(null, "", path);
  window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
}

