/** From a recording's input (tree, command line, environment of its /init) to a scenario. Knows the rig, no recording. */
import type { DeviceTree, DtNode } from '../../../../src/devicetree/model';
import { cellsOf, compatibles, u32, wide } from '../../../../src/devicetree/read';
import { regOf } from '../../../../src/iommu/addresses';
import { platformName } from '../../../../src/simulator/probe/devices/naming';
import type { DeviceBehaviour, Scenario, ScenarioEvent } from '../../../../src/simulator/scenario';
import type { RecordingFile } from '../recording';
import { driversOf } from './drivers';
import { kernelDevicesOf } from './kernel-devices';
import { buildOf, configOf, declared, early, isFirst, releaseOf } from './kernels';
import { probeOps, removeOps } from './ops';
import { pciOf } from './pci';

function has(node: DtNode, name: string): boolean {
  return node.properties.has(name);
}

/** `oracle,fail` errno for the first `oracle,fail-count` attempts, or always. */
function probeResults(node: DtNode): readonly number[] | undefined {
  if (!has(node, 'oracle,fail')) return undefined;
  const error = -u32(node, 'oracle,fail', 0);
  if (!has(node, 'oracle,fail-count')) return [error];
  // No boot has more attempts than that.
  return [...Array.from({ length: Math.min(u32(node, 'oracle,fail-count', 0), 10_000) }, () => error), 0];
}

const hex = (n: bigint): string => `0x${n.toString(16)}`;

/** What the 3.19 rig's IOMMU adds: how it registers, which groups it makes, whom it refuses. */
function firstFacts(node: DtNode): Readonly<Record<string, unknown>> {
  const early = compatibles(node).includes('oracle,iommu-early');
  return {
    groups: ['each', 'one', 'by-id', 'none', 'every-device'][u32(node, 'oracle,group-mode', 0)] ?? 'each',
    sysfsName: null,
    // Declared early it has of_xlate unless told otherwise, as an ordinary driver only when told so.
    ofOperations: early ? !has(node, 'oracle,no-of-ops') : has(node, 'oracle,xlate'),
    busOperations: !has(node, 'oracle,no-bus-ops'),
    attachRefusal: -u32(node, 'oracle,attach-refuse', 0),
    addError: -u32(node, 'oracle,add-error', 0),
    groupsLater: !has(node, 'oracle,group-early'),
    busyIgnored: true,
    declareError: has(node, 'oracle,early-fail') ? -19 : 0,
    declareCreates: has(node, 'oracle,create-device'),
  };
}

/** The software IOMMU's properties as hardware facts. */
function softwareFacts(node: DtNode, release: number): Readonly<Record<string, unknown>> {
  const facts: Record<string, unknown> = {
    groups: ['each', 'one', 'by-id'][u32(node, 'oracle,group-mode', 0)] ?? 'each',
    sysfsName: `oiommu.${platformName(node)}`,
  };
  if (has(node, 'oracle,identity')) facts.identityByDefault = true;
  const pages = cellsOf(node.properties.get('oracle,pgsizes'));
  if (pages.length > 0) facts.pageSizes = hex(wide(pages, 0, pages.length));
  const aperture = cellsOf(node.properties.get('oracle,aperture'));
  if (aperture.length === 4) facts.aperture = [hex(wide(aperture, 0, 2)), hex(wide(aperture, 2, 2))];
  if (has(node, 'oracle,no-force-aperture')) facts.forceAperture = false;
  if (has(node, 'oracle,max-sid')) facts.maxId = u32(node, 'oracle,max-sid', 0);
  if (has(node, 'oracle,check-aperture')) facts.checkAperture = true;
  if (isFirst(release)) Object.assign(facts, firstFacts(node));
  if (has(node, 'oracle,alloc-fail')) facts.allocationFails = true;
  if (has(node, 'oracle,no-identity')) facts.identityDomain = false;
  const attach = cellsOf(node.properties.get('oracle,attach-fail'));
  // Attaches count from 1; a 0 can only mean the first one.
  if (attach.length >= 1) facts.attachFailure = [-(attach[0] ?? 0), Math.max(attach[1] ?? 1, 1), attach[2] ?? 1];
  return facts;
}

/** The registers that the rig preset in memory, by address (`fake_regs_initial`, or QEMU's loader arguments). */
function presetRegisters(file: RecordingFile): [bigint, number][] {
  const found: [bigint, number][] = [];
  const preset = file.fake_regs_initial;
  if (Array.isArray(preset))
    for (const entry of preset as { addr: string | number; value: string | number }[])
      found.push([BigInt(entry.addr), Number(entry.value) >>> 0]);
  for (const argument of file.qemu) {
    const loader = /^loader,addr=(0x[0-9a-f]+),data=(0x[0-9a-f]+),data-len=4/i.exec(argument);
    if (loader !== null) found.push([BigInt(loader[1] ?? '0'), Number(loader[2]) >>> 0]);
  }
  return found;
}

function hardwareFacts(node: DtNode, file: RecordingFile): Readonly<Record<string, unknown>> | undefined {
  if (compatibles(node).some((c) => c.startsWith('oracle,iommu'))) return softwareFacts(node, releaseOf(file));
  // QEMU's SMMUv3 (the README of the first set): 16 bits of stream ID, 44 bits of addresses.
  if (compatibles(node).includes('arm,smmu-v3'))
    return { sidBits: 16, oas: 44, stage2: false, eventClass: false, busBits: 48 };
  const preset = presetRegisters(file);
  const spaces = regOf(node).map(({ address, size }) =>
    Object.fromEntries(
      preset
        .filter(([at]) => at >= address && at < address + size)
        .map(([at, value]) => [hex(at - address), hex(BigInt(value))]),
    ),
  );
  return { plainMemory: true, safeToggleFails: true, registers: spaces.length > 1 ? spaces : (spaces[0] ?? {}) };
}

/** What the rig's client does with a node's properties; `bits`: the mask that it sets when the node says nothing. */
function clientBehaviour(node: DtNode, arm: boolean, bits: number, first: boolean): Omit<DeviceBehaviour, 'device'> {
  const own = u32(node, 'oracle,dma-bits', bits);
  const boundary = cellsOf(node.properties.get('oracle,seg-boundary'));
  return {
    dmaBits: own === 0 ? null : own,
    ops: probeOps(node, arm, first),
    opsRemove: removeOps(node, arm, first),
    ...(has(node, 'oracle,coherent-bits') ? { coherentBits: u32(node, 'oracle,coherent-bits', 0) } : {}),
    ...(has(node, 'oracle,max-seg-size') ? { maxSegmentSize: u32(node, 'oracle,max-seg-size', 0) } : {}),
    ...(boundary.length > 0 ? { segmentBoundary: wide(boundary, 0, boundary.length) } : {}),
    ...(has(node, 'oracle,small') ? { bufferSize: 65536 } : {}),
    ...(has(node, 'oracle,leak') ? { leak: true } : {}),
  };
}

function behaviourOf(node: DtNode, file: RecordingFile, arm: boolean): DeviceBehaviour | null {
  const ours = compatibles(node).some((c) => c.startsWith('oracle,'));
  const hardware =
    has(node, '#iommu-cells') || has(node, '#global-interrupts') || has(node, 'mmu-masters')
      ? hardwareFacts(node, file)
      : undefined;
  if (!ours) return hardware === undefined ? null : { device: node.path, hardware };
  const client = compatibles(node).some((c) => c.startsWith('oracle,client'));
  const late = u32(node, 'oracle,fail-late', 0);
  return {
    device: node.path,
    ...(probeResults(node) === undefined ? {} : { probe: probeResults(node) }),
    ...(late === 0 ? {} : { failAfter: -late }),
    ...(late !== 0 && has(node, 'oracle,fail-count') ? { failAfterCount: u32(node, 'oracle,fail-count', 0) } : {}),
    // The rig's drivers fail through dev_err_probe().
    reason: 'oracle scripted failure',
    reasonAfter: 'oracle scripted late failure',
    ...(has(node, 'oracle,delay-ms') ? { delay: u32(node, 'oracle,delay-ms', 0) } : {}),
    ...(client ? clientBehaviour(node, arm, 32, isFirst(releaseOf(file))) : {}),
    ...(hardware === undefined ? {} : { hardware }),
  };
}

/** The node of a PCI function: from its host down by the device and function numbers in `reg`. */
function functionNode(host: DtNode, devfns: readonly number[]): DtNode | undefined {
  let node: DtNode | undefined = host;
  for (const devfn of devfns)
    node = [...(node?.children.values() ?? [])].find((child) => {
      const reg = cellsOf(child.properties.get('reg'));
      return reg.length >= 5 && (((reg[0] ?? 0) >>> 8) & 0xff) === devfn;
    });
  return node;
}

/** The rig's /init: what happens after boot, from the variables on the command line. */
function eventsOf(file: RecordingFile): ScenarioEvent[] {
  const env = new Map<string, string>();
  for (const word of file.rig_env.split(/\s+/)) {
    const at = word.indexOf('=');
    if (at > 0) env.set(word.slice(0, at), word.slice(at + 1));
  }
  const events: ScenarioEvent[] = [{ event: 'dump', name: 'boot' }];
  const wait = env.get('owait');
  if (wait !== undefined)
    events.push({ event: 'wait', ms: Number(wait) * 1000 }, { event: 'dump', name: 'after-wait' });
  events.push({ event: 'dump', name: 'lists' });
  const suspends = isFirst(releaseOf(file)) ? env.get('osuspend') === '1' : env.get('osuspend') !== '0';
  const state = env.get('ostate') === 'freeze' ? 'freeze' : 'mem';
  if (suspends) events.push({ event: 'suspend', state }, { event: 'resume' }, { event: 'dump', name: 'after-suspend' });
  const rebind = (text: string | undefined): void => {
    for (const entry of (text ?? '').split(',')) {
      const [driver, device, what] = entry
        .split(':')
        .map((p) => p.replace(/^(\d{4})_([0-9a-f]{2})_([0-9a-f.]+)$/, '$1:$2:$3'));
      if (driver === undefined || device === undefined || device === '') continue;
      if (what !== 'b') events.push({ event: 'unbind', device });
      if (what !== 'u') events.push({ event: 'bind', device, driver });
    }
  };
  if (env.has('orebind')) {
    rebind(env.get('orebind'));
    events.push({ event: 'dump', name: 'after-rebind' });
  }
  if (env.has('otype')) {
    for (const entry of (env.get('otype') ?? '').split(',')) {
      const [group, type] = entry.split(':');
      if (group !== undefined && type !== undefined) events.push({ event: 'group-type', group: Number(group), type });
    }
    events.push({ event: 'dump', name: 'after-settype' });
  }
  if (env.has('orebind2')) {
    rebind(env.get('orebind2'));
    events.push({ event: 'dump', name: 'after-rebind2' });
  }
  return events;
}

export function scenarioOf(set: string, file: RecordingFile, tree: DeviceTree): Scenario {
  const build = buildOf(set, file);
  const release = releaseOf(file);
  const arm = build.startsWith('arm32');
  const devices: DeviceBehaviour[] = [];
  for (const node of tree.nodes) {
    const behaviour = behaviourOf(node, file, arm);
    if (behaviour !== null) devices.push(behaviour);
  }
  // QEMU's virtio-iommu lets endpoints that nobody attached pass, unless told otherwise.
  if (file.qemu.some((argument) => argument.includes('boot-bypass=off')))
    devices.push({ device: 'virtio0', hardware: { bypass: false } });
  const host = tree.nodes.find((n) => compatibles(n).includes('pci-host-ecam-generic'));
  const pci =
    host === undefined
      ? { hosts: [], behaviours: [] }
      : pciOf(file, host.path, (devfns) => {
          const node = functionNode(host, devfns);
          return node === undefined || !has(node, 'oracle,ops')
            ? undefined
            : clientBehaviour(node, arm, 64, isFirst(release));
        });
  return {
    kernel: file.kernel,
    arch: arm ? 'arm' : 'arm64',
    cmdline: file.cmdline,
    config: configOf(build, file),
    memory: [],
    drivers: driversOf(build, release, file),
    catalogue: false,
    early: isFirst(release) ? [...early, ...declared] : early,
    kernelDevices: kernelDevicesOf(build, release),
    devices: [...devices, ...pci.behaviours],
    pci: pci.hosts,
    workloads: false,
    events: eventsOf(file),
  };
}
