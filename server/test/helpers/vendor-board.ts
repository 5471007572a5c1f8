/** A small board of a vendor's, by text. */
import { buildTree } from '../../src/devicetree/build';
import type { DeviceTree, DtNode } from '../../src/devicetree/model';
import { sourceFile } from '../../src/source/file';

/** A tree with these nodes below a root of one-cell addresses, and its nodes by label. */
export function boardOf(nodes: string): { readonly tree: DeviceTree; node(label: string): DtNode } {
  const uri = 'file:///board.dts';
  const text = `/dts-v1/;\n/ { #address-cells = <1>; #size-cells = <1>; compatible = "vendor,phone";\n${nodes}\n};\n`;
  const file = sourceFile(uri, text);
  const { tree } = buildTree(uri, { read: (at) => (at === uri ? file : null), readBytes: () => null });
  return {
    tree,
    node(label) {
      const node = tree.labels.get(label);
      if (node === undefined) throw new Error(`no label ${label}`);
      return node;
    },
  };
}
