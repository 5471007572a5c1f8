/** Translates the rig's operation lists (`oracle,ops`, `oracle,api`, `oracle,own-domain`) to a scenario's operations. */
import type { DtNode } from '../../../../src/devicetree/model';
import { cellsOf, u32 } from '../../../../src/devicetree/read';
import type { DeviceOp } from '../../../../src/simulator/scenario';

const BUFFER = 4 << 20;
/** More calls than one row can mean: the rig has 1200 slots. */
export const MANY = 100_000;

/** Calls that the rig makes and does not log. */
export const UNLOGGED = 'unlogged';

/** How many calls a row stands for. */
export function repeats(op: number, a: number, b: number): number {
  if (op === 18) return a;
  return op === 5 || op === 10 || op === 11 || op === 12 ? b : 1;
}

interface Row {
  readonly op: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

function rowsOf(node: DtNode, name: string): Row[] {
  const cells = cellsOf(node.properties.get(name));
  const rows: Row[] = [];
  for (let i = 0; i + 4 <= cells.length; i += 4)
    rows.push({ op: cells[i] ?? 0, a: cells[i + 1] ?? 0, b: cells[i + 2] ?? 0, c: cells[i + 3] ?? 0 });
  return rows;
}

/** DMA API rows; the index in the list is the tag, as `op` in the recording. */
function dmaRow(node: DtNode, row: Row, tag: number): DeviceOp[] | null {
  const { a, b, c } = row;
  if (repeats(row.op, a, b) > MANY) return [];
  switch (row.op) {
    case 1:
      return [{ op: 'alloc', slot: a, size: b, tag }];
    case 40:
      return [{ op: 'alloc', slot: a, size: b, atomic: true, tag }];
    case 2:
    case 4:
    case 6:
    case 9:
    case 16:
      return [{ op: 'free', slot: a, tag }];
    case 3:
      return [{ op: 'map', slot: a, size: b, offset: c, direction: 'to-device', tag }];
    case 17:
      return [{ op: 'map', slot: a, size: b, offset: c, direction: 'from-device', tag }];
    case 5: {
      const stride = 2 * Math.ceil(c / 4096) * 4096;
      const segments = Array.from({ length: b }, (_, i) => ({ offset: (i * stride) % BUFFER, size: c }));
      return [{ op: 'map-sg', slot: a, segments, direction: 'to-device', tag }];
    }
    case 7: {
      const cells = cellsOf(node.properties.get(`oracle,sg${a}`));
      const segments: { offset: number; size: number }[] = [];
      for (let i = 0; i + 2 <= cells.length; i += 2) segments.push({ offset: cells[i] ?? 0, size: cells[i + 1] ?? 0 });
      return [{ op: 'map-sg', slot: a, segments, direction: 'to-device', tag }];
    }
    case 8:
      return [{ op: 'map-resource', slot: a, size: b, phys: BigInt(c), tag }];
    case 10:
      return Array.from({ length: b }, (_, i) => ({
        op: 'map' as const,
        slot: a + i,
        size: c,
        offset: 0,
        direction: 'to-device' as const,
        tag,
      }));
    case 11:
      return Array.from({ length: b }, (_, i) => ({ op: 'free' as const, slot: a + i, tag }));
    case 12:
      return Array.from({ length: b }, (_, i) => ({ op: 'free' as const, slot: a + b - 1 - i, tag }));
    case 13:
      return [{ op: 'sleep', ms: a, tag }];
    case 14:
      return [{ op: 'set-mask', bits: a, tag }];
    case 15:
      return [{ op: 'alloc-noncontiguous', slot: a, size: b, tag }];
    case 18:
      return Array.from({ length: a }, () => [
        { op: 'map' as const, slot: 1199, size: b, offset: 0, direction: 'to-device' as const, tag },
        { op: 'free' as const, slot: 1199, tag },
      ]).flat();
    default:
      return null;
  }
}

/**
 * What the 32-bit rig adds to `oracle,ops` (its README, "Additions to the test driver"). `at` is the index of the first
 * operation in the list.
 */
function armRow(row: Row, tag: number, ownDomain: number, at: number): DeviceOp[] {
  const { a, b, c } = row;
  switch (row.op) {
    case 20:
      return [{ op: 'arm-detach', tag }];
    case 21:
      return [{ op: 'arm-release', which: 'detached', tag }];
    case 22:
      return [{ op: 'arm-create', base: BigInt(b), size: a === 0 ? BigInt(c) : BigInt(c) << 20n, tag }];
    case 23:
      return [{ op: 'arm-attach', which: 'created', tag }];
    case 31:
      return [{ op: 'arm-attach', which: 'detached', tag }];
    case 35:
      return [{ op: 'arm-attach', which: 'shared', tag }];
    case 24:
      return [
        { op: 'domain-alloc', domain: ownDomain, tag },
        {
          op: 'domain-attach',
          domain: ownDomain,
          by: a === 2 ? 'group' : 'device',
          freeOnFailure: true,
          tag,
          ifOk: at,
        },
      ];
    case 25:
      return [
        { op: 'domain-detach', domain: ownDomain, tag },
        { op: 'domain-free', domain: ownDomain, tag },
      ];
    case 26:
      return [{ op: 'iommu-map', domain: ownDomain, iova: BigInt(b), phys: null, size: BigInt(c), prot: 3, tag }];
    case 37:
      return [{ op: 'iommu-unmap', domain: ownDomain, iova: BigInt(b), size: BigInt(c), tag }];
    case 38:
      return [{ op: 'iova-to-phys', domain: ownDomain, iova: BigInt(b), tag }];
    case 39:
      return [{ op: 'iommu-map', domain: null, iova: BigInt(b), phys: null, size: BigInt(c), prot: 3, tag }];
    case 27:
      return [{ op: 'claim-owner', tag }];
    case 28:
      return [{ op: 'release-owner', tag }];
    case 29:
      return [{ op: 'info', when: `op-${a}`, tag }];
    case 36:
      return [{ op: 'info', when: String(a), hardware: true, tag }];
    case 32:
      return [{ op: 'arm-release', which: 'created', tag }];
    case 34:
      return [{ op: 'arm-publish', tag }];
    case 50:
      return [{ op: 'arm-teardown', tag }];
    case 52:
      return [{ op: 'present', tag }];
    default:
      return [];
  }
}

/** `oracle,api` rows of the second set (its README, "New client properties and ops"). */
function apiRow(row: Row, onlyAttached: boolean): DeviceOp[] {
  const { a, b, c } = row;
  const tag = `op${row.op}`;
  const map = (prot: number, extra: Partial<{ phys: bigint; high: boolean }> = {}): DeviceOp[] => [
    {
      op: 'iommu-map',
      domain: a,
      iova: BigInt(b) | (extra.high === true ? 0xffff000000000000n : 0n),
      phys: extra.phys ?? null,
      size: BigInt(c),
      prot,
      onlyAttached,
      tag,
    },
  ];
  switch (row.op) {
    case 20:
      return [{ op: 'domain-alloc', domain: a }];
    case 21:
      return [
        { op: 'domain-attach', domain: a, by: b === 1 ? 'group' : 'device', tag },
        { op: 'info', when: 'attached' },
      ];
    case 22:
      return [
        { op: 'domain-detach', domain: a, by: b === 1 ? 'group' : 'device', tag },
        { op: 'info', when: 'detached' },
      ];
    case 23:
      return [{ op: 'domain-free', domain: a, tag }];
    case 24:
      return map(3);
    case 25:
      return [{ op: 'iommu-unmap', domain: a, iova: BigInt(b), size: BigInt(c), tag }];
    case 26:
      return [{ op: 'iova-to-phys', domain: a, iova: BigInt(b), tag }];
    case 27:
      return [{ op: 'claim-owner' }];
    case 28:
      return [{ op: 'release-owner' }, { op: 'info', when: 'owner-released' }];
    case 29:
      return [{ op: 'iova-alloc', domain: a, size: b, slot: c, tag }];
    case 30:
      return [{ op: 'iova-free', slot: a }];
    case 31:
      return [{ op: 'fault-handler', domain: a, result: -b, tag }];
    case 32:
      // The rig looks for the domain's number first and finds none; an operation without effect says so.
      return [{ op: 'iommu-unmap', domain: a, iova: 0n, size: 0n, tag }];
    case 33:
      return map(1);
    case 34:
      return map(2);
    case 35:
      return [
        {
          op: 'iommu-map',
          domain: a,
          iova: BigInt(b) << 12n,
          phys: null,
          size: BigInt(c),
          prot: 3,
          onlyAttached,
          tag,
        },
      ];
    case 36:
      return map(3 | 4);
    case 37:
      return map(3 | 16 | 8);
    case 38:
      return map(3 | 32);
    case 39:
      return [{ op: 'fault-handler', domain: null, result: -b }];
    case 40:
      return map(3, { high: true });
    default:
      return [];
  }
}

/**
 * `oracle,own-domain`: what the rig's client does with a domain of its own, step by step (FACTS.md, api-own-*). Nothing
 * follows a failed allocation or attach. `start` is the index of the first operation in the client's list.
 */
function ownDomainOps(mode: number, domain: number, start: number): DeviceOp[] {
  const by = (mode & 2) !== 0 ? 'group' : 'device';
  const claim = (mode & 4) !== 0;
  const ops: DeviceOp[] = [];
  if (claim) ops.push({ op: 'claim-owner' });
  const alloc = start + ops.length;
  ops.push({ op: 'domain-alloc', domain }, { op: 'domain-attach', domain, by, ifOk: alloc });
  const rest: DeviceOp[] = [
    { op: 'info', when: 'own-attached' },
    { op: 'iommu-map', domain, iova: 0x10000000n, phys: null, size: 4096n, prot: 3 },
    { op: 'iommu-map', domain, iova: 0x10000000n, phys: null, size: 4096n, prot: 3, tag: 'iommu_map-again' },
    { op: 'iommu-map', domain, iova: 0x40000000n, phys: null, size: 2097152n, prot: 3 },
    { op: 'iommu-map', domain, iova: 0x10000800n, phys: null, size: 4096n, prot: 3, tag: 'iommu_map-unaligned' },
    {
      op: 'iommu-map',
      domain,
      iova: 0x10000000000000n,
      phys: null,
      size: 4096n,
      prot: 3,
      tag: 'iommu_map-beyond-aperture',
    },
    { op: 'iova-to-phys', domain, iova: 0x40001000n },
    { op: 'map', slot: 9000, size: 4096, offset: 0, direction: 'to-device', tag: 9000 },
    { op: 'iova-to-phys', domain, iova: 0n, ofSlot: 9000, tag: 'iova_to_phys-of-dma-api-iova-in-own-domain' },
    { op: 'free', slot: 9000, tag: 9000 },
    { op: 'iommu-unmap', domain, iova: 0x10000000n, size: 4096n },
    { op: 'iommu-unmap', domain, iova: 0x40000000n, size: 2097152n },
    { op: 'domain-detach', domain, tag: UNLOGGED },
    { op: 'info', when: 'own-detached' },
    { op: 'domain-free', domain, tag: UNLOGGED },
  ];
  // The first look is taken whether attaching worked or not.
  ops.push(...rest.map((op, i) => ({ ...op, ifOk: i === 0 ? alloc : alloc + 1 })));
  if (claim)
    ops.push({ op: 'release-owner', ifOk: start, tag: UNLOGGED }, { op: 'info', when: 'owner-released', ifOk: start });
  return ops;
}

/** `from`: the number of the first row. */
function listOf(node: DtNode, name: string, arm: boolean, ownDomain: number, from = 0): DeviceOp[] {
  const ops: DeviceOp[] = [];
  for (const [i, row] of rowsOf(node, name).entries())
    ops.push(...(dmaRow(node, row, from + i) ?? (arm ? armRow(row, from + i, ownDomain, ops.length) : [])));
  return ops;
}

function apiOf(node: DtNode, name: string): DeviceOp[] {
  const onlyAttached = !node.properties.has('oracle,map-unattached');
  return rowsOf(node, name).flatMap((row) => apiRow(row, onlyAttached));
}

/** The number of a client's own domain; those of `oracle,api` are global and below. */
const ownDomainOf = (node: DtNode): number => 1000 + node.index;

/** Everything that a client does in its probe. */
export function probeOps(node: DtNode, arm: boolean, first: boolean): DeviceOp[] {
  const ownDomain = ownDomainOf(node);
  const ops = listOf(node, 'oracle,ops', arm, ownDomain);
  const mode = u32(node, 'oracle,own-domain', 0);
  if (mode !== 0) ops.push(...ownDomainOps(mode, ownDomain, ops.length));
  ops.push(...listOf(node, 'oracle,ops2', arm, ownDomain).map((op) => ({ ...op, tag: 9000 })));
  ops.push(...apiOf(node, 'oracle,api'));
  if (first) ops.push({ op: 'info', when: 'after-ops' });
  if (node.properties.has('oracle,regs-at-probe')) ops.unshift({ op: 'info', when: 'probe', hardware: true });
  return ops;
}

/** What it does in its remove before it frees what is left. */
export function removeOps(node: DtNode, arm: boolean, first: boolean): DeviceOp[] {
  return [
    ...(first ? [{ op: 'info' as const, when: 'removing' }] : []),
    // The 3.19 rig numbers these rows on from those of its probe.
    ...listOf(node, 'oracle,ops-remove', arm, ownDomainOf(node), first ? rowsOf(node, 'oracle,ops').length : 0),
    ...apiOf(node, 'oracle,api-remove'),
  ];
}

/** The fixed operations of the rig's PCI driver for a function without `oracle,ops`. */
export const pciOps: readonly DeviceOp[] = [
  { op: 'alloc', slot: 0, size: 4096, tag: 0 },
  { op: 'map', slot: 1, size: 4096, offset: 0, direction: 'to-device', tag: 1 },
  { op: 'map', slot: 2, size: 65536, offset: 0, direction: 'to-device', tag: 2 },
  { op: 'alloc', slot: 3, size: 1 << 20, tag: 3 },
];
