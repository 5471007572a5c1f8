/** What an Arm SMMU does with a transaction, and what its interrupt handlers print. */
import type { Errno } from '../../contract/errno';
import type { AccessOutcome, HardwareDomain } from '../../contract/hardware-domain';
import { blocksByDefault } from './configuration';
import { type ContextFault, contextFaultLine, decodedFaultLines, globalFaultLines } from './fault-text';
import { CB, FSR, FSR_FAULT, FSYNR0, GFSR, GR0, SCTLR, sCR0 } from './registers';
import type { ArmSmmuState } from './state';
import { vendorFatal } from './vendor';

const ENOSYS: Errno = -38;

/** report_iommu_fault(): -ENOSYS without a handler; the handlers of this driver know no device. */
function report(domain: HardwareDomain | undefined, iova: bigint, write: boolean): Errno {
  return domain?.faultHandler?.(iova, write) ?? ENOSYS;
}

function readFault(instance: ArmSmmuState, bank: number, space: number): ContextFault {
  const { hardware } = instance.setup;
  return {
    fsr: hardware.readBank(bank, CB.FSR, space),
    iova: hardware.readBank64(bank, CB.FAR, space),
    fsynr0: hardware.readBank(bank, CB.FSYNR0, space),
    cbfrsynra: hardware.readCbfrsynra(bank, space),
    bank,
  };
}

/** arm_smmu_context_fault(), or NVIDIA's that looks at all banks of both instances. Returns the lines it printed. */
export function contextInterrupt(instance: ArmSmmuState, bank: number): string[] {
  const { hardware, model, state } = instance.setup;
  if (model.nvidia !== null && model.nvidia.instances > 1) {
    const lines: string[] = [];
    for (let space = 0; space < hardware.spaces.length; space++)
      for (let at = 0; at < instance.setup.configuration.banks; at++) {
        const fault = readFault(instance, at, space);
        if ((fault.fsr & FSR_FAULT) === 0) continue;
        if (state.limit('nvidia_smmu_context_fault_bank').allows()) lines.push(contextFaultLine(fault));
        hardware.acknowledgeBank(at, fault.fsr, space);
      }
    return print(instance, lines);
  }
  const fault = readFault(instance, bank, 0);
  if ((fault.fsr & FSR_FAULT) === 0) return [];
  const result = report(instance.domains[bank], fault.iova, (fault.fsynr0 & FSYNR0.WNR) !== 0);
  const lines: string[] = [];
  if (result === ENOSYS && state.limit('arm_smmu_context_fault').allows()) {
    lines.push(contextFaultLine(fault));
    if (instance.setup.decodesFaults) lines.push(...decodedFaultLines(fault));
  }
  hardware.acknowledgeBank(bank, fault.fsr);
  return print(instance, lines);
}

/** arm_smmu_global_fault() and nvidia_smmu_global_fault(). */
export function globalInterrupt(instance: ArmSmmuState): string[] {
  const { hardware, kernel, model, state } = instance.setup;
  const mirrored = model.nvidia !== null && model.nvidia.instances > 1;
  const blockedText = !mirrored && blocksByDefault(kernel);
  const lines: string[] = [];
  for (let space = 0; space < (mirrored ? hardware.spaces.length : 1); space++) {
    const fault = {
      gfsr: hardware.readGlobal(GR0.sGFSR, space),
      gfsynr0: hardware.readGlobal(GR0.sGFSYNR0, space),
      gfsynr1: hardware.readGlobal(GR0.sGFSYNR1, space),
      gfsynr2: hardware.readGlobal(GR0.sGFSYNR2, space),
    };
    if (fault.gfsr === 0) continue;
    const texts = globalFaultLines(fault, blockedText);
    if (mirrored) {
      // Two rate-limited prints, each with a limit of its own.
      texts.forEach((text, at) => {
        if (state.limit('nvidia_smmu_global_fault_inst', `nvidia_smmu_global_fault_inst ${at}`).allows())
          lines.push(text);
      });
    } else if (state.limit('arm_smmu_global_fault').allows()) lines.push(...texts);
    hardware.acknowledgeGlobal(fault.gfsr, space);
  }
  return print(instance, lines);
}

function print(instance: ArmSmmuState, lines: string[]): string[] {
  for (const line of lines) instance.setup.machine.message('err', instance.device, line);
  return lines;
}

/** The FSR.FORMAT code of a bank (v2): 0 short, 1 long, 2 AArch64. */
const FORMAT = { 'aarch32-short': 0, 'aarch32-long': 1, aarch64: 2 } as const;

/** One transaction of a stream: stream table, context bank, TLB, tables, fault (Arm IHI 0062D, 2.2 and 3.4). */
export function accessStream(instance: ArmSmmuState, stream: number, iova: bigint, write: boolean): AccessOutcome {
  const { hardware } = instance.setup;
  const base = { stream, iova, write, stale: false, walk: [] };
  const through = { ...base, result: 'untranslated', phys: iova, fault: null, lines: [] } as const;
  const control = hardware.readGlobal(GR0.sCR0);
  if ((control & sCR0.CLIENTPD) !== 0) return through;
  const index = instance.streams.match(stream);
  if (index === null) {
    if ((control & sCR0.USFCFG) === 0) return through;
    hardware.latchGlobalFault(GFSR.USF, write ? 2 : 0, stream);
    return { ...base, result: 'fault', phys: null, fault: 'unknown-stream', lines: globalInterrupt(instance) };
  }
  const entry = instance.streams.s2cr(index);
  if (entry.type === 'bypass') return through;
  if (entry.type === 'fault') {
    hardware.latchGlobalFault(GFSR.ICF, write ? 2 : 0, stream);
    return { ...base, result: 'fault', phys: null, fault: 'blocked-stream', lines: globalInterrupt(instance) };
  }
  const { bank } = entry;
  const domain = instance.domains[bank];
  const contents = instance.banks[bank];
  if (domain === undefined || contents === undefined || (hardware.readBank(bank, CB.SCTLR) & SCTLR.M) === 0)
    return through;
  const { leaf, stale } = domain.access(iova);
  const walk = domain.walk(iova);
  const allowed = leaf !== null && (write ? leaf.write : leaf.read);
  if (leaf !== null && allowed)
    return { ...base, result: 'translated', phys: leaf.phys + (iova - leaf.iova), stale, fault: null, lines: [], walk };
  const level = leaf?.level ?? walk.at(-1)?.level ?? 0;
  const format = instance.setup.model.version === 'v2' ? FORMAT[contents.format] << 9 : 0;
  const fsr = (leaf === null ? FSR.TF : FSR.PF) | format;
  hardware.latchContextFault(bank, 0, fsr, iova, (write ? FSYNR0.WNR : 0) | (level & 3), stream);
  const lines = contextInterrupt(instance, bank);
  const node = instance.device.node;
  const fatal =
    node === null || domain.faultHandler !== null ? null : vendorFatal(node, instance.mastersOfEntry(index)[0]);
  return {
    ...base,
    result: 'fault',
    phys: null,
    fault: leaf === null ? 'translation' : 'permission',
    lines,
    walk,
    ...(fatal === null ? {} : { panics: fatal }),
  };
}
