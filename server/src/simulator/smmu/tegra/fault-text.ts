/** The line that the Tegra memory controller prints for an error interrupt (tegra30_mc_handle_irq). */
import type { TegraSoc } from './soc';

/** tegra_mc_status_names: interrupt bit -> text. */
export const STATUS_NAMES: Readonly<Record<number, string>> = {
  1: 'External interrupt',
  6: 'EMEM address decode error',
  7: 'GART page fault',
  8: 'Security violation',
  9: 'EMEM arbitration error',
  10: 'Page fault',
  11: 'Invalid APB ASID update',
  12: 'VPR violation',
  13: 'Secure carveout violation',
  16: 'MTS carveout violation',
  17: 'Generalized carveout violation',
  20: 'Route Sanity error',
};

/** tegra_mc_error_names: ERR_STATUS type -> text; the others print "(null)". */
const ERROR_NAMES: Readonly<Record<number, string>> = {
  2: 'EMEM decode error',
  3: 'TrustZone violation',
  4: 'Carveout violation',
  6: 'SMMU translation error',
};

/** Where the details of an interrupt bit are: status and address register. */
export const ERROR_REGISTERS: Readonly<Record<number, readonly [number, number]>> = {
  12: [0x654, 0x658],
  13: [0x67c, 0x680],
  16: [0x9b0, 0x9b4],
};
export const ERR_STATUS = 0x08;
export const ERR_ADR = 0x0c;

export const SMMU_TRANSLATION_TYPE = 6;

/** One line for one interrupt bit; `wide`: phys_addr_t of the kernel has 64 bits. */
export function tegraFaultLine(soc: TegraSoc, bit: number, status: number, address: number, wide: boolean): string {
  const name = soc.clients.find((client) => client.id === (status & soc.clientIdMask & 0xff))?.name ?? 'unknown';
  const direction = (status & (1 << 16)) !== 0 ? 'write' : 'read';
  const secure = (status & (1 << 17)) !== 0 ? 'secure ' : '';
  const high = wide && soc.addressBits > 32 ? (status >>> 20) & 3 : 0;
  const phys = (BigInt(high) << 32n) | BigInt(address >>> 0);
  const type = (status >>> 28) & 7;
  const letter = (at: number, set: string, clear: string): string => ((status & (1 << at)) !== 0 ? set : clear);
  const rights =
    type === SMMU_TRANSLATION_TYPE ? ` [${letter(27, 'R', '-')}${letter(26, 'W', '-')}${letter(25, '-', 'S')}]` : '';
  const text = phys.toString(16).padStart(wide ? 16 : 8, '0');
  return `${name}: ${secure}${direction} @0x${text}: ${STATUS_NAMES[bit] ?? 'unknown'} (${ERROR_NAMES[type] ?? '(null)'}${rights})`;
}
