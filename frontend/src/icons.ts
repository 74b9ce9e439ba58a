import {
  mdiBattery,
  mdiCalendarClock,
  mdiCarElectric,
  mdiEvStation,
  mdiFlash,
  mdiHome,
  mdiHomeBattery,
  mdiHomeGroup,
  mdiPause,
  mdiSolarPower,
  mdiTransmissionTower,
  mdiTransmissionTowerOff,
  mdiWeatherSunny,
} from "@mdi/js";
import { html, svg, type TemplateResult } from "lit";

export const PATHS: Record<string, string> = {
  charger: mdiEvStation,
  battery: mdiHomeBattery,
  household: mdiHome,
  solar: mdiSolarPower,
  vehicle: mdiCarElectric,
  feeder: mdiTransmissionTower,
  soc: mdiBattery,
  link: mdiHomeGroup,
  dead: mdiTransmissionTowerOff,
  mode_now: mdiFlash,
  mode_departure: mdiCalendarClock,
  mode_sun: mdiWeatherSunny,
  mode_pause: mdiPause,
};

/** Return an icon that says nothing by itself: the text beside it does. */
export function icon(name: string): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${svg`<path d=${PATHS[name] ?? ""}></path>`}</svg>`;
}
