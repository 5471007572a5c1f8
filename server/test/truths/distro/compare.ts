/** A recorded boot against the simulated one: groups, binds, and the first mappings of each driver. */

import { TreeBuilder } from '../../../src/devicetree/build';
import { openTree } from '../../../src/devicetree/open-tree';
import { stringOf } from '../../../src/devicetree/read';
import { parseConfig } from '../../../src/simulator/kernel/config';
import type { ReportDma, SimulationReport } from '../../../src/simulator/report';
import { defaultScenario } from '../../../src/simulator/scenario';
import { simulate } from '../../../src/simulator/simulate';
import { type DistroBoot, regionText } from './boot';
import { pciOf } from './scenario';

interface Count {
  equal: number;
  readonly different: string[];
}

export interface BootResult {
  readonly name: string;
  readonly groups: Count;
  readonly binds: Count;
  readonly mappings: Count;
}

/** What is waited for after the modules. */
const SETTLE_MS = 60_000;

function simulated(boot: DistroBoot): SimulationReport {
  const uri = `distro:/${boot.name}/fdt.dtb`;
  const { tree } = openTree(
    new TreeBuilder(),
    uri,
    { read: () => null, readBytes: (asked) => (asked === uri ? boot.blob : null) },
    { includeFolders: [], defines: [] },
    [],
  );
  const host = tree.nodes.find((node) => stringOf(node.properties.get('device_type')) === 'pci');
  if (host === undefined) throw new Error('no PCI host in the tree');
  return simulate(tree, {
    board: boot.name,
    kernel: boot.kernel,
    cmdline: boot.cmdline,
    config: parseConfig(boot.config),
    scenario: {
      ...defaultScenario,
      pci: pciOf(boot, host.path),
      events: [{ event: 'wait', ms: boot.modulesAfter }, { event: 'coldplug' }, { event: 'wait', ms: SETTLE_MS }],
    },
  });
}

const sorted = (names: readonly string[]): string => [...names].sort().join(' ');

/** Compares one boot. */
export function compareBoot(boot: DistroBoot): BootResult {
  const report = simulated(boot);
  const nameOf = new Map(report.devices.map((device) => [device.device, device.name]));
  const named = (ref: string): string => nameOf.get(ref) ?? ref;
  const groups: Count = { equal: 0, different: [] };
  const ours = new Set(
    report.groups.map(
      (group) =>
        `${group.type} ${sorted(group.devices.map(named))} [${group.reservedRegions.map(regionText).join(', ')}]`,
    ),
  );
  for (const group of boot.groups) {
    const text = `${group.type} ${sorted(group.devices)} [${group.regions.join(', ')}]`;
    if (ours.delete(text)) groups.equal++;
    else groups.different.push(`recorded ${text}`);
  }
  for (const text of ours) groups.different.push(`simulated ${text}`);

  const binds: Count = { equal: 0, different: [] };
  const drivers = new Map(
    report.devices.map((device) => [
      `${device.bus} ${device.name}`,
      device.status === 'bound' ? (device.driver ?? '-') : '-',
    ]),
  );
  for (const [device, driver] of boot.binds) {
    const own = drivers.get(device) ?? 'no device';
    if (own === driver) binds.equal++;
    else binds.different.push(`${device}: recorded ${driver}, simulated ${own}`);
  }

  const mappings: Count = { equal: 0, different: [] };
  const translated = new Set(boot.groups.filter((g) => g.type.startsWith('DMA')).flatMap((g) => g.devices));
  const calls = new Map<string, ReportDma[]>();
  for (const call of report.dma) {
    if (!/^(alloc|map|sg|map-sg)$/.test(call.kind)) continue;
    const name = named(call.device);
    calls.set(name, [...(calls.get(name) ?? []), call]);
  }
  for (const [device, list] of boot.mappings) {
    if (!translated.has(device)) continue;
    list.forEach((wanted, n) => {
      const own = calls.get(device)?.[n];
      const page = own?.iova == null ? null : BigInt(own.iova) & ~0xfffn;
      const size = Number(own?.size);
      const fits = wanted.pages ? Math.ceil(size / 4096) * 4096 === wanted.size : size === wanted.size;
      if (page === wanted.page && fits) mappings.equal++;
      else
        mappings.different.push(
          `${device} ${n}: recorded 0x${wanted.page.toString(16)} ${wanted.size}, simulated ${own === undefined ? 'nothing' : `${own.iova} ${Number(own.size)}`}`,
        );
    });
  }
  return { name: boot.name, groups, binds, mappings };
}
