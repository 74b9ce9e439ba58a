/** One text for each JSON value, so that a signature over it means the same everywhere: RFC 8785. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Between these two numbers JavaScript prints digits without a point, which others would read as an integer. */
const FIRST_EXPONENT = 1e21;

/** Return the canonical encoding. Throws for numbers that others would read differently. */
export function canonical(value: Json): string {
  if (typeof value === "number") {
    const size = Math.abs(value);
    if (!Number.isFinite(value) || (size > Number.MAX_SAFE_INTEGER && size < FIRST_EXPONENT)) {
      throw new RangeError("a number that is not exact");
    }
    return JSON.stringify(value);
  }
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(",")}]`;
  const fields = value as { readonly [key: string]: Json };
  // The order of UTF-16 code units, as the standard wants it, is JavaScript's own.
  const keys = Object.keys(fields).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(fields[key] as Json)}`).join(",")}}`;
}
