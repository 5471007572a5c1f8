/**
 * Fault lines and transfers: the recording's script is run against the machine as the boot left it. Register writes and
 * interrupts reach the hardware model; `edu` commands map memory through the DMA API and access it as the device does.
 */
import { regOf } from '../../../../src/iommu/addresses';
import type { SimDevice } from '../../../../src/simulator/contract/device';
import type { AccessOutcome } from '../../../../src/simulator/contract/hardware-domain';
import type { IommuInstance } from '../../../../src/simulator/contract/iommu-driver';
import { Client } from '../../../../src/simulator/dma/clients/client';
import { bindTo, releaseDriver } from '../../../../src/simulator/probe/binding';
import type { Machine } from '../../../../src/simulator/probe/machine';
import type { Tally } from '../tally';
import type { FactKind } from './kind';

interface ScriptStep {
  readonly cmd: string;
  readonly lines: readonly string[];
}

/** What a hardware model with registers offers to a rig. */
interface Pokeable extends IommuInstance {
  poke(instance: number, offset: number, value: number): void;
  interrupt(index: number): readonly string[];
}

/** Commands and transfers of the device take about this long on the recording's console, in milliseconds. */
const STEP_MS = 13;
const TRANSFER_MS = 390;
/** Between these two the recordings themselves differ from run to run (flush timer, README). */
const UNCERTAIN_MS = [8, 30] as const;

const isPokeable = (instance: IommuInstance): instance is Pokeable => 'poke' in instance && 'interrupt' in instance;

/** A kernel line without driver and device in front. */
const bare = (line: string): string => line.replace(/^(arm-smmu|arm-smmu-v3|tegra-mc|virtio_iommu) \S+: /, '');

/**
 * Devices without translation use physical addresses, which differ from boot to boot: in virtio-iommu's line, and in
 * the third word of an SMMUv3 event.
 */
function comparable(lines: readonly string[], direct: boolean): string[] {
  return lines.map((line, i) =>
    direct && /^event 0x/.test(lines[i - 3] ?? '') ? '*' : line.replace(/^(unknown fault from EP \d+ at) \S+/, '$1 *'),
  );
}

/** Bytes of the next access of an address that nothing answers. */
function faultingPiece(address: bigint, left: number): number {
  const aligned = address & 3n;
  const most = aligned === 0n ? 4 : Number(aligned & -aligned);
  return left >= most ? most : 2 ** Math.floor(Math.log2(left));
}

class Rig {
  private readonly client: Client | null;

  constructor(
    private readonly machine: Machine,
    private readonly tally: Tally,
  ) {
    this.client = machine.work instanceof Client ? machine.work : null;
  }

  run(script: readonly ScriptStep[]): void {
    let late: readonly string[] = [];
    script.forEach((step, index) => {
      const moves = /^edu \S+ (read|write)/.test(step.cmd);
      this.machine.sleep(moves ? TRANSFER_MS : STEP_MS);
      const before = this.machine.core.messages.length;
      const words = step.cmd.split(' ');
      const uncertain = this.step(words, step, `${index} ${step.cmd}`);
      if (words[0] === 'sleep') {
        // Console lines that the recording attributed to the sleep before the command that printed them.
        late = step.lines;
        return;
      }
      if (uncertain) return;
      const printed = this.machine.core.messages.slice(before).map((message) => message.text);
      const recorded = [...(words[0] === 'irq' ? late : []), ...step.lines]
        .filter((line) => !/^(ORACLE|qemu-system)/.test(line))
        .map(bare);
      if (words[0] === 'irq') late = [];
      const device = words[0] === 'edu' ? this.machine.find(words[1] ?? '') : null;
      const direct = device !== null && !this.machine.iommu.view(device).dmaIommu;
      const expected = recorded.filter((line) => !/^(simple-|pci|oracle)/.test(line));
      if (expected.length > 0 || printed.length > 0)
        this.tally.list('faults', `${index} ${step.cmd}`, comparable(expected, direct), comparable(printed, direct));
    });
  }

  /** Runs one command; true when its outcome is not a fact. */
  private step(words: readonly string[], step: ScriptStep, at: string): boolean {
    const number = (index: number): number => Number(words[index] ?? 0);
    switch (words[0]) {
      case 'w32':
        this.write(BigInt(words[1] ?? 0), number(2));
        return false;
      case 'w64': {
        const value = BigInt(words[2] ?? 0);
        this.write(BigInt(words[1] ?? 0), Number(value & 0xffffffffn));
        this.write(BigInt(words[1] ?? 0) + 4n, Number(value >> 32n));
        return false;
      }
      case 'irq':
        for (const instance of this.machine.providers)
          if (instance.node.path === words[1] && isPokeable(instance)) instance.interrupt(number(2));
        return false;
      case 'sleep':
        this.machine.sleep(number(1) * 1000);
        return false;
      case 'sh':
        this.shell(step.cmd);
        return false;
      case 'edu':
        return this.edu(words, step, at);
      default:
        return false;
    }
  }

  /** A device's name written to a driver's `unbind` or `bind`. */
  private shell(command: string): void {
    const [, name = '', driverName = '', file] = /^sh echo (\S+) > \S*\/([^/ ]+)\/(bind|unbind)$/.exec(command) ?? [];
    const device = this.machine.find(name);
    const driver = this.machine.driverNamed(driverName);
    if (device === null || driver === null) return;
    if (file === 'unbind') releaseDriver(this.machine, device);
    else bindTo(this.machine, device, driver);
    this.machine.idle();
  }

  private write(address: bigint, value: number): void {
    for (const instance of this.machine.providers)
      regOf(instance.node).forEach((range, index) => {
        // The rig writes bank registers beyond a short `reg` as well: 2 MiB belong to an instance.
        const end = range.address + (range.size > 0x200000n ? range.size : 0x200000n);
        const next = regOf(instance.node)[index + 1]?.address ?? end;
        if (address >= range.address && address < end && (next <= range.address || address < next))
          if (isPokeable(instance)) instance.poke(index, Number(address - range.address), value);
      });
  }

  private edu(words: readonly string[], step: ScriptStep, at: string): boolean {
    const device = this.machine.find(words[1] ?? '');
    if (device === null || this.client === null) return false;
    const n = (index: number): number => Number(words[index] ?? 0);
    const slot = n(3) + 1;
    switch (words[2]) {
      case 'map': {
        const direction = (['bidirectional', 'to-device', 'from-device'] as const)[n(5)] ?? 'bidirectional';
        this.client.perform(device, { op: 'map', slot, size: n(4), direction });
        break;
      }
      case 'alloc':
        this.client.perform(device, { op: 'alloc', slot, size: n(4) });
        break;
      case 'unmap':
        this.remember(device, slot);
        this.client.perform(device, { op: 'free', slot });
        break;
      case 'read':
      case 'write':
        this.transfer(device, this.addressOf(device, slot) + BigInt(n(4)), n(5), words[2] === 'write', step, at);
        break;
      case 'readat':
      case 'writeat':
        this.transfer(device, BigInt(words[3] ?? 0), n(4), words[2] === 'writeat', step, at);
        break;
      case 'unmapread': {
        const iova = this.addressOf(device, slot);
        this.access(device, iova, n(4), false);
        this.remember(device, slot);
        this.client.perform(device, { op: 'free', slot });
        // Telling the console that the mapping is gone takes longer than the flush queue's timer.
        this.machine.sleep(60);
        this.transfer(device, iova, n(4), false, step, at);
        break;
      }
      case 'racedma': {
        const iova = this.addressOf(device, slot);
        const wait = n(5);
        this.access(device, iova, n(4), false);
        this.remember(device, slot);
        this.client.perform(device, { op: 'free', slot });
        this.machine.sleep(wait);
        if (wait >= UNCERTAIN_MS[0] && wait <= UNCERTAIN_MS[1]) {
          this.access(device, iova, n(4), false);
          return true;
        }
        this.transfer(device, iova, n(4), false, step, at);
        break;
      }
      case 'readphys':
        // Where the rig's page happens to lie is no fact; that the access counts for the rate limit is.
        this.access(device, this.client.mappingOf(device, slot)?.phys ?? 0n, n(4), false);
        return true;
      default:
        return true;
    }
    return false;
  }

  private readonly gone = new Map<string, bigint>();

  private remember(device: SimDevice, slot: number): void {
    const mapping = this.client?.mappingOf(device, slot) ?? null;
    if (mapping !== null) this.gone.set(`${device.name} ${slot}`, mapping.iova);
  }

  private addressOf(device: SimDevice, slot: number): bigint {
    return this.client?.mappingOf(device, slot)?.iova ?? this.gone.get(`${device.name} ${slot}`) ?? 0n;
  }

  /** The device fills its buffer from the scratch page, moves data, and for a read writes back what it got. */
  private transfer(
    device: SimDevice,
    iova: bigint,
    length: number,
    write: boolean,
    step: ScriptStep,
    at: string,
  ): void {
    const scratch = this.client?.mappingOf(device, 0)?.iova ?? 0n;
    this.access(device, scratch, length, false);
    const passed = this.access(device, iova, length, write);
    if (!write) this.access(device, scratch, length, true);
    const result = [...step.lines]
      .reverse()
      .map((line) => /result=(\S+)/.exec(line)?.[1])
      .find((word) => word !== undefined);
    const good: Readonly<Record<string, boolean>> = {
      ok: true,
      'stale-read-ok': true,
      zeros: false,
      'not-written': false,
    };
    if (result !== undefined && result in good) this.tally.fact('transfers', at, good[result], passed);
  }

  /**
   * One access for every part that passes; what faults goes in pieces of up to 4 bytes, each aligned to its size (QEMU's
   * memory_access_size), so that a word across the end of a page is two. Whether all of it passed.
   */
  private access(device: SimDevice, iova: bigint, length: number, write: boolean): boolean {
    let passed = true;
    for (let done = 0; done < length; ) {
      const outcome = this.one(device, iova + BigInt(done), write);
      if (outcome === null || outcome.phys !== null) {
        const rest = 4096 - Number((iova + BigInt(done)) & 0xfffn);
        done += rest;
        continue;
      }
      passed = false;
      done += faultingPiece(iova + BigInt(done), length - done);
    }
    return passed;
  }

  /** The transaction of a PCI function as QEMU sends it: with its own RID, behind a PCI bridge with the bridge's. */
  private one(device: SimDevice, iova: bigint, write: boolean): AccessOutcome | null {
    const { pci } = device;
    if (pci === null) return null;
    const stream = pci.upstream?.pci?.kind === 'pcie-to-pci' ? pci.rid & 0xff00 : pci.rid;
    const drivers = ['arm-smmu-v3', 'virtio-iommu'];
    return this.machine.providers.find((one) => drivers.includes(one.driver))?.access(stream, iova, write) ?? null;
  }
}

export const faults: FactKind = {
  name: 'faults',
  compare({ file, outcome }, tally) {
    const script = (file.script ?? []) as readonly ScriptStep[];
    if (script.length > 0) new Rig(outcome.machine, tally).run(script);
  },
};
