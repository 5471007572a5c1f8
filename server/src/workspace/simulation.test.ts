import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toUri } from './files';
import { simulateBoard } from './simulation';
import { Workspace } from './workspace';

const root = mkdtempSync(join(tmpdir(), 'scope-sim-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const path = join(root, 'board.dts');
const text = `/dts-v1/;
/ {
	#address-cells = <1>;
	#size-cells = <1>;
	compatible = "vendor,board";
	smmu: iommu@15000000 {
		compatible = "arm,mmu-500";
		reg = <0x15000000 0x80000>;
		#global-interrupts = <1>;
		#iommu-cells = <2>;
		interrupts = <0 65 4>, <0 66 4>;
	};
	a: dma@1000000 { compatible = "arm,pl330"; reg = <0x1000000 0x1000>; iommus = <&smmu 0x480 0x0>; };
};
`;
const settings = { kernel: '', cmdline: '', config: '', scenario: null };
const options = { folders: [root], includePaths: [], defines: [], kernelTree: null };

/** The reports of the same board with each text in turn, and what a fresh simulation says of the last. */
function reports(texts: readonly string[]) {
  const workspace = new Workspace(options, simulateBoard(settings));
  const uri = toUri(path);
  const made = texts.map((t) => {
    workspace.setOpen(uri, t);
    return workspace.snapshotOf(uri)?.report ?? null;
  });
  const fresh = new Workspace(options, simulateBoard(settings));
  fresh.setOpen(uri, texts[texts.length - 1] ?? '');
  return { made, fresh: fresh.snapshotOf(uri)?.report ?? null };
}

describe('a boot is kept while the tree says the same', () => {
  it('shares the report after an edit of a comment at the end', () => {
    const { made, fresh } = reports([text, `${text}// said\n`]);
    expect(made[1]).toBe(made[0]);
    expect(made[1]).toEqual(fresh);
  });
  it('moves the places when lines move', () => {
    const { made, fresh } = reports([text, `\n\n${text}`]);
    expect(made[1]).not.toEqual(made[0]);
    expect(made[1]).toEqual(fresh);
    expect(made[1]?.dma).toBe(made[0]?.dma);
  });
  it('boots again when the tree says something else', () => {
    const { made, fresh } = reports([text, text.replace('iommus = <&smmu 0x480 0x0>;', '')]);
    expect(made[1]).not.toEqual(made[0]);
    expect(made[1]).toEqual(fresh);
  });
  it('has the boot of a few edits ago when the tree is that one again, with its places', () => {
    const without = text.replace('iommus = <&smmu 0x480 0x0>;', '');
    const other = text.replace('0x480', '0x481');
    const { made, fresh } = reports([text, without, other, `\n${text}`, without, text]);
    expect(made[3]?.dma).toBe(made[0]?.dma);
    expect(made[3]).not.toEqual(made[0]);
    expect(made[4]).toBe(made[1]);
    expect(made[5]).toEqual(fresh);
  });
  it('keeps the boots of few trees', () => {
    const streams = ['0x480', '0x481', '0x482', '0x483', '0x484', '0x480'];
    const { made, fresh } = reports(streams.map((id) => text.replace('0x480', id)));
    expect(made[5]?.dma).not.toBe(made[0]?.dma);
    expect(made[5]).toEqual(fresh);
  });
  it('boots again when the scenario beside the board changes', () => {
    const workspace = new Workspace(options, simulateBoard(settings));
    const uri = toUri(path);
    workspace.setOpen(uri, text);
    const before = workspace.snapshotOf(uri)?.report;
    writeFileSync(join(root, 'board.smmu.json'), '{ "schema": 1, "cmdline": "iommu.passthrough=1" }');
    workspace.setOpen(uri, `${text}\n`);
    const after = workspace.snapshotOf(uri)?.report;
    rmSync(join(root, 'board.smmu.json'));
    expect(before?.cmdline).toBe('');
    expect(after?.cmdline).toBe('iommu.passthrough=1');
  });
});
