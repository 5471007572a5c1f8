/** arm-smmu-v3: events raw and decoded, queues, global errors, probing. */
import { EVENT_MEANING } from '../../simulator/smmu/arm-smmu-v3/event-text';
import type { FaultFact } from '../facts';
import { big, type Family, known, num, refuses, type Shape, says } from './shape';

const KIND_OF_EVENT: Readonly<Record<number, FaultFact['kind']>> = {
  2: 'bad-stream-id',
  // Arm IHI 0070, 7.3: F_TRANSL_FORBIDDEN answers an ATS request or an ATS-translated access.
  7: 'ats',
  16: 'translation',
  17: 'translation',
  18: 'translation',
  19: 'permission',
};

const numberOf = (name: string): number | null => {
  const found = Object.entries(EVENT_MEANING).find(([, [known]]) => known === name);
  return found === undefined ? null : Number(found[0]);
};

const meaningOf = (event: number): string => {
  const [name, meaning] = EVENT_MEANING[event] ?? ['unknown event', ''];
  return meaning === '' ? name : `${name}: ${meaning}`;
};

/**
 * What the four words of an event record say (Arm IHI 0070, 7.3): stream, and for faults of an address the address and the
 * access. Missing words (a log that is cut) say nothing.
 */
export function eventFields(words: readonly bigint[]): Partial<FaultFact> & { readonly flags: string | null } {
  const [first, second, third] = words;
  if (first === undefined) return { flags: null };
  const event = Number(first & 0xffn);
  const stream = Number(first >> 32n);
  const hasAddress = event >= 0x10 && event <= 0x13;
  if (second === undefined || !hasAddress) return { stream, flags: null };
  const read = ((second >> 35n) & 1n) === 1n;
  const flags = [read ? 'read' : 'write'];
  if (((second >> 33n) & 1n) === 1n) flags.push('privileged');
  if (((second >> 34n) & 1n) === 1n) flags.push('instruction');
  if (((second >> 31n) & 1n) === 1n) flags.push('stalled');
  if (((second >> 39n) & 1n) === 1n) flags.push('stage 2');
  return { stream, write: !read, iova: third ?? null, flags: flags.join(', ') };
}

const shapes: readonly Shape[] = [
  {
    by: 'arm_smmu_evtq_thread',
    in: '4.1-6.13; arm_smmu_dump_raw_event in 6.14-',
    pattern: /^event (0x[0-9a-f]+) received:/,
    opens: 8,
    read: (match) => {
      const event = num(match[1]) ?? 0;
      return {
        type: 'fault',
        model: 'arm-smmu-v3',
        kind: KIND_OF_EVENT[event] ?? 'other',
        decoded: [meaningOf(event)],
      };
    },
  },
  {
    by: 'arm_smmu_dump_event',
    in: '6.14-',
    pattern: /^event: (\w+) client: (.+?) sid: (0x[0-9a-f]+)(?: ssid: (0x[0-9a-f]+))?(?: iova: (0x[0-9a-f]+))?/,
    opens: 2,
    read: (match) => {
      const event = numberOf(match[1] ?? '');
      const client = match[2] ?? '';
      return {
        type: 'fault',
        model: 'arm-smmu-v3',
        stream: num(match[3]),
        client: client === '(unassigned sid)' ? null : client,
        iova: big(match[5]),
        kind: KIND_OF_EVENT[event ?? -1] ?? 'other',
        decoded: event === null ? [match[1] ?? ''] : [meaningOf(event)],
      };
    },
  },
  {
    by: 'arm_smmu_dump_event',
    in: '6.14-',
    pattern: /^(?:un)?priv (?:data|inst) (read|write) s[12] "([^"]*)"(.*)/,
    read: (match) => ({
      type: 'detail',
      write: match[1] === 'write',
      decoded: [`${match[1]}, ${match[2]}${/\bstall\b/.test(match[3] ?? '') ? ', stalled' : ''}`],
    }),
  },
  {
    by: 'arm_smmu_handle_ppr',
    in: '4.1-',
    pattern: /^unexpected PRI request received:/,
    opens: 2,
    read: () => ({
      type: 'fault',
      model: 'arm-smmu-v3',
      kind: 'ats',
      decoded: ['a page request of a PCI device that nobody handles'],
    }),
  },
  {
    by: 'arm_smmu_handle_ppr',
    in: '4.1-',
    pattern: /^\s*sid (0x[0-9a-f]+)\.(0x[0-9a-f]+): .* access at iova (0x[0-9a-f]+)/,
    read: (match) => ({ type: 'detail', stream: num(match[1]), iova: big(match[3]) }),
  },
  says(
    'arm_smmu_cmdq_issue_cmdlist',
    '5.4-',
    /^CMD_SYNC timeout at (0x[0-9a-f]+)/,
    'a command did not end: the SMMU does not answer, or an ATS invalidation waits for a PCI device that is gone (its clock or power domain, or the device, is off)',
  ),
  says(
    '__arm_smmu_cmdq_issue_sync',
    '4.1-5.3',
    /^CMD_SYNC timeout(?!\s+at)/,
    'a command did not end: the SMMU does not answer, or an ATS invalidation waits for a PCI device that is gone',
  ),
  says(
    'arm_smmu_cmdq_issue_cmdlist',
    '4.1-',
    /^CMDQ timeout/,
    'the command queue stays full: the SMMU does not take commands (its clock or power is off)',
  ),
  says(
    '__arm_smmu_cmdq_skip_err',
    '4.1-',
    /^CMDQ error \(cons (0x[0-9a-f]+)\): (.*)/,
    'the SMMU refused a command ($2)',
  ),
  says(
    '__arm_smmu_cmdq_skip_err',
    '4.1-',
    /^(?:skipping command in error state|retrying command fetch)/,
    'the SMMU refused a command, and the driver goes on',
    'warning',
  ),
  says(
    'arm_smmu_evtq_thread',
    '4.1-',
    /^EVTQ overflow detected/,
    'events came faster than they were read: there were more faults than this log shows',
  ),
  says(
    'arm_smmu_priq_thread',
    '4.1-',
    /^PRIQ overflow detected/,
    'page requests came faster than they were read: some are lost',
  ),
  says(
    'arm_smmu_gerror_handler',
    '4.1-',
    /^unexpected global error reported \((0x[0-9a-f]+)\)/,
    'the SMMU reports a global error (GERROR $1)',
  ),
  says(
    'arm_smmu_gerror_handler',
    '4.1-',
    /^device has entered Service Failure Mode!/,
    'the SMMU has failed: nothing behind it can access memory until a reset',
  ),
  says(
    'arm_smmu_gerror_handler',
    '4.1-',
    /^(GERROR|PRIQ|EVTQ|CMDQ) MSI write aborted/,
    'the SMMU could not write its $1 interrupt message: the msi-parent or its doorbell is wrong',
    'warning',
  ),
  says(
    'arm_smmu_gerror_handler',
    '4.1-',
    /^(PRIQ|EVTQ) write aborted/,
    'the SMMU could not write its $1: events may be lost',
  ),
  refuses(
    'arm_smmu_insert_master',
    '5.13-',
    /^stream (\d+) already in tree from dev (\S+)/,
    'stream $1 belongs to $2 already; an SMMUv3 gives it to one device only, this one runs without the IOMMU',
  ),
  refuses(
    'arm_smmu_insert_master',
    '6.13-',
    /^Aliasing StreamID (0x[0-9a-f]+) \(from (\S+)\) unsupported/,
    'stream $1 belongs to $2 already: DMA of this device does not work',
  ),
  says(
    'arm_smmu_enable_ats',
    '5.4-',
    /Failed to enable ATS \(STU (\d+)\)/,
    'ATS cannot be turned on for this PCI device',
    'warning',
  ),
  says(
    'arm_smmu_enable_pasid',
    '5.6-',
    /^Failed to enable PASID/,
    'PASIDs cannot be turned on for this PCI device',
    'warning',
  ),
  says(
    'arm_smmu_device_hw_probe',
    '4.1-',
    /unknown\/unsupported TT endianness!/,
    'the ID registers make no sense (endianness of the tables): wrong registers, or its clock or power is off',
  ),
  says(
    'arm_smmu_device_hw_probe',
    '4.1-',
    /^no translation support!/,
    'the ID registers say that it cannot translate: wrong registers, or its clock or power is off',
  ),
  says(
    'arm_smmu_device_hw_probe',
    '4.1-',
    /^AArch64 table format not supported!|^embedded implementation not supported|^command queue size <= /,
    'this SMMU lacks what the driver needs',
  ),
  says(
    'arm_smmu_device_hw_probe',
    '4.1-',
    /unknown output address size\. Truncating/,
    'the SMMU states an address size that this kernel does not know',
    'warning',
  ),
  says(
    'arm_smmu_device_hw_probe',
    '4.1-',
    /^IDR0\.(\w+).* overridden by/,
    'dma-coherent in the tree and the SMMU disagree ($1): the tree decides',
    'warning',
  ),
  says(
    'arm_smmu_device_hw_probe',
    '4.1-',
    /failed to set DMA mask for table walker/,
    'its table walker cannot reach all of memory',
    'warning',
  ),
  says('arm_smmu_device_dt_probe', '4.1-', /^(?:missing|invalid) #iommu-cells/, 'the driver wants #iommu-cells = <1>'),
  says(
    'arm_smmu_device_probe',
    '4.1-',
    /^MMIO region too small/,
    'reg of the node is smaller than the registers of the SMMU',
  ),
  says(
    'arm_smmu_device_reset',
    '4.1-',
    /^SMMU currently enabled! Resetting/,
    'firmware or the kernel before left the SMMU on: devices that were running lose their translation now',
    'warning',
  ),
  says(
    'arm_smmu_device_reset',
    '4.1-',
    /^failed to (?:clear cr0|enable (?:command queue|event queue|PRI queue|ATS check|SMMU interface)|setup irqs|reset impl|disable irqs)/,
    'a register of the SMMU did not take its value: its clock or power is off',
  ),
  says('arm_smmu_update_gbpa', '4.15-', /^GBPA not responding to update/, 'the SMMU does not answer a write to GBPA'),
  says(
    'arm_smmu_setup_unique_irqs',
    '4.1-',
    /^(?:failed to enable \w+ irq|no (evtq|gerr|priq) irq - )/,
    'an interrupt of the SMMU is missing: its events or errors will not be reported',
    'warning',
  ),
  says(
    'arm_smmu_init_one_queue',
    '4.1-',
    /^failed to allocate (?:queue|l[12] stream table|linear stream table)/,
    'no memory for a queue or the stream table',
  ),
  says(
    'arm_smmu_init_strtab_2lvl',
    '4.1-',
    /^2-level strtab only covers (\d+)\/(\d+) bits of SID/,
    'stream IDs of more than $1 bits have no entry',
    'warning',
  ),
  says(
    'arm_smmu_rmr_install_bypass_ste',
    '6.0-',
    /^RMR SID\((0x[0-9a-f]+)\) bypass failed/,
    'the stream $1 that firmware uses could not be let through',
  ),
  says(
    'arm_smmu_setup_msis',
    '4.4-',
    /failed to allocate MSIs - falling back/,
    'its interrupts come by wire',
    'warning',
  ),
  says('arm_smmu_device_probe', '4.1-', /^Failed to register iommu/, 'the IOMMU core did not take it'),
  {
    // arm_smmu_evtq_thread prints the record in four words; a refused command in two.
    by: 'arm_smmu_dump_raw_event',
    in: '4.1-',
    pattern: /^\s+(0x[0-9a-f]{16})\s*$/,
    read: (match) => ({ type: 'word', value: big(match[1]) ?? 0n }),
  },
  known(
    'arm_smmu_device_hw_probe',
    '4.1-',
    /^(?:ias \d+-bit|oas |allocated \d+ entries|option |option mask|msi_domain absent|found companion|enabling workaround|shutdown)/,
  ),
];

export const armSmmuV3: Family = {
  name: 'arm-smmu-v3',
  anchor: /smmu-?v?3|already in tree|Aliasing StreamID|ATS|PASID/,
  shapes,
};
