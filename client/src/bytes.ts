/** Bytes and texts with what Node and browsers both have. */

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export const fromBase64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

/** Bytes made into characters at once: an engine takes no longer argument lists. */
const CHUNK = 8192;

export function base64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += CHUNK) binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(binary);
}
