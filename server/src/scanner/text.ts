/** A catalogue as text: one line a list entry, so that a new kernel makes a readable diff. */
export function catalogueText(value: object): string {
  const list = (rows: readonly unknown[]): string => `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]`;
  const parts = Object.entries(value).map(([key, v]) => {
    if (Array.isArray(v)) return `${JSON.stringify(key)}:${list(v)}`;
    return `${JSON.stringify(key)}:${JSON.stringify(v)}`;
  });
  return `{${parts.join(',\n')}}\n`;
}
