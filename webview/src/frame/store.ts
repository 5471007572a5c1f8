/** What the user set (filters, zoom, opened parts, scroll), kept over hiding, moving and reload. Values are plain JSON. */

/** Keys beyond this many are forgotten, the oldest first. */
const most = 500;

export class Store {
  private readonly values = new Map<string, unknown>();

  /** @param changed told after every change of a value. */
  constructor(
    first: Readonly<Record<string, unknown>>,
    private readonly changed: () => void,
  ) {
    for (const [key, value] of Object.entries(first)) this.values.set(key, value);
  }

  has(key: string): boolean {
    return this.values.has(key);
  }

  get(key: string): unknown {
    return this.values.get(key);
  }

  set(key: string, value: unknown): void {
    this.values.delete(key);
    this.values.set(key, value);
    for (const oldest of this.values.keys()) {
      if (this.values.size <= most) break;
      this.values.delete(oldest);
    }
    this.changed();
  }

  delete(key: string): void {
    if (this.values.delete(key)) this.changed();
  }

  all(): Record<string, unknown> {
    return Object.fromEntries(this.values);
  }
}
