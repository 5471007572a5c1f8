/**
 * Peripheral IDs of PrimeCell and CoreSight parts. The kernel reads the ID from the hardware (amba_read_periphid); on
 * paper the part that the binding names stands for it. Where several chips differ (trace units are numbered by CPU) this
 * is one of the part's IDs: what counts is which driver it selects.
 */

/** Parts whose number is not in their name (their drivers' amba_id tables and the Arm reference manuals). */
const PARTS: Readonly<Record<string, number>> = {
  'arm,coresight-cti': 0x000bb906,
  'arm,coresight-etb10': 0x000bb907,
  'arm,coresight-dynamic-funnel': 0x000bb908,
  'arm,coresight-dynamic-replicator': 0x000bb909,
  'arm,coresight-tpiu': 0x000bb912,
  'arm,coresight-etm3x': 0x000bb956,
  'arm,coresight-etm4x': 0x000bb95d,
  'arm,coresight-tmc': 0x000bb961,
  'arm,coresight-stm': 0x000bb962,
  'arm,coresight-catu': 0x000bb9ee,
  'arm,coresight-cpu-debug': 0x000bbd03,
  'qcom,coresight-tpda': 0x000f0f00,
  'qcom,coresight-tpdm': 0x000f0e00,
  'arm,mhu': 0x001bb098,
  'arm,mhu-doorbell': 0x001bb098,
  'arm,mhuv2-tx': 0x000bb0d1,
  'arm,mhuv2-rx': 0x000bb076,
  'arm,pl080': 0x0a141080,
  'arm,pl081': 0x0a141080,
  'arm,pl172': 0x07041172,
  'arm,pl175': 0x07041175,
  'arm,pl18x': 0x00041180,
  'arm,pl353-smc-r2p1': 0x00041353,
  'st,nomadik-i2c': 0x00180024,
};

/** The ID of a part by compatible: `arm,pl011` is part 0x011 of designer 0x41, `arm,sp805` likewise; null: unknown. */
export function partId(compatible: string): number | null {
  const known = PARTS[compatible];
  if (known !== undefined) return known;
  const pl = /^arm,pl([0-9a-f]{3})$/.exec(compatible);
  if (pl !== null) return 0x00041000 | Number.parseInt(pl[1] ?? '0', 16);
  const sp = /^arm,sp([0-9a-f]{3})$/.exec(compatible);
  if (sp !== null) return 0x00141000 | Number.parseInt(sp[1] ?? '0', 16);
  return null;
}
