/** Event records of an SMMUv3 (Arm IHI 0070, 7.3) and the lines that arm_smmu_evtq_thread() prints for them. */

export const EVENT = {
  C_BAD_STREAMID: 0x02,
  F_TRANSLATION: 0x10,
  F_ADDR_SIZE: 0x11,
  F_ACCESS: 0x12,
  F_PERMISSION: 0x13,
} as const;

/** Names and meanings of the event numbers, for people who read a log. */
export const EVENT_MEANING: Readonly<Record<number, readonly [string, string]>> = {
  1: ['F_UUT', 'unsupported upstream transaction'],
  2: ['C_BAD_STREAMID', 'the stream ID is outside the stream table, or its part of the table does not exist'],
  3: ['F_STE_FETCH', 'the stream table entry could not be read'],
  4: ['C_BAD_STE', 'the stream table entry is invalid'],
  5: ['F_BAD_ATS_TREQ', 'ATS request on a stream that may not use ATS'],
  6: ['F_STREAM_DISABLED', 'the stream is disabled'],
  7: ['F_TRANSL_FORBIDDEN', 'translated transaction on a stream that may not use ATS'],
  8: ['C_BAD_SUBSTREAMID', 'the substream ID (PASID) is out of range'],
  9: ['F_CD_FETCH', 'the context descriptor could not be read'],
  10: ['C_BAD_CD', 'the context descriptor is invalid'],
  11: ['F_WALK_EABT', 'external abort on a table walk'],
  16: ['F_TRANSLATION', 'nothing is mapped at the address'],
  17: ['F_ADDR_SIZE', 'the address or the table output is too large'],
  18: ['F_ACCESS', 'access flag fault'],
  19: ['F_PERMISSION', 'the mapping does not allow this access'],
  32: ['F_TLB_CONFLICT', 'two TLB entries match'],
  33: ['F_CFG_CONFLICT', 'two configuration cache entries match'],
  36: ['E_PAGE_REQUEST', 'page request'],
  37: ['F_VMS_FETCH', 'the VM structure could not be read'],
};

/** The four words of a record (the tag of a stalled one, which the part chooses, is left 0): SID in 63:32 of word 0, RnW bit 35 and class bits 41:40 of word 1, address in word 2. */
export function eventWords(
  event: number,
  stream: number,
  access: { readonly iova: bigint; readonly write: boolean; readonly stall?: boolean } | null,
  inputClass: boolean,
): readonly bigint[] {
  const first = (BigInt(stream >>> 0) << 32n) | BigInt(event);
  if (access === null) return [first, 0n, 0n, 0n];
  const stall = access.stall === true ? 1n << 31n : 0n;
  const second = (access.write ? 0n : 1n << 35n) | (inputClass ? 2n << 40n : 0n) | stall;
  return [first, second, BigInt.asUintN(64, access.iova), 0n];
}

/** Events that the driver has a name for, and those whose record holds the address of what it fetched. */
const NAMED: ReadonlySet<number> = new Set([2, 3, 4, 6, 8, 9, 10, 16, 17, 18, 19, 37]);
const FETCHES: ReadonlySet<number> = new Set([3, 9, 37]);
/** arm_smmu_decode_event() and arm_smmu_dump_event(): event_str and event_class_str of the driver since 6.14. */
const CLASSES = ['CD fetch', 'Stage 1 translation table fetch', 'Input address caused fault', 'Reserved'] as const;
const HAS_ADDRESS: ReadonlySet<number> = new Set([
  EVENT.F_TRANSLATION,
  EVENT.F_ADDR_SIZE,
  EVENT.F_ACCESS,
  EVENT.F_PERMISSION,
]);

/** The lines that follow the raw words since Linux 6.14: event, client, stream, address, and what kind of access. */
export function decodedEventLines(words: readonly bigint[], client: string | null): string[] {
  const [first = 0n, second = 0n, third = 0n, fourth = 0n] = words;
  const bit = (word: bigint, at: bigint): boolean => ((word >> at) & 1n) === 1n;
  const hash = (value: bigint): string => (value === 0n ? '0' : `0x${value.toString(16)}`);
  const id = Number(first & 0xffn);
  const substream = bit(first, 11n) ? (first >> 12n) & 0xfffffn : 0n;
  const head = `event: ${NAMED.has(id) ? EVENT_MEANING[id]?.[0] : 'UNKNOWN'} client: ${client ?? '(unassigned sid)'} sid: ${hash(first >> 32n)} ssid: ${hash(substream)}`;
  if (FETCHES.has(id)) return [`${head} fetch_addr: ${hash(fourth & 0xf_ffff_ffff_fff8n)}`];
  if (!HAS_ADDRESS.has(id)) return [head];
  const kind = [
    bit(second, 33n) ? 'priv' : 'unpriv',
    bit(second, 34n) ? 'inst' : 'data',
    bit(second, 35n) ? 'read' : 'write',
    bit(second, 39n) ? 's2' : 's1',
  ].join(' ');
  const table = Number((second >> 40n) & 3n);
  const walk = id === EVENT.F_PERMISSION && table === 1 ? (bit(second, 44n) ? ' ttd_read' : ' ttd_write') : '';
  const stall = bit(second, 31n) ? ' stall' : '';
  return [
    `${head} iova: ${hash(third)} ipa: ${hash(fourth & 0xf_ffff_ffff_f000n)}`,
    `${kind} "${CLASSES[table] ?? 'Reserved'}"${walk}${stall} stag: ${hash(second & 0xffffn)}`,
  ];
}

/** The five lines of one event. */
export function eventLines(words: readonly bigint[]): string[] {
  const id = Number((words[0] ?? 0n) & 0xffn);
  return [
    `event 0x${id.toString(16).padStart(2, '0')} received:`,
    ...words.map((word) => `\t0x${word.toString(16).padStart(16, '0')}`),
  ];
}
