/** Operations of a driver in a scenario document: the short forms of `dma` and `iommuApi`, and the full ones of `devices`. */
import type { DeviceOp, DmaDirection } from '../simulator/scenario';
import type { Value } from './json';

const DIRECTIONS: readonly DmaDirection[] = ['to-device', 'from-device', 'bidirectional'];
const PAGE = 4096;

function sgOf(op: Value): { offset: number; size: number }[] {
  if (op.get('segments').present)
    return op
      .get('segments')
      .items()
      .map((s) => ({ offset: s.get('offset').number() ?? 0, size: s.get('size').number() ?? 0 }));
  let offset = 0;
  return op
    .get('sizes')
    .numbers()
    .map((size) => {
      const segment = { offset, size };
      offset += Math.ceil(size / PAGE) * PAGE;
      return segment;
    });
}

/** One operation; null (with a problem) when it is none. `index`: its place in its list, `own`: the device's own domain. */
export function readOp(op: Value, index: number, own: number): DeviceOp[] {
  const name = op.get('op').text();
  const size = (): number => op.get('size').number() ?? 0;
  const slot = op.get('slot').number() ?? index;
  const tag = op.get('tag').number() ?? index;
  const domain = op.get('domain').number() ?? own;
  const direction = op.get('direction').oneOf(DIRECTIONS) ?? 'to-device';
  const by = op.get('by').oneOf(['device', 'group']) ?? 'device';
  const iova = (): bigint => op.get('iova').wide() ?? 0n;
  switch (name) {
    case 'alloc':
      return [{ op: 'alloc', size: size(), slot, tag, ...(op.get('atomic').flag() === true ? { atomic: true } : {}) }];
    case 'map':
      // In `iommuApi` the same word means iommu_map().
      if (op.get('iova').present)
        return [
          {
            op: 'iommu-map',
            domain,
            iova: iova(),
            phys: op.get('phys').wide(),
            size: op.get('size').wide() ?? 0n,
            prot: op.get('prot').number() ?? 3,
            tag,
          },
        ];
      return [{ op: 'map', size: size(), offset: op.get('offset').number() ?? 0, direction, slot, tag }];
    case 'map-sg':
      return [{ op: 'map-sg', segments: sgOf(op), direction, slot, tag }];
    case 'map-resource':
      return [{ op: 'map-resource', phys: op.get('phys').wide() ?? 0n, size: size(), slot, tag }];
    case 'alloc-noncontiguous':
      return [{ op: 'alloc-noncontiguous', size: size(), slot, tag }];
    case 'free':
      return [{ op: 'free', slot: op.get('of').number() ?? op.get('slot').number() ?? index, tag }];
    case 'set-mask':
      return [{ op: 'set-mask', bits: op.get('bits').number() ?? 32, tag }];
    case 'sleep':
      return [{ op: 'sleep', ms: op.get('ms').number() ?? 0, tag }];
    case 'request-msi':
      return [{ op: 'request-msi', tag }];
    case 'attach-own-domain':
      return [
        { op: 'domain-alloc', domain, tag },
        { op: 'domain-attach', domain, by, tag },
      ];
    case 'domain-alloc':
      return [{ op: 'domain-alloc', domain, tag }];
    case 'domain-attach':
      return [{ op: 'domain-attach', domain, by, tag }];
    case 'detach':
    case 'domain-detach':
      return [{ op: 'domain-detach', domain, by, tag }];
    case 'domain-free':
      return [{ op: 'domain-free', domain, tag }];
    case 'domain-current':
      return [{ op: 'domain-current', domain, tag }];
    case 'iommu-map':
      return [
        {
          op: 'iommu-map',
          domain,
          iova: iova(),
          phys: op.get('phys').wide(),
          size: op.get('size').wide() ?? 0n,
          prot: op.get('prot').number() ?? 3,
          tag,
        },
      ];
    case 'unmap':
    case 'iommu-unmap':
      return [{ op: 'iommu-unmap', domain, iova: iova(), size: op.get('size').wide() ?? 0n, tag }];
    case 'iova-to-phys':
      return [{ op: 'iova-to-phys', domain, iova: iova(), tag }];
    case 'claim-owner':
      return [{ op: 'claim-owner', tag }];
    case 'release-owner':
      return [{ op: 'release-owner', tag }];
    case 'iova-alloc':
      return [{ op: 'iova-alloc', domain, size: size(), slot, tag }];
    case 'iova-free':
      return [{ op: 'iova-free', slot: op.get('of').number() ?? slot, tag }];
    case 'fault-handler':
      return [{ op: 'fault-handler', domain: op.get('domain').number(), result: op.get('result').number() ?? 0, tag }];
    case 'arm-detach':
      return [{ op: 'arm-detach', tag }];
    case 'arm-release':
      return [{ op: 'arm-release', which: op.get('which').oneOf(['detached', 'created']) ?? 'detached', tag }];
    case 'arm-create':
      return [{ op: 'arm-create', base: op.get('base').wide() ?? 0n, size: op.get('size').wide() ?? 0n, tag }];
    case 'arm-attach':
      return [{ op: 'arm-attach', which: op.get('which').oneOf(['created', 'detached', 'shared']) ?? 'created', tag }];
    case 'arm-publish':
      return [{ op: 'arm-publish', tag }];
    case 'arm-teardown':
      return [{ op: 'arm-teardown', tag }];
    case 'present':
      return [{ op: 'present', tag }];
    default:
      op.members();
      if (name !== null) op.get('op').wrong('the name of an operation');
      return [];
  }
}

/** A list of operations; the index in the list is the slot and the tag where none is given. */
export function readOps(list: Value, own: number): DeviceOp[] {
  return list.items().flatMap((op, i) => readOp(op, i, own));
}
