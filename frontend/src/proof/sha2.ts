/** SHA-256 and SHA-512 (FIPS 180-4): a page that was not loaded over HTTPS has no WebCrypto. */

type Word = bigint;

interface Variant {
  bits: bigint;
  rounds: number;
  block: number;
  start: readonly Word[];
  constants: readonly Word[];
  big0: readonly bigint[];
  big1: readonly bigint[];
  /** Two rotations and a shift. */
  small0: readonly bigint[];
  small1: readonly bigint[];
}

/** Return the first primes. */
function primes(count: number): bigint[] {
  const found: bigint[] = [];
  for (let each = 2n; found.length < count; each += 1n) {
    if (found.every((prime) => each % prime !== 0n)) found.push(each);
  }
  return found;
}

/** Return the first bits of the fraction of a root: the standard's constants are these, of the first primes. */
function fraction(prime: bigint, degree: bigint, bits: bigint): bigint {
  const wanted = prime << (degree * bits);
  let low = 0n;
  let high = 1n << (bits + 5n);
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** degree <= wanted) low = middle;
    else high = middle;
  }
  return low & ((1n << bits) - 1n);
}

function variant(bits: bigint, rounds: number, rotations: readonly (readonly bigint[])[]): Variant {
  const [big0 = [], big1 = [], small0 = [], small1 = []] = rotations;
  return {
    bits,
    rounds,
    block: Number(bits) * 2,
    start: primes(8).map((prime) => fraction(prime, 2n, bits)),
    constants: primes(rounds).map((prime) => fraction(prime, 3n, bits)),
    big0,
    big1,
    small0,
    small1,
  };
}

const variants = new Map<number, Variant>();

function known(bits: 256 | 512): Variant {
  let found = variants.get(bits);
  if (!found) {
    found =
      bits === 256
        ? variant(32n, 64, [[2n, 13n, 22n], [6n, 11n, 25n], [7n, 18n, 3n], [17n, 19n, 10n]])
        : variant(64n, 80, [[28n, 34n, 39n], [14n, 18n, 41n], [1n, 8n, 7n], [19n, 61n, 6n]]);
    variants.set(bits, found);
  }
  return found;
}

/** Return the hash of some bytes. */
export function sha2(bits: 256 | 512, data: Uint8Array): Uint8Array {
  const kind = known(bits);
  const mask = (1n << kind.bits) - 1n;
  const size = Number(kind.bits) / 8;
  const rotated = (word: Word, by: bigint): Word => ((word >> by) | (word << (kind.bits - by))) & mask;
  const big = (word: Word, by: readonly bigint[]): Word => by.reduce((mixed, each) => mixed ^ rotated(word, each), 0n);
  const small = (word: Word, [a = 0n, b = 0n, shift = 0n]: readonly bigint[]): Word =>
    rotated(word, a) ^ rotated(word, b) ^ (word >> shift);

  const length = Math.ceil((data.length + 1 + 2 * size) / kind.block) * kind.block;
  const padded = new Uint8Array(length);
  padded.set(data);
  padded[data.length] = 0x80;
  new DataView(padded.buffer).setBigUint64(length - 8, BigInt(data.length) * 8n);

  let state = [...kind.start];
  for (let at = 0; at < length; at += kind.block) {
    const words: Word[] = [];
    for (let place = 0; place < 16; place += 1) words.push(number(padded.subarray(at + place * size, at + (place + 1) * size)));
    for (let place = 16; place < kind.rounds; place += 1) {
      const [two, seven, fifteen, sixteen] = [2, 7, 15, 16].map((back) => words[place - back] as Word) as [Word, Word, Word, Word];
      words.push((small(two, kind.small1) + seven + small(fifteen, kind.small0) + sixteen) & mask);
    }
    let [a, b, c, d, e, f, g, h] = state as [Word, Word, Word, Word, Word, Word, Word, Word];
    words.forEach((word, round) => {
      const first = h + big(e, kind.big1) + ((e & f) ^ (~e & mask & g)) + (kind.constants[round] as Word) + word;
      const second = big(a, kind.big0) + ((a & b) ^ (a & c) ^ (b & c));
      [a, b, c, d, e, f, g, h] = [(first + second) & mask, a, b, c, (d + first) & mask, e, f, g];
    });
    state = [a, b, c, d, e, f, g, h].map((word, place) => (word + (state[place] as Word)) & mask);
  }
  const hash = new Uint8Array(state.length * size);
  state.forEach((word, place) => hash.set(bytes(word, size), place * size));
  return hash;
}

function number(data: Uint8Array): bigint {
  return data.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function bytes(value: bigint, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, place) => Number((value >> BigInt(8 * (size - 1 - place))) & 0xffn));
}
