/** Is this signature that key's? Ed25519 (RFC 8032): by WebCrypto, or by hand where the page was not loaded over HTTPS. */

import { sha2 } from "./sha2";

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

interface Point {
  x: bigint;
  y: bigint;
  z: bigint;
  t: bigint;
}

const mod = (value: bigint): bigint => ((value % P) + P) % P;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

const inverse = (value: bigint): bigint => power(value, P - 2n);
const D = mod(-121665n * inverse(121666n));
const ROOT = power(2n, (P - 1n) / 4n);

function add(a: Point, b: Point): Point {
  const first = mod((a.y - a.x) * (b.y - b.x));
  const second = mod((a.y + a.x) * (b.y + b.x));
  const third = mod(2n * a.t * b.t * D);
  const fourth = mod(2n * a.z * b.z);
  const [e, f, g, h] = [second - first, fourth - third, fourth + third, second + first] as const;
  return { x: mod(e * f), y: mod(g * h), z: mod(f * g), t: mod(e * h) };
}

function times(point: Point, factor: bigint): Point {
  let sum: Point = { x: 0n, y: 1n, z: 1n, t: 0n };
  let doubled = point;
  for (let left = factor; left > 0n; left >>= 1n) {
    if (left & 1n) sum = add(sum, doubled);
    doubled = add(doubled, doubled);
  }
  return sum;
}

/** Return the point of 32 bytes; null when there is none. */
function point(data: Uint8Array): Point | null {
  const all = little(data);
  const y = all & (2n ** 255n - 1n);
  if (y >= P) return null;
  const square = mod(mod(y * y - 1n) * inverse(D * y * y + 1n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * ROOT);
  if (mod(x * x) !== square) return null;
  const odd = all >> 255n;
  if (x === 0n && odd) return null;
  if ((x & 1n) !== odd) x = P - x;
  return { x, y, z: 1n, t: mod(x * y) };
}

const BASE = point(hex("5866666666666666666666666666666666666666666666666666666666666666")) as Point;

function encoded({ x, y, z }: Point): bigint {
  const by = inverse(z);
  return mod(y * by) | ((mod(x * by) & 1n) << 255n);
}

function little(data: Uint8Array): bigint {
  return data.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** Return bytes of hexadecimal digits. */
export function hex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Tell whether a signature is right, without WebCrypto. */
export function isSignedByHand(publicKey: Uint8Array, signature: Uint8Array, data: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const key = point(publicKey);
  const [first, second] = [signature.subarray(0, 32), little(signature.subarray(32))];
  if (!key || second >= ORDER) return false;
  const factor = little(sha2(512, Uint8Array.of(...first, ...publicKey, ...data))) % ORDER;
  const minus: Point = { x: mod(-key.x), y: key.y, z: key.z, t: mod(-key.t) };
  return encoded(add(times(BASE, second), times(minus, factor))) === little(first);
}

/** Tell whether a signature is right; keys and signatures are hexadecimal digits. */
export async function isSigned(publicKey: string, signature: string, text: string): Promise<boolean> {
  const [key, signed, data] = [hex(publicKey), hex(signature), new TextEncoder().encode(text)];
  if (globalThis.crypto?.subtle) {
    try {
      const imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
      return await crypto.subtle.verify({ name: "Ed25519" }, imported, signed, data);
    } catch {
      // A browser that does not know this kind of key yet.
    }
  }
  return isSignedByHand(key, signed, data);
}

/** Return SHA-256 of a text, hexadecimal. */
export function digest(text: string): string {
  return [...sha2(256, new TextEncoder().encode(text))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
