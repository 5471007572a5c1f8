/**
 * How a master's IDs are read from the tree (drivers/iommu/of_iommu.c, of_map_id): `iommus` for devices with a node,
 * `iommu-map` of the host bridge for PCI functions.
 */
import type { DeviceTree, DtNode } from '../../devicetree/model';
import { cellsOf, compatibles, isAvailable, u32 } from '../../devicetree/read';
import { type RowReading, readRows, rowHolds } from '../../iommu/map';
import { parsePhandleList } from '../../iommu/specifiers';
import type { SimDevice } from '../contract/device';
import { EINVAL, ENODEV, EPROBE_DEFER, type Errno } from '../contract/errno';
import type { FwSpec, IommuInstance } from '../contract/iommu-driver';
import type { KernelView } from '../contract/kernel-view';
import type { MachineServices } from '../contract/machine';
import type { DeviceState } from './device-state';
import { forEachDmaAlias } from './groups/pci-groups';

const EFAULT = -14;

/** NO_IOMMU: there is none, which later kernels call -ENODEV. Positive: no error. */
export const NO_IOMMU_FOUND = 1;

/** What the core lends to the parser. */
export interface OfIommuContext {
  readonly tree: DeviceTree;
  readonly machine: MachineServices;
  readonly kernel: KernelView;
  /** iommu_ops_from_fwnode: the instance registered for a node, or null. */
  instanceOf(node: DtNode): IommuInstance | null;
}

/** Whose iommu-map an ID goes through. */
export interface MappedId {
  readonly node: DtNode;
  readonly id: number;
}

const warnedOf = new WeakSet<MachineServices>();

/** pr_warn_once(). */
function warnOnce(machine: MachineServices, text: string): void {
  if (warnedOf.has(machine)) return;
  warnedOf.add(machine);
  machine.message('warn', null, text);
}

/** The outcome of one look-up in an ID map: the target and its specifier; no target: the ID passes unchanged. */
type MapResult = Errno | { readonly target: DtNode | null; readonly args: readonly number[] };

/**
 * of_map_id with a target wanted: `id` through `iommu-map` after `iommu-map-mask`. A map that no row matches gives no
 * target and the ID unchanged.
 */
export function ofMapId(
  tree: DeviceTree,
  machine: MachineServices,
  node: DtNode,
  id: number,
  reading: RowReading,
): MapResult {
  const map = node.properties.get('iommu-map');
  if (map === undefined) return ENODEV;
  const bytes = map.bytes.length;
  const say = (text: string): void => machine.message('err', null, `${node.path}: ${text}`);
  const badLength = (): Errno => {
    say(`Error: Bad iommu-map length: ${bytes}`);
    return EINVAL;
  };
  if (bytes % 4 !== 0 || (reading === 'four' && (bytes === 0 || bytes % 16 !== 0))) return badLength();
  const mask = u32(node, 'iommu-map-mask', 0xffffffff);
  const masked = (id & mask) >>> 0;
  const ignores = (base: number): boolean => {
    if ((base & ~mask) >>> 0 === 0) return false;
    say(
      `Invalid iommu-map translation - iommu-map-mask (0x${mask.toString(16)}) ignores id-base (0x${base.toString(16)})`,
    );
    return true;
  };
  const { rows, end, oldRows } = readRows(tree, cellsOf(map), reading);
  let warned = !oldRows;
  for (const row of rows) {
    if (ignores(row.ridBase)) return EFAULT;
    if (!warned) {
      warned = true;
      warnOnce(
        machine,
        `${node.path}: iommu-map has 1-cell entries targeting 2-cell #iommu-cells, treating as 1-cell output`,
      );
    }
    if (!rowHolds(row, masked, reading)) continue;
    if (row.provider === null) return ENODEV;
    if (reading === 'by-cells' && row.length > 1 && row.args.length > 1) {
      say(`Unsupported iommu-map - cannot handle ${row.length}-ID range with ${row.args.length}-cell output specifier`);
      return EINVAL;
    }
    const offset = masked - row.ridBase;
    return { target: row.provider, args: row.args.map((cell) => (cell + offset) >>> 0) };
  }
  if (end !== null) {
    if (end.ridBase !== null && ignores(end.ridBase)) return EFAULT;
    if (end.kind === 'no-target') return ENODEV;
    if (end.kind === 'cut') return badLength();
    machine.message('err', null, `${end.provider?.path ?? ''}: #iommu-cells cell count ${end.outputs} exceeds maximum`);
    return EINVAL;
  }
  machine.message('info', null, `${node.path}: no iommu-map translation for id 0x${id.toString(16)} on (null)`);
  return { target: null, args: [id] };
}

/** Whether the driver of an IOMMU has of_xlate in this kernel. */
export function hasXlate(kernel: KernelView, instance: IommuInstance): boolean {
  return instance.ofOperations !== false && !kernel.model.driversWithoutXlate.includes(instance.driver);
}

/** of_iommu_xlate: one specifier. */
function xlate(
  context: OfIommuContext,
  device: SimDevice,
  state: DeviceState,
  provider: DtNode | null,
  args: readonly number[],
): Errno {
  const { machine, kernel } = context;
  if (provider === null) return NO_IOMMU_FOUND;
  if (kernel.model.disabledIommu === 'ignored' && !isAvailable(provider)) return NO_IOMMU_FOUND;
  const instance = context.instanceOf(provider);
  if (instance === null) {
    const { missingIommu, declaredIommus, partialFwspec } = kernel.model;
    if (missingIommu === 'ignored') return NO_IOMMU_FOUND;
    // of_iommu_driver_present: no driver is waited for after the boot, nor one that declares nothing.
    const declared = missingIommu === 'deferred' || (machine.booting() && declares(declaredIommus, provider));
    if (!declared) return NO_IOMMU_FOUND;
    // iommu_fwspec_init compares operations before anybody is waited for, and this IOMMU has none yet.
    if (partialFwspec === 'kept' && state.fwspec !== null) return EINVAL;
    if (missingIommu === 'declared-while-booting') return EPROBE_DEFER;
    return machine.deferredProbeCheckState(device);
  }
  // Up to 6.6 the driver is asked for of_xlate before the device gets a fwspec.
  if (kernel.model.partialFwspec === 'kept' && !hasXlate(kernel, instance)) return NO_IOMMU_FOUND;
  // iommu_fwspec_init: a second provider must have the same operations.
  if (state.fwspec !== null && state.fwspec.instance.driver !== instance.driver) return EINVAL;
  let fwspec = state.fwspec;
  if (fwspec === null) {
    fwspec = { instance, ids: [] };
    state.fwspec = fwspec;
    state.hasIommuParam = true;
  }
  if (!hasXlate(kernel, instance)) return ENODEV;
  const spec: FwSpec = fwspec;
  return instance.xlate(device, args, (ids) => spec.ids.push(...ids));
}

function declares(declared: readonly string[], node: DtNode): boolean {
  return compatibles(node).some((compatible) => declared.includes(compatible));
}

/**
 * A master whose specifiers hold a constant that nobody here knows. While an IOMMU of it has not registered the kernel decides
 * without a look at the streams (`missing`: the first such IOMMU): it waits, or goes on without. After that what happens hangs on
 * the streams: it is taken to have no IOMMU, and that is said.
 */
function configureUnknown(
  context: OfIommuContext,
  device: SimDevice,
  state: DeviceState,
  missing: DtNode | null,
): Errno {
  state.unknownStream = missing === null;
  return missing === null ? NO_IOMMU_FOUND : xlate(context, device, state, missing, []);
}

/** of_iommu_configure_dev: every `iommus` entry in turn; a broken entry ends the list without an error. */
function configureNode(context: OfIommuContext, device: SimDevice, state: DeviceState, master: DtNode): Errno {
  let result: Errno = NO_IOMMU_FOUND;
  const list = master.properties.get('iommus');
  if (list === undefined) return result;
  const all = parsePhandleList(context.tree, list, '#iommu-cells').entries;
  const hole = all.findIndex(({ node }) => node === null);
  const entries = hole < 0 ? all : all.slice(0, hole);
  if (entries.some((entry) => entry.unknown !== undefined)) {
    const targets = entries.flatMap(({ node }) => node ?? []);
    return configureUnknown(context, device, state, targets.find((node) => context.instanceOf(node) === null) ?? null);
  }
  for (const entry of entries) {
    if (entry.node === null) break;
    result = xlate(context, device, state, entry.node, entry.args.slice(0, 16));
    if (result !== 0) break;
  }
  return result;
}

/** of_iommu_configure_dev_id. */
function configureMapped(
  context: OfIommuContext,
  device: SimDevice,
  state: DeviceState,
  master: DtNode,
  id: number,
): Errno {
  const map = master.properties.get('iommu-map');
  if (map?.unknown !== undefined) {
    const { rows } = readRows(context.tree, cellsOf(map), context.kernel.model.mapRows);
    const targets = rows.flatMap(({ provider }) => provider ?? []);
    const missing = targets.length > 0 && targets.every((node) => context.instanceOf(node) === null);
    return configureUnknown(context, device, state, missing ? (targets[0] ?? null) : null);
  }
  const mapped = ofMapId(context.tree, context.machine, master, id, context.kernel.model.mapRows);
  if (typeof mapped === 'number') return mapped === ENODEV ? NO_IOMMU_FOUND : mapped;
  return xlate(context, device, state, mapped.target, mapped.args);
}

/** of_pci_iommu_init for every alias of the function. */
function configurePci(context: OfIommuContext, device: SimDevice, state: DeviceState, master: DtNode): Errno {
  let first = true;
  return forEachDmaAlias(device, (_at, rid) => {
    if (!first && context.kernel.model.iommuMap === 'one-alias') return 0;
    first = false;
    return configureMapped(context, device, state, master, rid);
  });
}

/**
 * The parsing half of of_iommu_configure: fills the device's fwspec. 0, -EPROBE_DEFER, NO_IOMMU_FOUND, or the error.
 * `master` is the node with the DMA configuration (the host bridge's for a PCI function); `id` goes through its iommu-map
 * instead of its `iommus` (of_iommu_configure_dev_id).
 */
export function parseMaster(
  context: OfIommuContext,
  device: SimDevice,
  state: DeviceState,
  master: DtNode,
  id: number | null,
): Errno {
  const hadParam = state.hasIommuParam;
  const pci = device.pci !== null;
  if (pci && context.kernel.model.iommuMap === 'none') return NO_IOMMU_FOUND;
  const result = pci
    ? configurePci(context, device, state, master)
    : id === null
      ? configureNode(context, device, state, master)
      : configureMapped(context, device, state, master, id);
  if (result !== 0) {
    const keep = context.kernel.model.partialFwspec === 'kept' && result !== EPROBE_DEFER;
    if (!keep) {
      state.fwspec = null;
      state.hasIommuParam = hadParam;
    }
  }
  return result;
}
