/** The state of drivers/base that all its parts share, and the log of what happened. */
import type { DeviceTree, DtNode } from '../../devicetree/model';
import { compatibles, stringOf } from '../../devicetree/read';
import type { SimDevice } from '../contract/device';
import type { KernelView } from '../contract/kernel-view';
import type { MessageLevel } from '../contract/machine';
import { WHOLE_BINDINGS } from '../kernel/flags/links';
import { PowerOrder } from '../power/order';
import { VirtualClock } from './clock';
import { components } from './components';
import type { Device, DeviceLink, FwNode } from './devices/device';
import { FwNodeOf } from './links/fwnode';
import { type SupplierKinds, type Supply, supplierKinds, suppliesOf } from './links/suppliers';
import { LinkedList } from './list';

/** One fact of the log. */
export interface TraceEntry {
  readonly time: number;
  readonly phase: string;
  readonly event: string;
  readonly device: SimDevice | null;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface KernelMessage {
  readonly level: MessageLevel;
  readonly device: SimDevice | null;
  /** What dev_driver_string() gave then: the driver that was bound or being probed; null: the bus stands there. */
  readonly driver: string | null;
  readonly text: string;
}

export type FwDevlinkMode = 'off' | 'permissive' | 'on' | 'rpm';

/** kstrtobool; null when it is none. */
function toBool(text: string): boolean | null {
  if (/^([yYtT1]|on|oN|On|ON)/.test(text)) return true;
  if (/^([nNfF0]|of|oF|Of|OF)/.test(text)) return false;
  return null;
}

function fwDevlinkMode(kernel: KernelView): FwDevlinkMode {
  const standard = kernel.model.fwDevlink === 'absent' ? 'off' : kernel.model.fwDevlink;
  if (kernel.model.fwDevlink === 'absent') return 'off';
  switch (kernel.param('fw_devlink')) {
    case 'off':
      return 'off';
    case 'permissive':
      return 'permissive';
    case 'on':
      return 'on';
    case 'rpm':
      return 'rpm';
    default:
      return standard;
  }
}

/** The devices that fw_devlink holds back where it links devices, not nodes (links/between-devices.ts). */
export interface HeldBack {
  /** Whether the device may not probe because suppliers have no device; notes which. */
  holdsBack(device: Device): boolean;
  /** The device has bound, or goes. */
  forget(device: Device): void;
}

export class Core {
  readonly clock = new VirtualClock();
  readonly modules: boolean;
  readonly fwDevlink: FwDevlinkMode;
  readonly fwDevlinkStrict: boolean;
  readonly syncStateTimeout: boolean;

  readonly devices: Device[] = [];
  readonly fwnodes: (FwNode | undefined)[];
  readonly order = new PowerOrder();
  /** Devices of the devlink class, in the order in which they were added. */
  readonly links = new Set<DeviceLink>();

  // ---- deferral (drivers/base/dd.c) ----
  readonly pending = new LinkedList<Device>();
  readonly active = new LinkedList<Device>();
  deferralEnabled = false;
  triggerCount = 0;
  initcallsDone = false;
  /** driver_deferred_probe_timeout, in seconds. */
  probeTimeout: number;
  /** deferred_probe_work is queued. */
  workQueued = false;

  // ---- fw_devlink and sync_state (drivers/base/core.c) ----
  driversDone = false;
  /** Null: this kernel links nodes, or has no fw_devlink. */
  held: HeldBack | null = null;
  deferSyncCount = 1;
  readonly deferredSync = new Set<Device>();

  phase = 'early';
  boundCount = 0;
  readonly log: TraceEntry[] = [];
  /** Entries that the log does not hold because it is full. */
  leftOut = 0;
  private readonly supplyLists: (readonly Supply[] | undefined)[];
  private readonly interned = new Map<string, readonly [string]>();
  private readonly compatibleLists: (readonly string[] | undefined)[];
  private componentOf: Int32Array | null = null;
  readonly messages: KernelMessage[] = [];
  private readonly supplierKinds: SupplierKinds;
  private readonly askedKinds = supplierKinds(WHOLE_BINDINGS);
  private readonly namedLists: (readonly Supply[] | undefined)[] = [];

  constructor(
    readonly tree: DeviceTree,
    readonly kernel: KernelView,
    /** Beyond this many entries the log leaves out what repeats itself (attempts, retries …). */
    private readonly logLimit: number,
  ) {
    this.modules = kernel.config('CONFIG_MODULES') === 'y';
    this.fwDevlink = fwDevlinkMode(kernel);
    this.supplierKinds = supplierKinds(kernel.model.supplierBindings);
    const strict = kernel.param('fw_devlink.strict');
    this.fwDevlinkStrict =
      this.fwDevlink !== 'permissive' && strict !== null && (strict === '' ? false : toBool(strict) === true);
    const sync = kernel.model.syncStateParam ? kernel.param('fw_devlink.sync_state') : 'strict';
    this.syncStateTimeout =
      sync === 'timeout' || (sync !== 'strict' && kernel.config('CONFIG_FW_DEVLINK_SYNC_STATE_TIMEOUT') === 'y');
    const standard = kernel.model.deferredProbeTimeout;
    this.probeTimeout = standard === null ? -1 : this.modules ? standard.modules : standard.noModules;
    const given = kernel.param('deferred_probe_timeout');
    if (standard !== null && given !== null && /^[+-]?\d+$/.test(given)) this.probeTimeout = Number.parseInt(given, 10);
    this.fwnodes = new Array<FwNode | undefined>(tree.nodes.length);
    this.supplyLists = new Array<readonly Supply[] | undefined>(tree.nodes.length);
    this.compatibleLists = new Array<readonly string[] | undefined>(tree.nodes.length);
    const console = stdoutNode(tree);
    if (console !== null && kernel.model.fwDevlinkBestEffort) this.fwnode(console).bestEffort = true;
  }

  /** The fwnode of a tree node, made at first use. */
  fwnode(node: DtNode): FwNode {
    const known = this.fwnodes[node.index];
    if (known !== undefined) return known;
    const made = new FwNodeOf<Device>(node, node.parent === null ? null : this.fwnode(node.parent));
    this.fwnodes[node.index] = made;
    return made;
  }

  /** `fwnode`, as a function of its own. */
  readonly fwnodeOf = (node: DtNode): FwNode => this.fwnode(node);

  /** The supplies that a node states; read once. */
  supplies(node: DtNode): readonly Supply[] {
    const known = this.supplyLists[node.index];
    if (known !== undefined) return known;
    const made = suppliesOf(this.tree, node, this.supplierKinds);
    this.supplyLists[node.index] = made;
    return made;
  }

  /** What a node names that its driver, or the driver core for it, may ask for, whatever of it fw_devlink of this kernel links. */
  namedBy(node: DtNode): readonly Supply[] {
    if (this.askedKinds === this.supplierKinds) return this.supplies(node);
    const known = this.namedLists[node.index];
    if (known !== undefined) return known;
    const made = suppliesOf(this.tree, node, this.askedKinds);
    this.namedLists[node.index] = made;
    return made;
  }

  /** Whether a dependency cycle through both nodes is possible at all. */
  mayCycle(a: DtNode, b: DtNode): boolean {
    this.componentOf ??= components(this.tree, (node) => this.supplies(node));
    return this.componentOf[a.index] === this.componentOf[b.index];
  }

  /** `compatible` of a node; read once. */
  compatibles(node: DtNode): readonly string[] {
    const known = this.compatibleLists[node.index];
    if (known !== undefined) return known;
    const property = node.properties.get('compatible');
    const made = property === undefined ? noStrings : this.intern(compatibles(node));
    this.compatibleLists[node.index] = made;
    return made;
  }

  get logIsFull(): boolean {
    return this.log.length >= this.logLimit;
  }

  /** One string for equal strings: they are compared and looked up far more often than they are read. */
  private intern(texts: readonly string[]): readonly string[] {
    const [only] = texts;
    if (texts.length === 1 && only !== undefined) return this.alone(only);
    return texts.map((text) => this.alone(text)[0]);
  }

  private alone(text: string): readonly [string] {
    let list = this.interned.get(text);
    if (list === undefined) {
      list = [text];
      this.interned.set(text, list);
    }
    return list;
  }

  /** Whether the log still takes what repeats itself; if not, this entry counts as left out. */
  logs(): boolean {
    if (this.log.length < this.logLimit) return true;
    this.leftOut++;
    return false;
  }

  trace(event: string, device: SimDevice | null, detail: Readonly<Record<string, unknown>> = {}): void {
    if (this.log.length >= this.logLimit && repeated.has(event)) {
      this.leftOut++;
      return;
    }
    this.log.push({ time: this.clock.now, phase: this.phase, event, device, detail });
  }

  message(level: MessageLevel, device: SimDevice | null, text: string): void {
    this.messages.push({ level, device, driver: device?.driverName ?? null, text });
  }

  /** driver_deferred_probe_check_state(). */
  checkState(device: SimDevice): number {
    if (!this.modules && this.initcallsDone) {
      this.message('warn', device, 'ignoring dependency for device, assuming no driver');
      return -19;
    }
    if (this.probeTimeout === 0 && this.initcallsDone) {
      this.message('warn', device, 'deferred probe timeout, ignoring dependency');
      return -110;
    }
    return -517;
  }
}

const noStrings: readonly string[] = [];

/** What a boot can have without end; the rest of the log is always kept. */
const repeated = new Set([
  'add-device',
  'attempt',
  'bound',
  'defer',
  'defer-reason',
  'defer-removed',
  'driver-probe',
  'driver-requests-defer',
  'iommu-configure',
  'link',
  'link-drop',
  'link-relax',
  'link-sync-state-only',
  'match',
  'not-linking',
  'probe-start',
  'retry',
]);

/** The node of /chosen stdout-path (of_alias_scan), or null. */
function stdoutNode(tree: DeviceTree): DtNode | null {
  const chosen = tree.root.children.get('chosen') ?? tree.root.children.get('chosen@0');
  const text = stringOf(chosen?.properties.get('stdout-path') ?? chosen?.properties.get('linux,stdout-path'));
  if (text === null) return null;
  const colon = text.indexOf(':');
  let path = colon < 0 ? text : text.slice(0, colon);
  if (!path.startsWith('/')) {
    const slash = path.indexOf('/');
    const alias = slash < 0 ? path : path.slice(0, slash);
    const value = stringOf(tree.root.children.get('aliases')?.properties.get(alias));
    if (value === null) return null;
    path = value + (slash < 0 ? '' : path.slice(slash));
  }
  let node: DtNode | null = tree.root;
  for (const name of path.split('/')) {
    if (name === '' || node === null) continue;
    node = childNamed(node, name);
  }
  return node;
}

/** A path component may leave the unit address out (__of_find_node_by_path). */
function childNamed(node: DtNode, name: string): DtNode | null {
  const exact = node.children.get(name);
  if (exact !== undefined) return exact;
  for (const child of node.children.values()) if (child.name.split('@')[0] === name) return child;
  return null;
}
