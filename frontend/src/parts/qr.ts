/** A receive address as a QR code: version 4, error correction L, alphanumeric. It holds 114 of its signs. */

import { svg, type SVGTemplateResult } from "lit";

const SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const SIZE = 33;
const DATA = 80;
const CORRECTION = 20;
export const MOST_SIGNS = 114;

/** Return the bits of a text, filled up as the standard (ISO/IEC 18004) wants it. */
function codewords(text: string): number[] {
  let bits = `0010${text.length.toString(2).padStart(9, "0")}`;
  for (let at = 0; at < text.length; at += 2) {
    const [first, second] = [SIGNS.indexOf(text[at] as string), SIGNS.indexOf(text[at + 1] ?? "")];
    bits += at + 1 < text.length ? (first * 45 + second).toString(2).padStart(11, "0") : first.toString(2).padStart(6, "0");
  }
  bits += "0".repeat(Math.min(4, DATA * 8 - bits.length));
  bits += "0".repeat((8 - (bits.length % 8)) % 8);
  const words = bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [];
  for (let pad = 0; words.length < DATA; pad += 1) words.push(pad % 2 ? 0x11 : 0xec);
  return words;
}

function product(a: number, b: number): number {
  let result = 0;
  for (let left = b, shifted = a; left; left >>= 1, shifted = (shifted << 1) ^ (shifted & 0x80 ? 0x11d : 0)) {
    if (left & 1) result ^= shifted;
  }
  return result & 0xff;
}

/** Return the Reed-Solomon codewords. */
function correction(words: readonly number[]): number[] {
  let generator = [1];
  for (let root = 1, power = 0; power < CORRECTION; power += 1, root = product(root, 2)) {
    const next = [...generator, 0];
    generator.forEach((each, place) => (next[place + 1] = (next[place + 1] as number) ^ product(each, root)));
    generator = next;
  }
  const rest = [...words, ...new Array<number>(CORRECTION).fill(0)];
  for (let at = 0; at < words.length; at += 1) {
    const factor = rest[at] as number;
    generator.forEach((each, place) => (rest[at + place] = (rest[at + place] as number) ^ product(each, factor)));
  }
  return rest.slice(words.length);
}

/** Return the modules, row by row: true is dark. Throws for a text that does not fit, or has other signs. */
export function qr(text: string): boolean[][] {
  if (text.length > MOST_SIGNS || [...text].some((sign) => !SIGNS.includes(sign))) throw new RangeError("no such code");
  const grid: (boolean | null)[][] = Array.from({ length: SIZE }, () => new Array<boolean | null>(SIZE).fill(null));
  const set = (row: number, column: number, dark: boolean): void => {
    const line = grid[row];
    if (line && column >= 0 && column < SIZE) line[column] = dark;
  };
  for (const [row, column] of [[0, 0], [0, SIZE - 7], [SIZE - 7, 0]] as const) {
    for (let y = -1; y <= 7; y += 1) {
      for (let x = -1; x <= 7; x += 1) {
        const ring = Math.max(Math.abs(y - 3), Math.abs(x - 3));
        set(row + y, column + x, ring !== 2 && ring !== 4);
      }
    }
  }
  for (let y = -2; y <= 2; y += 1) {
    for (let x = -2; x <= 2; x += 1) set(SIZE - 7 + y, SIZE - 7 + x, Math.max(Math.abs(y), Math.abs(x)) !== 1);
  }
  for (let at = 8; at < SIZE - 8; at += 1) {
    set(6, at, at % 2 === 0);
    set(at, 6, at % 2 === 0);
  }
  // Error correction L and mask 0, as the standard encodes them: 01 000, with its BCH code and mask.
  const format = 0b111011111000100;
  for (let bit = 0; bit < 15; bit += 1) {
    const dark = ((format >> bit) & 1) === 1;
    const [row, column] = bit < 6 ? [bit, 8] : bit < 8 ? [bit + 1, 8] : bit === 8 ? [8, 7] : [8, 14 - bit];
    set(row as number, column as number, dark);
    if (bit < 8) set(8, SIZE - 1 - bit, dark);
    else set(SIZE - 15 + bit, 8, dark);
  }
  set(SIZE - 8, 8, true);

  const words = codewords(text);
  const bits = [...words, ...correction(words)].map((word) => word.toString(2).padStart(8, "0")).join("");
  let next = 0;
  for (let right = SIZE - 1, up = true; right > 0; right -= 2, up = !up) {
    if (right === 6) right -= 1;
    for (let step = 0; step < SIZE; step += 1) {
      const row = up ? SIZE - 1 - step : step;
      for (const column of [right, right - 1]) {
        if (grid[row]?.[column] !== null) continue;
        const dark = bits[next] === "1";
        next += 1;
        set(row, column, dark !== ((row + column) % 2 === 0));
      }
    }
  }
  return grid.map((row) => row.map((dark) => dark === true));
}

/** Return a code as a drawing with a quiet zone; dark on light in every theme, as scanners want it. */
export function drawn(text: string): SVGTemplateResult {
  const modules = qr(text);
  const path = modules.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x + 4} ${y + 4}h1v1h-1z` : ""))).join("");
  return svg`<rect width=${SIZE + 8} height=${SIZE + 8} fill="#fff"></rect><path d=${path} fill="#000"></path>`;
}
