import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { positionAt } from '../source/file';
import { toUri } from './files';
import { treeOf } from './trees';
import { Workspace } from './workspace';

let root = '';
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'scope-')));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
}

const uri = (name: string) => toUri(join(root, name));
const workspace = (folder = root) =>
  new Workspace({ folders: [folder], includePaths: [], defines: [], kernelTree: null }, () => null);

const board = (include: string) => `/dts-v1/;\n#include ${include}\n/ { model = "board"; };\n`;

describe('source trees', () => {
  beforeAll(() => {
    write({
      'linux/scripts/dtc/Makefile': '',
      'linux/include/dt-bindings/memory/x.h': '#define SID 7\n',
      'linux/arch/arm64/boot/dts/vendor/soc.dtsi': '#include <dt-bindings/memory/x.h>\n/ { a: a { v = <SID>; }; };\n',
      'linux/arch/arm64/boot/dts/vendor/b1.dts': board('"soc.dtsi"'),
      'linux/arch/arm64/boot/dts/vendor/mid.dtsi': '#include "soc.dtsi"\n',
      'linux/arch/arm64/boot/dts/vendor/b0.dts': board('"mid.dtsi"'),
      'linux/arch/arm/boot/dts/other/b2.dts': board('<arm64/vendor/soc.dtsi>'),
      'uboot/Makefile': 'UBOOTVERSION = x\n',
      'uboot/include/configs/x.h': '',
      'uboot/include/dt-bindings/y.h': '#define Y 9\n',
      'uboot/arch/arm/dts/soc.dtsi': '#include <dt-bindings/y.h>\n/ { y = <Y>; };\n',
      'uboot/arch/arm/dts/b.dts': board('"soc.dtsi"'),
      'zephyr/west.yml': '',
      'zephyr/dts/bindings/x.yaml': '',
      'zephyr/dts/arm/vendor/soc.dtsi': '/ { z = <1>; };\n',
      'zephyr/boards/vendor/b/b.dts': board('<vendor/soc.dtsi>'),
      'plain/include/p.h': '#define P 5\n',
      'plain/boards/b.dts': '/dts-v1/;\n#include "p.h"\n/ { p = <P>; };\n',
    });
  });

  test.each([
    ['linux/arch/arm64/boot/dts/vendor/b1.dts', 'linux', 'linux'],
    ['uboot/arch/arm/dts/b.dts', 'u-boot', 'uboot'],
    ['zephyr/boards/vendor/b/b.dts', 'zephyr', 'zephyr'],
    ['plain/boards/b.dts', 'folder', 'plain'],
  ])('%s is in a %s tree', (file, kind, top) => {
    const found = treeOf(join(root, file), join(root, 'plain'));
    expect([found.kind, found.root]).toEqual([kind, join(root, top)]);
  });

  test.each([
    ['linux/arch/arm64/boot/dts/vendor/b1.dts'],
    ['linux/arch/arm/boot/dts/other/b2.dts'],
    ['uboot/arch/arm/dts/b.dts'],
    ['zephyr/boards/vendor/b/b.dts'],
    ['plain/boards/b.dts'],
  ])('%s finds its includes without configuration', (file) => {
    const folder = file.startsWith('plain') ? join(root, 'plain') : root;
    expect(
      workspace(folder)
        .snapshot(uri(file))
        ?.problems.filter((p) => p.severity === 'error'),
    ).toEqual([]);
  });

  test('an include finds a board of its tree, the nearest first', () => {
    const names = workspace()
      .boardsOf(uri('linux/arch/arm64/boot/dts/vendor/soc.dtsi'))
      .map((b) => b.name);
    expect(names).toEqual(['b1', 'b0']);
  });

  test('boards of other folders are found when asked for', () => {
    const names = workspace()
      .boardsOf(uri('linux/arch/arm64/boot/dts/vendor/soc.dtsi'), true)
      .map((b) => b.name);
    expect(new Set(names)).toEqual(new Set(['b1', 'b0', 'b2']));
  });

  test('a header of the tree finds a board too', () => {
    expect(workspace().boardOf(uri('linux/include/dt-bindings/memory/x.h'))?.name).toBeDefined();
  });

  test('a chosen board holds for its includes', () => {
    const w = workspace();
    const soc = uri('linux/arch/arm64/boot/dts/vendor/soc.dtsi');
    expect(w.boardOf(soc)?.name).toBe('b1');
    w.selectBoard(soc, uri('linux/arch/arm64/boot/dts/vendor/b0.dts'));
    expect(w.boardOf(soc)?.name).toBe('b0');
    expect(w.boardOf(uri('linux/arch/arm64/boot/dts/vendor/mid.dtsi'))?.name).toBe('b0');
    w.selectBoard(soc, null);
    expect(w.boardOf(soc)?.name).toBe('b1');
  });
});

describe('overlays', () => {
  const smmu =
    '/ { soc: soc { smmu: iommu@1 { compatible = "arm,mmu-500"; #iommu-cells = <1>; }; dma: dma@2 { }; }; };';
  beforeAll(() => {
    write({
      'ov/a.dts': `/dts-v1/;\n${smmu}\n`,
      'ov/b.dts': `/dts-v1/;\n${smmu}\n/ { only_b: only-b { }; };\n`,
      'ov/first.dtso': '/dts-v1/;\n/plugin/;\n&soc { port: port@3 { }; };\n',
      'ov/cam.dtso': '/dts-v1/;\n/plugin/;\n&port { iommus = <&smmu 1>; };\n&dma { here; };\n',
      'ov/loose.dtso': '/dts-v1/;\n/plugin/;\n&only_b { x; };\n',
      'ov/overlays/deep.dtso': '/dts-v1/;\n/plugin/;\n&dma { deep; };\n',
      'ov/Makefile': 'a-cam-dtbs := a.dtb first.dtbo cam.dtbo\nb-deep-dtbs := b.dtb deep.dtbo\n',
    });
  });
  const path = (w: Workspace, name: string, node: string) =>
    w.snapshot(uri(name))?.tree.nodes.find((n) => n.name === node);

  test('an overlay is put on the board that the Makefile says, after the overlays before it', () => {
    const w = workspace();
    expect(w.boardOf(uri('ov/cam.dtso'))?.name).toBe('cam on a');
    const snapshot = w.snapshot(uri('ov/cam.dtso'));
    expect(snapshot?.problems.filter((p) => p.severity === 'error')).toEqual([]);
    expect(snapshot?.view.masters.map((m) => m.node.path)).toEqual(['/soc/port@3']);
    expect(path(w, 'ov/overlays/deep.dtso', 'dma@2')?.properties.has('deep')).toBe(true);
  });

  test('while it is written, what cannot be applied is left out alone', () => {
    const w = workspace();
    w.setOpen(uri('ov/cam.dtso'), '/dts-v1/;\n/plugin/;\n&nobody { };\n&dma { iommus = <&smmu 1>, <&sm\n};\n');
    const snapshot = w.snapshot(uri('ov/cam.dtso'));
    expect(snapshot?.problems.map((p) => p.code)).toContain('overlay/label');
    expect(snapshot?.tree.labels.get('dma')?.properties.has('iommus')).toBe(true);
  });

  test.each([
    ['/dts-v1/;\n/plugin/;\n&dma { x; };\n', 'cam on a'],
    ['/dts-v1/; /plugin/;\n&dma { x; };\n', 'cam on a'],
    ['/dts-v1/;\n// no /plugin/; here\n/ { };\n', 'cam'],
  ])('%j is %s', (text, name) => {
    const w = workspace();
    w.setOpen(uri('ov/cam.dtso'), text);
    expect(w.boardOf(uri('ov/cam.dtso'))?.name).toBe(name);
  });

  test('an edit of the base counts', () => {
    const w = workspace();
    w.snapshot(uri('ov/cam.dtso'));
    expect(w.setOpen(uri('ov/a.dts'), `/dts-v1/;\n${smmu}\n/ { new-one { }; };\n`)).toContain(uri('ov/cam.dtso'));
    expect(path(w, 'ov/cam.dtso', 'new-one')).toBeDefined();
  });

  test('an edit of the Makefile counts', () => {
    write({ 'mk/a.dts': `/dts-v1/;\n${smmu}\n`, 'mk/cam.dtso': '/dts-v1/;\n/plugin/;\n&port { x; };\n' });
    write({ 'mk/first.dtso': '/dts-v1/;\n/plugin/;\n&soc { port: port@3 { }; };\n', 'mk/Makefile': '' });
    const w = workspace();
    expect(w.boardOf(uri('mk/cam.dtso'))?.name).toBe('cam');
    const says = (line: string): void => {
      write({ 'mk/Makefile': line });
      w.changedOnDisk(uri('mk/Makefile'));
    };
    says('a-cam-dtbs := a.dtb cam.dtbo\n');
    expect(w.boardOf(uri('mk/cam.dtso'))?.name).toBe('cam on a');
    expect(path(w, 'mk/cam.dtso', 'port@3')).toBeUndefined();
    says('a-cam-dtbs := a.dtb first.dtbo cam.dtbo\n');
    expect(path(w, 'mk/cam.dtso', 'port@3')?.properties.has('x')).toBe(true);
  });

  test('by hand, by the settings, and back', () => {
    const w = workspace();
    const loose = uri('ov/loose.dtso');
    expect([w.boardOf(loose)?.name, w.boardsOf(loose, true).map((b) => b.name)]).toEqual(['loose', ['a', 'b']]);
    w.selectBoard(loose, uri('ov/b.dts'));
    expect(w.boardOf(loose)?.name).toBe('loose on b');
    expect(path(w, 'ov/loose.dtso', 'only-b')?.properties.has('x')).toBe(true);
    w.selectBoard(loose, null);
    expect(w.boardOf(loose)?.name).toBe('loose');
    const options = { folders: [root], includePaths: [], defines: [], kernelTree: null };
    w.configure({ ...options, overlayBases: { 'loose.dtso': 'b.dts', 'ov/cam.dtso': 'ov/b.dts' } }, () => null);
    expect(['loose', 'cam'].map((name) => w.boardOf(uri(`ov/${name}.dtso`))?.name)).toEqual(['loose on b', 'cam on b']);
  });

  test('an include of both is seen through the plain board', () => {
    write({
      'ov/c.dtsi': '/ { c: c { }; };\n',
      'ov/c.dts': '/dts-v1/;\n#include "c.dtsi"\n',
      'ov/c-x.dtso': '/dts-v1/;\n/plugin/;\n&c { x; };\n',
    });
    const w = workspace();
    for (const name of ['c.dts', 'c-x.dtso']) w.setOpen(uri(`ov/${name}`), '');
    w.setClosed(uri('ov/c.dts'));
    w.setClosed(uri('ov/c-x.dtso'));
    expect(w.boardOf(uri('ov/c.dtsi'))?.name).toBe('c');
  });
});

describe('snapshots', () => {
  const dts = 'linux/arch/arm64/boot/dts/vendor/b1.dts';
  const dtsi = 'linux/arch/arm64/boot/dts/vendor/soc.dtsi';

  test('an open document counts before the disk, in every board that includes it', () => {
    const w = workspace();
    const before = w.snapshot(uri(dts));
    expect(w.setOpen(uri(dtsi), '/ { b: b { }; };\n')).toEqual([uri(dts)]);
    const after = w.snapshot(uri(dts));
    expect([before?.tree.labels.has('b'), after?.tree.labels.has('b')]).toEqual([false, true]);
    expect(after?.version).toBeGreaterThan(before?.version ?? 99);
    w.setClosed(uri(dtsi));
    expect(w.snapshot(uri(dts))?.tree.labels.has('a')).toBe(true);
  });

  test('nothing changed: the same snapshot', () => {
    const w = workspace();
    expect(w.snapshot(uri(dts))).toBe(w.snapshot(uri(dts)));
  });

  test('a line end behind a backslash moves what follows, though the joined text is the same', () => {
    const w = workspace();
    const line = (): number | undefined => {
      const { span } = w.snapshot(uri(dts))?.problems[0] ?? {};
      return span === undefined ? undefined : positionAt(span.file, span.start).line;
    };
    w.setOpen(uri(dts), '/dts-v1/;\n/ { };\n&nobody { };\n');
    expect(line()).toBe(2);
    w.setOpen(uri(dts), '/dts-v1/;\n/ \\\n{ };\n&nobody { };\n');
    expect(line()).toBe(3);
  });

  test('a file that appears where an include looked for it', () => {
    write({ 'late/b.dts': '/dts-v1/;\n#include "late.dtsi"\n/ { };\n' });
    const w = workspace();
    expect(w.snapshot(uri('late/b.dts'))?.problems.length).toBeGreaterThan(0);
    write({ 'late/late.dtsi': '/ { late { }; };\n' });
    expect(w.changedOnDisk(uri('late/late.dtsi'))).toEqual([uri('late/b.dts')]);
    expect(w.snapshot(uri('late/b.dts'))?.problems).toEqual([]);
  });

  test('a link and its target are one file', () => {
    write({ 'links/real.dtsi': '/ { r: r { }; };\n', 'links/b.dts': board('"link.dtsi"') });
    symlinkSync(join(root, 'links/real.dtsi'), join(root, 'links/link.dtsi'));
    const w = workspace();
    expect(w.snapshot(uri('links/b.dts'))?.file(uri('links/real.dtsi'))).not.toBeNull();
  });

  test('memory stays bounded: old boards are forgotten', () => {
    const w = workspace();
    for (let i = 0; i < 12; i++) {
      write({ [`many/b${i}.dts`]: '/dts-v1/;\n/ { };\n' });
      w.snapshot(uri(`many/b${i}.dts`));
    }
    expect(w.built().length).toBeLessThanOrEqual(6);
  });
});
