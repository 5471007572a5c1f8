/**
 * What of a recording's input and output the adapter knows (the READMEs of the sets). Anything else is named, so that
 * it counts as a difference instead of being passed over.
 */
import type { DeviceTree, DtNode } from '../../../../src/devicetree/model';
import { cellsOf, compatibles } from '../../../../src/devicetree/read';
import type { RecordingFile } from '../recording';
import { MANY, repeats } from './ops';
import { knowsQemuDevice } from './pci';

const properties = new Set(
  [
    'fail fail-count fail-late delay-ms dma-bits coherent-bits max-seg-size seg-boundary leak small drvdata',
    'ops ops2 ops-remove own-domain api api-remove map-unattached regs-at-probe dump-regs',
    'xlate add-error group-early early-fail create-device no-bus-ops no-of-ops attach-refuse watch plain-unregister',
    'group-mode identity no-identity pgsizes aperture no-force-aperture check-aperture max-sid alloc-fail attach-fail',
  ].flatMap((line) => line.split(' ').map((name) => `oracle,${name}`)),
);

const drivers = new Set(
  [
    'client client-arch client-subsys client-mdma client-late supplier supplier-subsys supplier-syncstate supplier-late',
    'populate iommu iommu-early iommu-core iommu-arch iommu-subsys iommu-late iommu-nodrv no-driver',
  ].flatMap((line) => line.split(' ').map((name) => `oracle,${name}`)),
);

/** Operations on `oracle,ops`, those of the 32-bit rig, and those of `oracle,api`. */
const dmaOps = new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]);
const armOps = new Set([20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 31, 32, 34, 35, 36, 37, 38, 39, 40, 50, 52, 53]);
const apiOps = new Set(Array.from({ length: 21 }, (_, i) => 20 + i));
const variables = new Set(['owait', 'osuspend', 'orebind', 'otype', 'orebind2', 'ostate']);
const builds = /^(default|rockchip|lpae|nouse|align\d+|smmu2|soc)\b/;
const machines = /^virt(,|$)/;
const dmaKinds = new Set(['coherent', 'noncontig', 'map', 'sg', 'resource', 'free', 'mask', 'sleep']);
const commands =
  /^(w32|w64|irq|sleep|snap|dump|sh echo \S+ > \S+\/(un)?bind|edu \S+ (map|alloc|unmap|read|write|readat|writeat|readphys|unmapread|racedma))(\s|$)/;

const events = new Set(
  [
    'device-add fwlink-add fwlink-drop not-linking cycle-step cycle-fixed link link-sync-state-only link-drop',
    'link-relax initcall match probe-start probe-ok probe-return probe-reject probe-fail probe-error defer',
    'defer-removed retry defer-reason driver-requests-defer iommu-configure group-alloc group-add group-remove',
    'assume-no-driver timeout-ignore-dependency timeout-extended deferred-probe-pending sync-state-pending',
    'sync-state-forced driver-sync-state driver-probe-called driver-probe-ok driver-probe-fail driver-remove',
    'driver-pci-probe driver-pci-probe-ok driver-pci-probe-fail driver-pci-remove set-mask oiommu-xlate',
    'oiommu-probe-device oiommu-attach userspace userspace-error arm-attach arm-detach arm-create-failed',
    'arm-attach-failed arm-not-attached oiommu-add-device oiommu-group-add oiommu-domain-init oiommu-bus-set-iommu',
    'oiommu-bus-set-iommu-done oiommu-domain-destroy behind-iommu oiommu-detach oiommu-group-postponed',
    'oiommu-of-set-ops devres-release oiommu-remove-device depopulated',
  ].flatMap((line) => line.split(' ')),
);

function unknownOps(node: DtNode, name: string, known: (op: number) => boolean): string[] {
  const cells = cellsOf(node.properties.get(name));
  const found: string[] = [];
  for (let i = 0; i < cells.length; i += 4) {
    const op = cells[i] ?? 0;
    if (!known(op)) found.push(`${node.path} ${name}: operation ${op}`);
    if (repeats(op, cells[i + 1] ?? 0, cells[i + 2] ?? 0) > MANY)
      found.push(`${node.path} ${name}: operation ${op} too often`);
  }
  if (cells.length % 4 !== 0) found.push(`${node.path} ${name}: ${cells.length} cells`);
  return found;
}

/** Every property, operation, option, command and event that nothing here reads, in words. */
export function notUnderstood(file: RecordingFile, tree: DeviceTree, arm: boolean): string[] {
  const found: string[] = [];
  for (const node of tree.nodes) {
    for (const name of node.properties.keys())
      if (name.startsWith('oracle,') && !properties.has(name) && !/^oracle,sg\d+$/.test(name))
        found.push(`${node.path}: property ${name}`);
    for (const compatible of compatibles(node))
      if (compatible.startsWith('oracle,') && !drivers.has(compatible)) found.push(`${node.path}: ${compatible}`);
    for (const name of ['oracle,ops', 'oracle,ops2', 'oracle,ops-remove'])
      found.push(...unknownOps(node, name, (op) => dmaOps.has(op) || (arm && armOps.has(op))));
    for (const name of ['oracle,api', 'oracle,api-remove'])
      found.push(...unknownOps(node, name, (op) => apiOps.has(op)));
  }
  for (const word of file.rig_env.split(/\s+/))
    if (word !== '' && !variables.has(word.split('=')[0] ?? '')) found.push(`variable ${word}`);
  file.qemu.forEach((argument, i) => {
    const option = file.qemu[i - 1] === '-device' && i % 2 === 1;
    if (option ? !knowsQemuDevice(argument) : argument !== '-device') found.push(`qemu ${argument}`);
  });
  if (file.kernel_build !== undefined && !builds.test(file.kernel_build)) found.push(`kernel ${file.kernel_build}`);
  if (file.machine !== undefined && !machines.test(file.machine)) found.push(`machine ${file.machine}`);
  for (const kind of new Set(file.events.map((event) => event.kind)))
    if (!events.has(kind)) found.push(`event ${kind}`);
  for (const kind of new Set((file.dma as readonly { readonly kind: string }[]).map((row) => row.kind)))
    if (!dmaKinds.has(kind)) found.push(`dma operation ${kind}`);
  for (const step of (file.script ?? []) as readonly { readonly cmd: string }[])
    if (!commands.test(step.cmd)) found.push(`command ${step.cmd}`);
  return found;
}
