/** Addresses and sizes as people read them. Addresses are bigint inside, "0x…" in the report. */

/** Parses a report's address. Throws on what is none: a report never holds such a string. */
export const parseAddress = (text: string): bigint => BigInt(text);

/** What a user typed: a hexadecimal address, or null. @param bare whether `0x` may be missing */
export function typedAddress(text: string, bare: boolean): bigint | null {
  const digits = /^(0x)?([0-9a-f]{1,16})$/i.exec(text.trim().replaceAll('_', ''));
  if (digits === null || (digits[1] === undefined && !bare)) return null;
  return BigInt(`0x${digits[2]}`);
}

export const formatAddress = (address: bigint): string => `0x${address.toString(16)}`;

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** `4 KiB`, `1.5 MiB`, `256 TiB`: the largest unit that leaves at least one, with at most two decimals. */
export function formatSize(size: bigint): string {
  let unit = 0;
  let whole = size;
  while (whole >= 1024n && unit < units.length - 1) {
    whole >>= 10n;
    unit++;
  }
  const hundredths = (size * 100n) >> BigInt(10 * unit);
  const text = (Number(hundredths) / 100).toFixed(2).replace(/\.?0+$/, '');
  return `${text} ${units[unit]}`;
}

/** The last component of a node path, or the whole name of a device without a node. */
export function shortName(device: string): string {
  if (device === '/') return '/';
  return device.slice(device.lastIndexOf('/') + 1);
}

/** Cuts a text to a number of characters. */
export const cut = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`;
