/** What an IOMMU that never registers costs, and whether the tree alone is to blame. */
import type { DtNode, DtProperty } from '../../../devicetree/model';
import { compatibles, isEnabled } from '../../../devicetree/read';
import { vendorIommuOf } from '../../../iommu/vendor';
import type { Provider } from '../../../iommu/view';
import { count } from '../../../iommu/words';
import { someKernelDrives } from '../../../simulator/kernel/catalogue';
import { blocksUnlisted } from '../../../simulator/unlisted';
import { HAS_ITS_DMA_BLOCKED, RUNS_UNTRANSLATED } from '../../../simulator/words';
import type { RuleContext } from '../rule';

/** A supplier that can never come because of what the tree says. */
export interface Blocker {
  /** The statement of the IOMMU that names it (or leads to it). */
  readonly property: DtProperty;
  readonly supplier: DtNode;
  readonly why: string;
}

/** The device that a referenced node belongs to: itself, or the nearest node above with a compatible. */
function deviceOf(node: DtNode): DtNode {
  for (let at: DtNode | null = node; at !== null; at = at.parent) if (at.properties.has('compatible')) return at;
  return node;
}

/** Whether the kernel of this board, or one that is shipped, has a driver for a compatible, switched on or not. */
export const someDrives = ({ drivers }: RuleContext, compatible: string): boolean =>
  drivers.driversForCompatible(compatible).length > 0 || someKernelDrives(compatible);

/**
 * Whether a board is written for a vendor's kernel that is not the one at hand: none known here drives its IOMMUs, so that none
 * need know its clocks and pin controllers either.
 */
export function ofVendorKernel(context: RuleContext): boolean {
  if (context.kernelKnown) return false;
  return context.view.providers.some(
    ({ node, enabled }) =>
      enabled && vendorIommuOf(node) !== null && !compatibles(node).some((name) => someDrives(context, name)),
  );
}

/** Why a node never becomes a supplier, whatever is built into the kernel; null when a kernel could drive it. */
function whyNever(context: RuleContext, node: DtNode, iommu: DtNode): string | null {
  if (!isEnabled(node)) return `${node.path} is disabled`;
  const names = compatibles(node);
  const status = context.device(node)?.status;
  if (names.length > 0 && status === 'no-driver' && !names.some((name) => someDrives(context, name)))
    return `no known kernel has a driver for ${node.path} (${names.join(', ')})`;
  const master = context.view.master(node);
  if (status !== 'bound' && master?.list.entries.some((entry) => entry.node === iommu) === true)
    return `${node.path} is itself a master of this IOMMU, so each waits for the other`;
  return null;
}

/** What keeps an IOMMU from registering because of what the tree says; null when that is the kernel's configuration. */
export function blockerOf(context: RuleContext, iommu: DtNode): Blocker | null {
  const chain = context.chain(iommu);
  const named = chain === null ? undefined : iommu.properties.get(chain.property);
  if (chain !== null && named !== undefined)
    for (const path of chain.path.slice(1).reverse()) {
      const node = context.node(path);
      const why = node === null ? null : whyNever(context, node, iommu);
      if (node !== null && why !== null) return { property: named, supplier: node, why };
    }
  // where the end of waiting made the probe fail, the report has no chain: what the IOMMU names itself
  for (const property of iommu.properties.values())
    for (const part of property.parts) {
      if (part.kind !== 'cell' || part.reference?.target == null) continue;
      const node = deviceOf(part.reference.target);
      if (node === iommu) continue;
      const why = whyNever(context, node, iommu);
      if (why !== null) return { property, supplier: node, why };
    }
  return null;
}

/** What a device does whose accesses come to these IOMMUs, which have no entry for it. */
export function withoutEntry({ view, report, kernel, device }: RuleContext, iommus: readonly DtNode[]): string {
  const blocks = (node: DtNode): boolean =>
    isEnabled(node) &&
    (report === null || device(node)?.status === 'bound') &&
    blocksUnlisted(view.provider(node)?.binding?.driver ?? null, kernel, report?.cmdline);
  return iommus.length > 0 && iommus.every(blocks) ? HAS_ITS_DMA_BLOCKED : RUNS_UNTRANSLATED;
}

/** `3 masters run untranslated`: the enabled ones behind an IOMMU; null for none. */
export function mastersText({ view }: RuleContext, provider: Provider): string | null {
  const masters = new Set(view.uses(provider).flatMap((use) => (use.enabled ? [use.node] : [])));
  const n = masters.size;
  return n === 0 ? null : `${count(n, 'master')} behind it ${n === 1 ? 'runs' : 'run'} untranslated`;
}
