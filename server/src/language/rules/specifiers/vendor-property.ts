import type { DtNode, DtProperty } from '../../../devicetree/model';
import { cellsOf, isEnabled, stringsOf } from '../../../devicetree/read';
import { iommusEntries, isCompatible, phandleTarget } from '../../../iommu/nodes';
import {
  qcomGroupNode,
  qcomRanges,
  type VendorProperty,
  vendorOf,
  vendorProperties,
  vendorPropertyAt,
} from '../../../iommu/vendor';
import {
  dmaWindow,
  dmaWindowWidth,
  exynosSpace,
  iovaInfo,
  l4tSpaces,
  samsungRanges,
} from '../../../iommu/vendor-values';
import { nameOf } from '../../../iommu/words';
import { closest } from '../../../source/closest';
import { type Finding, nodeSpan, propertySpan, type Rule } from '../rule';

const LIMIT = 1n << 32n;

/** A vendor's IOMMU property whose value its driver refuses or does not know. */
export const vendorProperty: Rule = {
  code: 'vendor-property',
  severity: 'warning',
  title: 'Value of a vendor property that its driver refuses',
  why: 'Vendor kernels read more properties of masters than mainline does (qcom,iommu-dma-addr-pool, iommu-resv-regions, samsung,iommu-group). A value of the wrong form is dropped with at most one line in the log: the device then gets the whole address space, or no IOMMU settings at all.',
  fix: 'Write address and size with the #address-cells and #size-cells that hold for the node, ranges that do not overlap, and words that the binding lists.',
  kernel:
    'drivers/iommu/qcom-iommu-util.c of Qualcomm kernels (of_property_walk_each_entry, insert_range, get_addr_range); drivers/iommu/of_iommu.c of NVIDIA L4T (parse_resv_regions); drivers/iommu/samsung-iommu.c of Samsung kernels; mm_smmu_lpae.c of HiSilicon kernels',
  bad: '&a { iommus = <&smmu 0x480 0x0>; «qcom,iommu-dma-addr-pool» = <0x10000000 0x10000000 0x20000000>; };',
  good: '&a { iommus = <&smmu 0x480 0x0>; qcom,iommu-dma-addr-pool = <0x10000000 0x10000000>; };',
  *check({ view }) {
    const nodes = new Set<DtNode>();
    for (const { node } of view.masters) nodes.add(node).add(qcomGroupNode(node));
    for (const { node } of view.maps) nodes.add(node);
    if (view.providers.some((provider) => isExynos(provider.node)))
      for (const { node } of view.masters) nodes.add(exynosSpace(node)?.node ?? node);
    for (const { node } of view.providers) {
      nodes.add(node);
      for (const part of node.children.values()) {
        nodes.add(part);
        for (const inner of part.children.values()) nodes.add(inner);
      }
    }
    for (const node of nodes)
      for (const known of vendorProperties) {
        const property = node.properties.get(known.name);
        if (property === undefined || vendorPropertyAt(node, known.name) !== known) continue;
        const message = problemOf(node, property, known);
        if (message !== null) yield { span: propertySpan(property, node), message } satisfies Finding;
      }
    for (const node of nodes) {
      const message = isEnabled(node) ? missingOf(node) : null;
      if (message !== null) yield { span: nodeSpan(node), message };
    }
  },
};

/** Whether a SysMMU is one that Samsung's Exynos kernel drives. */
function isExynos(iommu: DtNode): boolean {
  return vendorOf(iommu)?.driver === 'samsung-exynos-iovmm';
}

/** What a vendor's driver needs and the tree does not have. */
function missingOf(node: DtNode): string | null {
  const iommu = vendorOf(node);
  if (iommu?.simulation?.window === 'iova_info' && iovaInfo(node) === null)
    return `${nameOf(node)} has no child iova_info with start-addr and size: its driver attaches no master.`;
  const whole = cellsOf(node.properties.get('domains')).length % 3 === 0;
  if (iommu?.simulation?.window === 'domains' && whole && l4tSpaces(node) === null)
    return `domains of ${nameOf(node)} are none that its driver takes: each entry needs a node with iova-start, iova-size, num-pf-page and gap-page, and swgroups that no other entry has (-EINVAL).`;
  const [first] = iommusEntries(node);
  if (first !== undefined && isExynos(first.provider) && exynosSpace(node) === null)
    return `No samsung,exynos-iommu-bus node has ${nameOf(node)} in its domain-clients: the driver finds no address space for it.`;
  if (first === undefined || vendorOf(first.provider)?.simulation?.group !== 'samsung,iommu-group') return null;
  const group = phandleTarget(node, 'samsung,iommu-group');
  if (group === null)
    return `${nameOf(node)} names no samsung,iommu-group: the driver of its SysMMU refuses it (-ENODEV).`;
  return isCompatible(group, 'samsung,sysmmu-group')
    ? null
    : `samsung,iommu-group of ${nameOf(node)} names ${nameOf(group)}, which is no samsung,sysmmu-group: the group never comes.`;
}

function problemOf(node: DtNode, property: DtProperty, known: VendorProperty): string | null {
  const { name } = property;
  const cells = property.bytes.length / 4;
  switch (known.value) {
    case 'ranges': {
      if (known.vendor === 'samsung')
        return samsungRanges(node, name) === null
          ? `${name} of ${nameOf(node)} is no whole number of ranges (address and size in the cells of its bus): the driver takes none of them.`
          : null;
      const found = qcomRanges(node, name);
      if (found?.error === 'length')
        return `${name} of ${nameOf(node)} is no whole number of ranges (address and size in the cells of its bus): the driver refuses it (-EINVAL).`;
      if (found?.error === 'overlap')
        return `The ranges of ${name} of ${nameOf(node)} overlap: the driver refuses them (-EINVAL).`;
      const fast = stringsOf(node.properties.get('qcom,iommu-dma')).includes('fastmap');
      const high = found?.ranges.some(({ address, size }) => address + size > LIMIT) ?? false;
      return fast && high
        ? `${nameOf(node)} is "fastmap", which has no IOVAs at or above 4 GiB: the driver refuses ${name} (-EINVAL).`
        : null;
    }
    case 'string':
    case 'strings': {
      const unknown = stringsOf(property).find((word) => known.words !== undefined && !(word in known.words));
      if (unknown === undefined) return null;
      const [meant] = closest(unknown, Object.keys(known.words ?? {}));
      return `"${unknown}" is no word of ${name}${meant === undefined ? '' : `; did you mean "${meant}"?`}: the driver takes it for nothing.`;
    }
    case 'u64-pairs':
      return cells === 0 || cells % 4 !== 0
        ? `${name} of ${nameOf(node)} is no list of pairs of start and size with 64 bits (2 cells) each: the driver ignores it.`
        : null;
    case 'window': {
      const window = dmaWindow(node);
      if (window === null)
        return `${name} of ${nameOf(node)} is address and size in ${dmaWindowWidth(node)} cells, and has ${cells}.`;
      if (window.start === 0n && node.properties.has('domain-clients'))
        return `${name} of ${nameOf(node)} starts at 0: the driver refuses it, and no SysMMU of the board works (-EINVAL).`;
      return window.start >= window.end
        ? `${name} of ${nameOf(node)} has nothing below 4 GiB: the driver refuses it (-ERANGE).`
        : null;
    }
    case 'pairs':
      return cells === 0 || cells % 2 !== 0
        ? `${name} of ${nameOf(node)} is a list of pairs of cells, and has ${cells} ${cells === 1 ? 'cell' : 'cells'}.`
        : null;
    case 'phandle-pairs':
      return cells === 0 || cells % 3 !== 0
        ? `${name} of ${nameOf(node)} is a list of a node and two cells each, and has ${cells} ${cells === 1 ? 'cell' : 'cells'}.`
        : null;
    case 'u64':
      return cells === 2 ? null : `${name} of ${nameOf(node)} has 64 bits (2 cells), and is ${cells * 4} bytes long.`;
    case 'pair':
      return cells === 2 ? null : `${name} of ${nameOf(node)} is a pair of cells, and has ${cells}.`;
    case 'cell':
      return cells === 1 ? null : `${name} of ${nameOf(node)} is one cell, and has ${cells}.`;
    case 'phandle':
    case 'phandles':
      return cellsOf(property).length === 0 ? `${name} of ${nameOf(node)} names no node.` : null;
    default:
      return null;
  }
}
