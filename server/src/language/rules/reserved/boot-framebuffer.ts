import type { DtNode } from '../../../devicetree/model';
import { compatibles, isEnabled, nodeAt } from '../../../devicetree/read';
import { type AddressRange, cpuRegOf } from '../../../iommu/addresses';
import { memoryRegionsOf, parseIommuAddresses } from '../../../iommu/reserved';
import { nameOf, referenceTo } from '../../../iommu/words';
import { cellsText, insertNode, insertProperty } from '../../fixes/edits';
import type { RuleContext } from '../rule';
import { type Edit, type Fix, nodeSpan, type Rule } from '../rule';

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
      // an identity domain lets it read on; only a DMA domain is known to fault
      const domain = context.device(display.node)?.domain ?? null;
      yield {
        ...(domain !== null && domain !== 'identity' ? { severity: 'information' as const } : {}),
        span: nodeSpan(framebuffer),
        message: `${nameOf(display.node)} is behind an IOMMU, and ${region === null ? 'this framebuffer has no memory-region' : `${nameOf(region)} promises it no IOVA`}: its reads fault from the moment it gets a DMA domain.`,
        fixes: () =>
          region === null ? reserve(context, framebuffer, display.node) : promise(context, region, display.node),
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

/** iommu-addresses that promise memory to a display at the addresses it has. */
function promiseOf(context: RuleContext, display: DtNode, reg: AddressRange): string {
  const { address, size } = context.busCells(display.parent);
  return `iommu-addresses = <${referenceTo(display)} ${cellsText(reg.address, address)} ${cellsText(reg.size, size)}>;`;
}

function promise(context: RuleContext, region: DtNode, display: DtNode): Fix[] {
  const reg = cpuRegOf(region)[0];
  if (reg === undefined) return [];
  return insertProperty(
    region,
    promiseOf(context, display, reg),
    `Promise ${nameOf(region)} 1:1 to ${nameOf(display)}`,
  ).map((fix) => ({ ...fix, edits: [...fix.edits, ...handOver(display, referenceTo(region))] }));
}

/** A reserved-memory node for the memory of a framebuffer that has none, promised 1:1. */
function reserve(context: RuleContext, framebuffer: DtNode, display: DtNode): Fix[] {
  const { tree } = context;
  const reg = cpuRegOf(framebuffer)[0];
  const file = nodeSpan(framebuffer)?.file;
  if (reg === undefined || file === undefined) return [];
  const place = nodeAt(tree, '/reserved-memory');
  const { address, size } = context.busCells(place ?? tree.root);
  let label = 'framebuffer_region';
  for (let n = 2; tree.labels.has(label); n++) label = `framebuffer_region${n}`;
  const node = [
    `${label}: framebuffer@${reg.address.toString(16)} {`,
    `\treg = <${cellsText(reg.address, address)} ${cellsText(reg.size, size)}>;`,
    `\t${promiseOf(context, display, reg)}`,
    '\tno-map;',
    '};',
  ];
  const title = `Reserve the framebuffer's memory and promise it 1:1 to ${nameOf(display)}`;
  const made =
    place === null
      ? insertNode(
          tree.root,
          [
            'reserved-memory {',
            `\t#address-cells = <${address}>;`,
            `\t#size-cells = <${size}>;`,
            '\tranges;',
            '',
            ...node.map((line) => `\t${line}`),
            '};',
          ],
          title,
          file,
        )
      : insertNode(place, node, title, file);
  const more = [framebuffer, display].flatMap((of) => handOver(of, `&${label}`));
  return made.map((fix) => ({ ...fix, edits: [...fix.edits, ...more] }));
}

/** memory-region for a device that has none. */
function handOver(device: DtNode, region: string): Edit[] {
  if (device.properties.has('memory-region')) return [];
  return insertProperty(device, `memory-region = <${region}>;`, '').flatMap((fix) => fix.edits);
}
