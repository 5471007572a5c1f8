import type { DtNode } from '../../devicetree/model';
import { compatibles, isEnabled, nodeAt } from '../../devicetree/read';
import { cpuRegOf } from '../../iommu/addresses';
import { memoryRegionsOf, parseIommuAddresses } from '../../iommu/reserved';
import { insertProperty } from '../edits';
import type { RuleContext } from './rule';
import { type Fix, nameOf, nodeSpan, type Rule, referenceTo } from './rule';

/** A boot framebuffer that a display behind an IOMMU scans out, without a 1:1 promise. */
export const bootFramebuffer: Rule = {
  code: 'boot-framebuffer',
  severity: 'hint',
  title: 'A boot framebuffer that will fault',
  why: 'The boot loader left the display reading this memory at its physical address. When the display gets its DMA domain, nothing is mapped there: every read faults until the driver shows its own buffer (and some displays hang).',
  fix: 'Name the region in memory-region of the display and promise it 1:1 with iommu-addresses.',
  kernel:
    'drivers/iommu/iommu.c (iommu_setup_default_domain), Documentation/devicetree/bindings/reserved-memory/reserved-memory.yaml',
  bad: '&{/chosen} { «framebuffer@80000000» { compatible = "simple-framebuffer"; memory-region = <&fb>; }; };\n&display { iommus = <&smmu 0x480 0x0>; };',
  good: '&{/chosen} { framebuffer@80000000 { compatible = "simple-framebuffer"; memory-region = <&fb>; }; };\n&fb { iommu-addresses = <&display 0x80000000 0x800000>; };\n&display { iommus = <&smmu 0x480 0x0>; memory-region = <&fb>; };',
  *check(context) {
    const { tree, view } = context;
    const chosen = nodeAt(tree, '/chosen');
    if (chosen === null) return;
    const displays = view.masters.filter((m) => m.enabled && isDisplay(m.node));
    const display = displays[0];
    if (display === undefined) return;
    for (const framebuffer of chosen.children.values()) {
      if (!compatibles(framebuffer).includes('simple-framebuffer') || !isEnabled(framebuffer)) continue;
      const region = memoryRegionsOf(tree, framebuffer)?.regions[0]?.node ?? null;
      const promised = region !== null && (parseIommuAddresses(tree, region)?.entries.length ?? 0) > 0;
      if (promised) continue;
      yield {
        span: nodeSpan(framebuffer),
        message: `${nameOf(display.node)} is behind an IOMMU, and ${region === null ? 'this framebuffer has no memory-region' : `${nameOf(region)} promises it no IOVA`}: its reads fault from the moment it gets a DMA domain.`,
        fixes: () => promise(context, region, display.node),
      };
    }
  },
};

const DISPLAY = /(mdss|mdp\d|dpu|-dc\b|display|lcdif|vop|-du\b|disp|framebuffer|ldb|dcss|ipu)/;

function isDisplay(node: DtNode): boolean {
  return (
    /^(display|display-subsystem|display-controller|dc|vop|lcdif|mdss)(@|$)/.test(node.name) ||
    compatibles(node).some((c) => DISPLAY.test(c))
  );
}

function promise(context: RuleContext, region: DtNode | null, display: DtNode): Fix[] {
  const reg = region === null ? undefined : cpuRegOf(region)[0];
  if (region === null || reg === undefined) return [];
  const bus = display.parent;
  const cells = (value: bigint, n: number) =>
    Array.from({ length: n }, (_, i) => `0x${((value >> BigInt(32 * (n - 1 - i))) & 0xffffffffn).toString(16)}`).join(
      ' ',
    );
  const na = context.busCells(bus).address;
  const ns = context.busCells(bus).size;
  return insertProperty(
    region,
    `iommu-addresses = <${referenceTo(display)} ${cells(reg.address, na)} ${cells(reg.size, ns)}>;`,
    `Promise ${nameOf(region)} 1:1 to ${nameOf(display)}`,
  ).map((fix) => {
    const more = display.properties.has('memory-region')
      ? []
      : insertProperty(display, `memory-region = <${referenceTo(region)}>;`, '');
    return { ...fix, edits: [...fix.edits, ...more.flatMap((m) => m.edits)] };
  });
}
