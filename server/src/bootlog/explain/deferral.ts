/** What a deferred device waits for: by the words of the log, by the tree, and by the boot on paper. */
import type { DtNode } from '../../devicetree/model';
import { isEnabled } from '../../devicetree/read';
import type { ReportDevice } from '../../simulator/report';
import type { DeferralFact, LinkState, SyncStateFact } from '../facts';
import type { Board } from '../match/board';
import { nodeOfDevice } from '../match/nodes';
import { type Cause, cause } from './cause';

export interface DeferralExplanation {
  readonly fact: DeferralFact;
  readonly node: DtNode | null;
  readonly supplier: DtNode | null;
  /** The property that names the supplier, when the tree does. */
  readonly property: string | null;
  readonly causes: readonly Cause[];
}

/** A supplier that a device may wait for, and why it may not be up. */
interface Candidate {
  readonly node: DtNode;
  readonly property: string;
  readonly cause: Cause;
  /** Smaller is likelier. */
  readonly rank: number;
}

/** The module's file: a driver is built from the file that defines it (Kbuild's `obj-m`). */
function moduleOf(place: { readonly file: string } | null, driver: string): string {
  const base = place === null ? null : (/([^/]+)\.c$/.exec(place.file)?.[1] ?? null);
  return base === null || base.replaceAll('_', '-') === driver.replaceAll('_', '-') ? driver : `${driver} (${base}.ko)`;
}

const statusOf = (board: Board, node: DtNode): ReportDevice | undefined =>
  board.report?.devices.find((device) => device.device === node.path);

/** The node itself or the nearest one above it that the boot on paper made a device of. */
function deviceNode(board: Board, node: DtNode): DtNode {
  for (let at: DtNode | null = node; at !== null; at = at.parent) if (statusOf(board, at) !== undefined) return at;
  return node;
}

/** Why a supplier may not have been there in time; null when it is built in and probes by itself. */
function lateBecause(board: Board, supplier: DtNode, property: string): { cause: Cause; rank: number } | null {
  for (let at: DtNode | null = supplier; at !== null; at = at.parent)
    if (!isEnabled(at)) {
      return {
        cause: cause(
          `${at.path} is disabled: enable it, or take the reference away`,
          `status of ${at.path}; ${property} names ${supplier.path}`,
        ),
        rank: 1,
      };
    }
  const owner = deviceNode(board, supplier);
  const drivers = board.drivers(owner);
  const device = statusOf(board, owner);
  const [driver] = drivers;
  if (driver === undefined) {
    if (device?.status !== 'no-driver') return null;
    return {
      cause: cause(
        `no driver of this kernel matches ${owner.path}: build one in, or correct its compatible`,
        `${property} names ${supplier.path}, and the boot on paper binds nothing to it`,
      ),
      rank: 0,
    };
  }
  if (driver.module) {
    const config = driver.config === null ? 'a module' : `a module (${driver.config}=m)`;
    return {
      cause: cause(
        `it waits for ${property} of ${owner.path}, whose driver ${moduleOf(driver.place, driver.name)} is ${config}: build it in, put it into the initramfs, or raise deferred_probe_timeout=`,
        `${property} names ${owner.path}, and its module was not loaded when the wait ended`,
      ),
      rank: 2,
    };
  }
  if (device !== undefined && device.status !== 'bound') {
    return {
      cause: cause(
        `it waits for ${property} of ${owner.path}, which itself did not probe: ${device.deferReason ?? (device.error === null ? device.status : `error ${device.error}`)}`,
        'the boot on paper',
      ),
      rank: 3,
    };
  }
  return null;
}

/** A link whose property is not known. */
const UNNAMED = 'a property';

/** Suppliers of a node by the boot on paper's links, and its IOMMUs. */
function suppliers(board: Board, node: DtNode): { readonly node: DtNode; readonly property: string }[] {
  const found = new Map<string, { node: DtNode; property: string }>();
  const byPath = new Map(board.view.tree.nodes.map((entry) => [entry.path, entry]));
  const add = (path: string, property: string | null): void => {
    const target = byPath.get(path);
    if (target === undefined || target === node) return;
    const known = found.get(path);
    if (known === undefined) found.set(path, { node: target, property: property ?? UNNAMED });
    else if (known.property === UNNAMED && property !== null) known.property = property;
  };
  for (const link of board.report?.links ?? []) if (link.consumer === node.path) add(link.supplier, link.property);
  for (const chain of board.report?.chains ?? [])
    if (chain.device === node.path && chain.path[1] !== undefined) add(chain.path[1], chain.steps[0] ?? null);
  const master = board.view.master(node);
  for (const entry of master?.list.entries ?? []) if (entry.node !== null) add(entry.node.path, 'iommus');
  // What no link was made for (a supplier without a device, a relaxed link) still stands in the tree.
  for (const supply of board.supplies(node)) add(supply.supplier.path, supply.property);
  return [...found.values()];
}

const PROPERTY_OF: readonly (readonly [RegExp, RegExp])[] = [
  [/^supply/, /-supply$/],
  [/^interconnect/, /^interconnects$/],
  [/^clock/, /^clocks$/],
  [/^reset/, /^resets$/],
  [/^phy/, /^phys$/],
  [/^GPIO/, /gpios?$/],
  [/^power domain/, /^power-domains$/],
  [/^extcon/, /^extcon$/],
  [/^iommus/, /^iommus$/],
  [/^panel|^bridge/, /^remote-endpoint$|^ports?$/],
];

/** `supply vdd` -> `vdd-supply`; others by their kind. */
function fits(resource: string, property: string): boolean {
  const supply = /^supply (\S+)/.exec(resource)?.[1];
  if (supply !== undefined) return property === `${supply}-supply`;
  return PROPERTY_OF.some(([name, its]) => name.test(resource) && its.test(property));
}

/** The suppliers that had not bound by the target's own device links; those of sync_state alone make nobody wait. */
function dormant(fact: DeferralFact, links: readonly LinkState[]): LinkState[] {
  return links.filter((link) => link.consumer === fact.device && link.status === 'dormant' && !link.syncStateOnly);
}

/** Explains one deferral: what it waits for, and what that in turn lacks. `links`: the target's, where they were gathered. */
export function explainDeferral(
  fact: DeferralFact,
  board: Board,
  links: readonly LinkState[] = [],
): DeferralExplanation {
  const { view, report } = board;
  const node = nodeOfDevice(view, report, fact.device);
  const waiting = dormant(fact, links);
  const supplierName = fact.supplier ?? waiting[0]?.supplier ?? null;
  const named = supplierName === null ? null : nodeOfDevice(view, report, supplierName);
  if (node === null)
    return {
      fact,
      node,
      supplier: named,
      property: null,
      causes: [
        cause(
          `${fact.device} is not in this tree: the log is of another board, or its node came from an overlay or the boot loader`,
          'no node has this name or unit address',
        ),
      ],
    };
  const all = suppliers(board, node);
  const wanted =
    named !== null
      ? [all.find((entry) => entry.node === named) ?? { node: named, property: UNNAMED }]
      : fact.resource !== null && all.some((entry) => fits(fact.resource ?? '', entry.property))
        ? all.filter((entry) => fits(fact.resource ?? '', entry.property))
        : all;
  const candidates: Candidate[] = [];
  for (const entry of wanted) {
    const late = lateBecause(board, entry.node, entry.property);
    if (late !== null) candidates.push({ ...entry, ...late });
  }
  candidates.sort((a, b) => a.rank - b.rank);
  const [first] = candidates;
  const causes = candidates.slice(0, 4).map((candidate) => candidate.cause);
  if (fact.form === 'failed')
    causes.push(
      cause(
        'it does not try again: load its driver anew, or bind it by hand, when the supplier is there',
        'error -110 ends the probe for good',
      ),
    );
  if (causes.length === 0 && named !== null)
    causes.push(
      cause(
        `it waits for ${named.path}, which had not probed`,
        fact.supplier === null && waiting[0] !== undefined
          ? `its device link to ${waiting[0].supplier} was dormant on the board (line ${waiting[0].line})`
          : fact.reason,
      ),
    );
  if (causes.length === 0 && fact.supplier !== null && named === null)
    causes.push(
      cause(`${fact.supplier} is not in this tree: the log is of another board, or an overlay is missing`, fact.reason),
    );
  if (causes.length === 0 && fact.resource !== null)
    causes.push(
      cause(`its driver asked for ${fact.resource}, and what gives it was not there yet`, 'the words of the driver'),
    );
  if (causes.length === 0)
    causes.push(
      cause(
        all.length === 0
          ? 'its driver asked to be tried again: a resource that it gets by itself is missing'
          : `it waits for one of ${all
              .slice(0, 6)
              .map((entry) => `${entry.node.path} (${entry.property})`)
              .join(', ')}`,
        'the suppliers in the tree',
      ),
    );
  return { fact, node, supplier: named ?? first?.node ?? null, property: first?.property ?? null, causes };
}

/** Why a supplier keeps its boot-time state: a consumer of it has not bound. */
export function explainSyncState(fact: SyncStateFact, board: Board): readonly Cause[] {
  const consumer = fact.consumer === null ? null : nodeOfDevice(board.view, board.report, fact.consumer);
  const device = consumer === null ? undefined : statusOf(board, consumer);
  if (consumer === null || device === undefined) return [];
  const [driver] = board.drivers(consumer);
  if (driver === undefined && device.status === 'no-driver')
    return [cause(`no driver of this kernel matches ${consumer.path}`, 'the boot on paper')];
  if (driver?.module === true)
    return [
      cause(
        `the driver of ${consumer.path}, ${moduleOf(driver.place, driver.name)}, is a module${driver.config === null ? '' : ` (${driver.config}=m)`} that was not loaded yet`,
        'the configuration',
      ),
    ];
  for (const entry of suppliers(board, consumer)) {
    const late = lateBecause(board, entry.node, entry.property);
    if (late !== null) return [late.cause];
  }
  return [];
}
