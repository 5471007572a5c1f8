/** A catalogue, or what differs in one, as text: one line a list entry, so that a new kernel makes a readable diff. */
export function catalogueText(value: object): string {
  const list = (rows: readonly unknown[]): string => `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]`;
  const parts = Object.entries(value).map(([key, v]) => {
    if (Array.isArray(v)) return `${JSON.stringify(key)}:${list(v)}`;
    if (typeof v === 'object' && v !== null && 'rows' in v && Array.isArray(v.rows))
      return `${JSON.stringify(key)}:{"lines":${JSON.stringify((v as { lines?: unknown }).lines)},"rows":${list(v.rows)}}`;
    return `${JSON.stringify(key)}:${JSON.stringify(v)}`;
  });
  return `{${parts.join(',\n')}}\n`;
}
