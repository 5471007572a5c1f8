/** Boards from text for tests: no disk, `$0` marks the cursor. */

import { TreeBuilder } from '../../src/devicetree/build';
import { NEWEST_DTC } from '../../src/devicetree/dtc';
import { type FileProvider, type SourceFile, sourceFile } from '../../src/source/file';
import { BoardSnapshot, type Simulate } from '../../src/workspace/board';

/** Files of a test by name; URIs are `file:///t/NAME`. */
export class TextFiles implements FileProvider {
  private readonly files = new Map<string, SourceFile>();
  constructor(texts: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries(texts)) this.files.set(uriOf(name), sourceFile(uriOf(name), text));
  }
  read(uri: string): SourceFile | null {
    return this.files.get(uri) ?? null;
  }
  readBytes(): Uint8Array | null {
    return null;
  }
}

export function uriOf(name: string): string {
  return `file:///t/${name}`;
}

/** The text of a small arm64 board: CPU, memory and interrupt controller (`&gic`), `soc` in a simple bus, `beside` next to it. */
export function arm64Board(soc: string, beside = ''): string {
  return `/dts-v1/;
/ {
	#address-cells = <1>; #size-cells = <1>;
	interrupt-parent = <&gic>;
	cpus { #address-cells = <1>; #size-cells = <0>; cpu@0 { device_type = "cpu"; compatible = "arm,cortex-a57"; reg = <0>; }; };
	memory@80000000 { device_type = "memory"; reg = <0x80000000 0x10000000>; };
	gic: intc@1000 { compatible = "arm,gic-v3"; reg = <0x1000 0x1000>; interrupt-controller; #interrupt-cells = <3>; };
	${beside}
	soc { compatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>; ranges;
		${soc}
	};
};
`;
}

/** The snapshot of a board made of texts; the entry is the first one. */
export function snapshotOfTexts(
  texts: Readonly<Record<string, string>>,
  simulate: Simulate = () => null,
): BoardSnapshot {
  const entry = Object.keys(texts)[0] ?? 'board.dts';
  const files = new TextFiles(texts);
  const board = {
    uri: uriOf(entry),
    path: `/t/${entry}`,
    name: entry.replace(/\.\w+$/, ''),
    tree: {
      kind: 'folder' as const,
      root: '/t',
      release: null,
      includeFolders: [{ uri: 'file:///t/include' }],
      boardFolders: [],
      dtc: NEWEST_DTC,
    },
  };
  const result = new TreeBuilder().build(board.uri, files, { includeFolders: board.tree.includeFolders });
  return new BoardSnapshot(board, 1, result, simulate);
}
