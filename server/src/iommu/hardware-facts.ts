/** Reading a scenario's facts about an IOMMU's hardware: lenient, because a person writes them. */

/** A number given as a number or as text (`"0x40"`); null when absent or unreadable. */
export function factNumber(value: unknown): number | null {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value);
  return null;
}

/** A wide number given as text, number or bigint; null when absent or unreadable. */
export function factWide(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  if (typeof value === 'string' && /^(0x[0-9a-f]+|\d+)$/i.test(value.trim())) return BigInt(value.trim());
  return null;
}

/** Register words by offset: `{ "0x20": "0x7c085e10" }`. */
export function registerWords(value: unknown): ReadonlyMap<number, number> {
  const words = new Map<number, number>();
  if (typeof value !== 'object' || value === null) return words;
  for (const [offset, word] of Object.entries(value)) {
    const at = factNumber(offset);
    const number = factNumber(word);
    if (at !== null && number !== null) words.set(at, number >>> 0);
  }
  return words;
}
