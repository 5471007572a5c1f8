/** Which node a kernel device name means. */
import type { DtNode } from '../../devicetree/model';
import { isEnabled } from '../../devicetree/read';
import type { IommuView } from '../../iommu/view';
import type { SimulationReport } from '../../simulator/report';

/** `5c000000.iommu` (of_device_make_bus_id) -> its unit address and name; null for other names. */
function parts(name: string): { readonly address: string; readonly name: string } | null {
  const split = /^([0-9a-f]+)\.(.+)$/.exec(name);
  return split === null ? null : { address: (split[1] ?? '').replace(/^0+(?=.)/, ''), name: split[2] ?? '' };
}

const unitAddress = (node: DtNode): string | null => {
  const at = node.name.indexOf('@');
  return at < 0
    ? null
    : node.name
        .slice(at + 1)
        .toLowerCase()
        .replace(/^0+(?=.)/, '');
};

/** How likely a node of the right unit address is meant: a vendor's tree names it otherwise. */
function likeness(node: DtNode, name: string, view: IommuView): number {
  const base = node.name.slice(0, node.name.indexOf('@'));
  let score = node.properties.has('compatible') ? 4 : 0;
  if (isEnabled(node)) score += 2;
  const iommu = /mmu|dart/.test(name);
  if (iommu === (view.provider(node) !== null)) score += iommu ? 16 : 1;
  if (base === name) score += 32;
  else if (name.includes(base) || base.includes(name)) score += 8;
  return score;
}

/**
 * The node of a kernel device name, by the boot on paper, by its path, by name and unit address, else by the unit address
 * alone: 15000000.apps-smmu is iommu@15000000. Null when nothing fits.
 */
export function nodeOfDevice(view: IommuView, report: SimulationReport | null, name: string): DtNode | null {
  const known = report?.devices.find((device) => device.name === name || device.device === name);
  if (known !== undefined) {
    const node = view.tree.nodes.find((candidate) => candidate.path === known.device);
    if (node !== undefined) return node;
  }
  if (name.startsWith('/')) return view.tree.nodes.find((candidate) => candidate.path === name) ?? null;
  const split = parts(name);
  if (split === null) {
    // A device without registers is named after its node, and its parents (`soc:fastrpc`, `interconnect-mc-virt`).
    const last = name.split(':').at(-1) ?? name;
    const found = view.tree.nodes.filter((candidate) => candidate.name === name || candidate.name === last);
    return found.find((node) => isEnabled(node)) ?? found[0] ?? null;
  }
  const exact = `${split.name}@${split.address}`;
  const named = view.tree.nodes.filter((candidate) => candidate.name === exact);
  if (named.length > 0) return named.find((node) => isEnabled(node)) ?? named[0] ?? null;
  if (split.address.length < 3) return null;
  const there = view.tree.nodes.filter((candidate) => unitAddress(candidate) === split.address);
  let best: DtNode | null = null;
  let score = -1;
  for (const node of there) {
    const its = likeness(node, split.name, view);
    if (its > score) [best, score] = [node, its];
  }
  return best;
}
