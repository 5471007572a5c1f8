/** arm-smmu (SMMUv1, v2, MMU-500), its NVIDIA and Qualcomm relatives, vendor kernels of both, and qcom_iommu. */

import { FSR_MEANING, fsrBits, fsynr0Bits } from '../../simulator/smmu/arm-smmu/fault-text';
import type { FaultFact } from '../facts';
import { big, type Family, known, num, type Reading, refuses, type Shape, says } from './shape';

/** What FSR and FSYNR0 say, in words. */
export function decodeFsr(fsr: number | null, fsynr: number | null): string[] {
  const decoded = fsr === null ? [] : fsrBits(fsr).map((name) => `FSR.${name}: ${FSR_MEANING[name] ?? name}`);
  if (fsynr !== null && fsynr !== 0)
    decoded.push(
      `FSYNR0: ${[...fsynr0Bits(fsynr), `level ${fsynr & 3}`].join(', ')} (${(fsynr & 0x10) !== 0 ? 'write' : 'read'})`,
    );
  return decoded;
}

/** The kind of a context fault by its FSR; undefined without one: then the address decides (a line of this driver with one means a translation fault). */
function kindOf(fsr: number | null): FaultFact['kind'] | undefined {
  if (fsr === null) return undefined;
  const bits = fsrBits(fsr);
  if (bits.includes('TF') || bits.includes('AFF')) return 'translation';
  return bits.includes('PF') ? 'permission' : 'other';
}

/** `name=value` pairs in any order, as far as the line goes: vendors print them in orders of their own. */
function pairsOf(text: string): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const [, name, value] of text.matchAll(/(\w+)\s*=\s*(\w+)/g))
    if (!pairs.has(name as string)) pairs.set(name as string, value as string);
  return pairs;
}

/** A context fault in one line: mainline from 3.10, Qualcomm 3.18 to 4.19, NVIDIA's L4T. */
function contextFault(match: RegExpExecArray): Reading | null {
  const rest = match[1] ?? '';
  const pairs = pairsOf(rest);
  const fsr = num(pairs.get('fsr'));
  const fsynr = num(pairs.get('fsynr') ?? pairs.get('fsynr0'));
  const cbfrsynra = num(pairs.get('cbfrsynra'));
  // L4T counts in decimal and names the stream: sid=17(0x11 - AFI).
  const sid = /\bsid=(\d+)\(0x([0-9a-f]+)(?: - ([^)]*))?\)/.exec(rest);
  const cb = pairs.get('cb');
  const decoded = decodeFsr(fsr, fsynr);
  if (fsr !== null && fsrBits(fsr).length === 0) decoded.push(`FSR ${pairs.get('fsr')} has no bit of a fault`);
  const iova = big(pairs.get('iova'));
  if (cb !== undefined && /^\d+$/.test(cb)) decoded.push(`context bank ${cb}`);
  let walkLevel: number | null = null;
  if (pairs.has('pgd')) {
    const walk = ['pgd', 'pud', 'pmd', 'pte'];
    const stop = walk.findIndex((name) => big(pairs.get(name)) === 0n);
    if (stop >= 0) {
      walkLevel = stop;
      decoded.push(
        stop === 3
          ? 'pte=0: the walk came to the last level, where the page is not mapped'
          : `${walk[stop]}=0: the walk ended at level ${stop}, nothing is mapped near`,
      );
    }
  } else if (fsynr !== null && fsynr !== 0) walkLevel = fsynr & 3;
  const kind = kindOf(fsr);
  return {
    type: 'fault',
    model: 'arm-smmu',
    bank: cb !== undefined && /^\d+$/.test(cb) ? Number(cb) : null,
    stream: sid !== null ? Number.parseInt(sid[2] ?? '0', 16) : cbfrsynra === null ? null : cbfrsynra & 0xffff,
    client: sid?.[3]?.trim() ?? null,
    iova,
    write: fsynr === null ? null : (fsynr & 0x10) !== 0,
    ...(kind === undefined ? {} : { kind }),
    decoded,
    walkLevel,
  };
}

const GFSR_NAMES = [
  'ICF invalid context',
  'USF unidentified stream',
  'SMCF stream match conflict',
  'UCBF unimplemented bank',
  'UCIF unimplemented interrupt',
  'CAF configuration access',
  'EF external abort',
  'PF permission',
];

const shapes: readonly Shape[] = [
  {
    by: 'arm_smmu_context_fault',
    in: '3.10-',
    pattern: /Unhandled context fault: (.*)/,
    opens: 16,
    read: (match, line) => {
      const reading = contextFault(match);
      if (reading === null || reading.type !== 'fault') return null;
      if (/^qcom-iommu-ctx$/.test(line.driver ?? '')) return { ...reading, model: 'qcom-iommu', client: null };
      // t19x-arm-smmu: no device, but which of its instances.
      const instance = /\b(smmu\d+)\b/.exec(match[1] ?? '')?.[1];
      return line.device === null && instance !== undefined
        ? { ...reading, decoded: [...(reading.decoded ?? []), `instance ${instance} of the SMMUs that work as one`] }
        : reading;
    },
  },
  {
    by: 'print_fault_regs',
    in: 'vendor (Qualcomm 5.4-)',
    pattern: /Unhandled arm-smmu context fault(?: from ([^!]+))?!/,
    opens: 24,
    read: (match) => ({ type: 'fault', model: 'arm-smmu', client: match[1] ?? null }),
  },
  {
    by: 'arm_smmu_context_fault',
    in: '3.10-4.4, vendor',
    pattern: /^Unexpected context fault \(fsr (0x[0-9a-f]+)\)/,
    read: (match) => ({ type: 'detail', decoded: [`more FSR bits than a fault: ${match[1]}`] }),
  },
  {
    by: 'arm_smmu_print_context_fault_info',
    in: '6.11-, vendor (Qualcomm 4.4-)',
    pattern: /^FSR\s+= (?:0x)?([0-9a-f]{8}) \[([^\]]*)\](?:, SID=(0x[0-9a-f]+))?/,
    read: (match) => {
      const fsr = num(match[1]);
      const access = /\b[TP]F ([RW])\b/.exec(match[2] ?? '')?.[1];
      const sid = num(match[3]);
      return {
        type: 'detail',
        decoded: decodeFsr(fsr, null),
        ...(kindOf(fsr) === undefined ? {} : { kind: kindOf(fsr) }),
        ...(access === undefined ? {} : { write: access === 'W' }),
        ...(sid === null ? {} : { stream: sid & 0xffff }),
      };
    },
  },
  {
    by: 'arm_smmu_print_context_fault_info',
    in: '6.11-, vendor (Qualcomm 5.4-)',
    pattern: /^FSYNR0\s+= (?:0x)?([0-9a-f]+)/,
    read: (match) => {
      const fsynr = num(match[1]) ?? 0;
      return fsynr === 0
        ? { type: 'note' }
        : { type: 'detail', decoded: decodeFsr(null, fsynr), write: (fsynr & 0x10) !== 0, walkLevel: fsynr & 3 };
    },
  },
  {
    by: 'print_ctx_regs',
    in: 'vendor (Qualcomm 4.4-)',
    pattern: /^FAR\s+= (?:0x)?([0-9a-f]{8,16})/,
    opens: 12,
    read: (match) => ({ type: 'detail', iova: big(match[1]) }),
  },
  {
    by: 'print_fault_regs',
    in: 'vendor (Qualcomm 5.4-)',
    pattern: /^context bank#\s+= (0x[0-9a-f]+)/,
    read: (match) => ({ type: 'detail', bank: num(match[1]) }),
  },
  {
    by: 'arm_smmu_context_fault',
    in: 'vendor (Qualcomm 4.4-)',
    pattern: /^(?:SSD=0x[0-9a-f]+ )?SID\s*=\s*(0x[0-9a-f]+)/,
    read: (match) => ({ type: 'detail', stream: (num(match[1]) ?? 0) & 0xffff }),
  },
  {
    by: 'qcom_smmu_context_fault',
    in: 'vendor (Qualcomm), 6.11-',
    pattern: /^SOFTWARE TABLE WALK FAILED!/,
    read: () => ({ type: 'detail', decoded: ['the kernel walked its own tables and found nothing at this address'] }),
  },
  {
    by: 'qcom_smmu_context_fault',
    in: 'vendor (Qualcomm), 6.11-',
    pattern: /^soft iova-to-phys=0x([0-9a-f]+)/,
    read: (match) =>
      /^0+$/.test(match[1] ?? '')
        ? { type: 'note' }
        : {
            type: 'detail',
            decoded: [
              `the kernel's tables map it to 0x${(match[1] ?? '').replace(/^0+/, '')} now: it was mapped after the fault, or the TLB is stale`,
            ],
          },
  },
  known(
    'print_ctx_regs',
    'vendor (Qualcomm 4.4-)',
    /^(?:PAR|TTBR[01]|SCTLR|CBAR|MAIR[01]|ACTLR|FSYNR1|PTE|TCR|IPAFAR|FRSYNRA)\s*=|^hard iova-to-phys|^Client info: |^(?:name|soft|CB|TBU).{0,6}=/,
  ),
  {
    by: 'arm_smmu_global_fault',
    in: '5.2-',
    pattern: /^Blocked unknown Stream ID (0x[0-9a-f]+);/,
    opens: 2,
    read: (match) => ({
      type: 'fault',
      model: 'arm-smmu',
      stream: num(match[1]),
      kind: 'unknown-stream',
      decoded: ['GFSR: USF unidentified stream fault'],
    }),
  },
  {
    by: 'arm_smmu_global_fault',
    in: '3.10-',
    pattern: /^Unexpected global fault, this could be serious/,
    opens: 2,
    read: () => ({ type: 'fault', model: 'arm-smmu' }),
  },
  {
    by: 'arm_smmu_global_fault',
    in: '3.10-',
    pattern: /^\s*GFSR (0x[0-9a-f]+), GFSYNR0 (0x[0-9a-f]+), GFSYNR1 (0x[0-9a-f]+), GFSYNR2 (0x[0-9a-f]+)/,
    read: (match) => {
      const gfsr = num(match[1]) ?? 0;
      return {
        type: 'detail',
        stream: (num(match[3]) ?? 0) & 0xffff,
        write: ((num(match[2]) ?? 0) & 2) !== 0,
        kind: (gfsr & 2) !== 0 ? 'unknown-stream' : (gfsr & 1) !== 0 ? 'blocked' : 'other',
        decoded: GFSR_NAMES.filter((_, bit) => (gfsr & (1 << bit)) !== 0).map((name) => `GFSR: ${name} fault`),
      };
    },
  },
  refuses(
    'arm_smmu_probe_device',
    '3.13-',
    /^stream ID (0x[0-9a-f]+) out of range for SMMU \((0x[0-9a-f]+)\)/,
    'stream ID $1 is larger than the SMMU accepts ($2): the device runs without it',
  ),
  refuses(
    'arm_smmu_probe_device',
    '4.9-',
    /^SMR mask (0x[0-9a-f]+) out of range for SMMU \((0x[0-9a-f]+)\)/,
    'the mask $1 is wider than the SMMU accepts ($2): the device runs without it',
  ),
  says(
    '__arm_smmu_tlb_sync',
    '3.10-',
    /^TLB sync timed out -- SMMU may be deadlocked/,
    'an invalidation did not end: a transaction hangs behind the SMMU, or its clock or power domain is off',
  ),
  says(
    'qcom_smmu_tlb_sync_debug',
    '6.11-, vendor',
    /^TLB sync timed out -- TBU|^TBU: power_status/,
    'an invalidation did not end: one of the translation buffer units is off or stuck',
  ),
  says(
    'arm_smmu_device_probe',
    '3.10-',
    /^found only (\d+) context irq\(s\) but (\d+) required/,
    'the node lists $1 context interrupts, the SMMU has $2 banks',
  ),
  says(
    'arm_smmu_device_probe',
    '3.10-',
    /^found (\d+) interrupts but expected at least (\d+)/,
    'the node lists $1 interrupts, #global-interrupts wants $2 and one a bank more',
  ),
  says(
    'arm_smmu_device_dt_probe',
    '3.10-',
    /missing #global-interrupts property/,
    'the SMMU node has no #global-interrupts',
  ),
  says(
    'arm_smmu_device_dt_probe',
    '4.9-',
    /^not probing due to mismatched DT properties/,
    'mmu-masters and iommus cannot be mixed between SMMUs: this one does not probe',
  ),
  says(
    'arm_smmu_device_dt_probe',
    '4.9-',
    /deprecated "mmu-masters" DT property in use/,
    'the old mmu-masters binding is in use: DMA API support is off',
    'warning',
  ),
  says(
    'arm_smmu_device_probe',
    '5.1-',
    /^failed to get clocks (-?\d+)/,
    'the clocks of its node are missing or not there yet ($1)',
  ),
  says(
    'arm_smmu_device_cfg_probe',
    '3.10-',
    /^\s*no translation support!/,
    'the ID registers say that it cannot translate: wrong registers, or its clock or power is off',
  ),
  says(
    'arm_smmu_device_cfg_probe',
    '3.10-',
    /stream-matching supported, but no SMRs present!/,
    'no stream-match entry is left to Linux: the hypervisor or firmware keeps them all',
  ),
  says(
    'arm_smmu_device_cfg_probe',
    '3.10-',
    /^SMMU address space size \((0x[0-9a-f]+)\) differs from mapped region size \((0x[0-9a-f]+)\)/,
    'the SMMU is $1 bytes large, its reg says $2',
    'warning',
  ),
  says(
    'arm_smmu_device_cfg_probe',
    '3.10-',
    /^impossible number of S2 context banks!/,
    'the ID registers make no sense: wrong registers, or its clock or power is off',
  ),
  says(
    'arm_smmu_device_cfg_probe',
    '3.14-',
    /failed to set DMA mask for table walker/,
    'its table walker cannot reach all of memory',
    'warning',
  ),
  says(
    'arm_smmu_init_domain_context',
    '3.10-',
    /^failed to request context IRQ (\d+) \((\d+)\)/,
    'context interrupt $1 cannot be requested: its faults will not be reported',
  ),
  says(
    'arm_smmu_device_probe',
    '3.10-',
    /^failed to request global IRQ (\d+) \((\d+)\)/,
    'global interrupt $1 cannot be requested',
  ),
  says(
    'arm_smmu_iova_to_phys_hard',
    '4.1-',
    /^iova to phys timed out on (\S+?)\. /,
    'the hardware did not answer a translation of $1',
    'warning',
  ),
  says(
    'arm_smmu_iova_to_phys_hard',
    '5.10-',
    /^translation fault!|^PAR = 0x/,
    'the hardware says that an address it was asked for is not mapped',
    'warning',
  ),
  says('arm_smmu_device_probe', '4.12-', /^Failed to register iommu(?: in sysfs)?/, 'the IOMMU core did not take it'),
  says(
    'qcom_smmu_impl_init',
    '5.19-',
    /Missing qcom_smmu_impl_of_match entry for: (\S+)/,
    'this kernel knows no Qualcomm implementation for $1: quirks that the SoC needs are missing',
    'warning',
  ),
  says(
    'qcom_sdm845_smmu500_reset',
    '4.20-',
    /^Failed to turn off SAFE logic/,
    'the firmware did not turn SAFE off: throughput suffers',
    'warning',
  ),
  says(
    'qcom_tbu_probe',
    '6.11-',
    /Cannot parse the 'qcom,stream-id-range' DT property/,
    'a TBU node lacks qcom,stream-id-range',
  ),
  says(
    'qcom_tbu_halt',
    '6.11-, vendor',
    /^Timeout while trying to halt TBU!|^Couldn't disable HALT|^TBU .*timed? ?out/i,
    'a translation buffer unit did not stop: transactions hang in it',
  ),
  says(
    'qcom_find_tbu',
    '6.11-',
    /^Unable to find TBU for sid (0x[0-9a-f]+)/,
    'no TBU node covers stream $1',
    'warning',
  ),
  says(
    'qcom_tbu_trigger_atos',
    '6.11-',
    /^ATOS /,
    'the hardware translation that was asked for after a fault failed too',
    'warning',
  ),
  says(
    'qcom_iommu_init_domain',
    '4.14-',
    /^secure init failed: (-?\d+)/,
    'the firmware refused to set the context up ($1)',
  ),
  says(
    'qcom_iommu_device_probe',
    '4.14-',
    /^missing (reg|qcom,iommu-secure-id) property|^missing (.*) property/,
    'the node lacks a property that its driver needs: $1$2',
  ),
  says(
    'qcom_iommu_device_probe',
    '4.14-',
    /^failed to get (iface|bus|tbu) clock/,
    'the $1 clock is missing in the node',
  ),
  says(
    'qcom_iommu_device_probe',
    '4.14-',
    /^(?:failed to get iommu secure pgtable size|failed to allocate \d+ bytes for pgtable|failed to init iommu pgtable|cannot init secure pg table)/,
    'the firmware did not take the secure page table',
  ),
  says(
    'qcom_iommu_of_xlate',
    '4.14-',
    /^incorrect number of iommu params found for (\S+)/,
    '$1 gives its iommus entry another number of cells than one',
  ),
  says(
    'qcom_iommu_attach_dev',
    '4.14-',
    /cannot attach to IOMMU, is it on the same bus\?/,
    'it cannot be attached to its IOMMU',
  ),
  says(
    'qcom_iommu_tlb_sync',
    '4.14-',
    /^timeout waiting for TLB SYNC/,
    'an invalidation did not end: its clock is off, or a transaction hangs',
  ),
  known(
    'arm_smmu_device_cfg_probe',
    '3.10-',
    /^probing hardware configuration|^SMMUv\d with:|^\s+(?:stage [12]|nested|address translation|(?:non-)?coherent table walk|stream matching|\(IDR0\.CTTW|\d+ context banks|Supported page sizes|Stage-[12]:|no translation table|Supported |preserved \d+ boot mapping|enabling workaround|Limiting the stream|\d+-bit VA)|^preserved \d+ boot mapping|^disabling translation|^Failed to disable prefetcher/,
  ),
];

export const armSmmu: Family = { name: 'arm-smmu', anchor: /smmu|iommu-ctx|qcom[-_]iommu|tbu/i, shapes };
