/** U-Boot, barebox and devicetree-rebasing: trees that carry the kernel's devicetrees in folders of their own. */
import { join, relative, sep } from 'node:path';
import { NEWEST_DTC } from '../../devicetree/dtc';
import type { Disk } from '../disk';
import { dtcOf } from './linux';
import { folders, foldersIn, headOf, isFolder, type SourceTree, searched } from './tree';

export function isUBoot(disk: Disk, folder: string): boolean {
  return (
    isFolder(disk, join(folder, 'include/configs')) &&
    (headOf(disk, join(folder, 'Makefile'))?.includes('UBOOT') ?? false)
  );
}

export function isBarebox(disk: Disk, folder: string): boolean {
  return isFolder(disk, join(folder, 'dts/src')) && isFolder(disk, join(folder, 'dts/include'));
}

/** devicetree-rebasing and its like: `src/ARCH` and `include` without a kernel. */
export function isRebasing(disk: Disk, folder: string): boolean {
  const arches = ['arm', 'arm64', 'riscv', 'mips', 'powerpc', 'arc', 'loongarch'];
  return (
    isFolder(disk, join(folder, 'include/dt-bindings')) &&
    !isFolder(disk, join(folder, 'arch')) &&
    arches.some((arch) => isFolder(disk, join(folder, 'src', arch)))
  );
}

/** The architecture of a path in a tree: the folder after one of these. */
function archOf(root: string, path: string, after: readonly string[]): string | null {
  const parts = relative(root, path).split(sep);
  for (const prefix of after) {
    const names = prefix.split('/');
    if (names.every((name, i) => parts[i] === name)) return parts[names.length] ?? null;
  }
  return null;
}

/** scripts/Makefile.lib: UBOOTINCLUDE, the architecture's dts folder, then every vendor's folder of dts/upstream, arm64's too. */
export function uBoot(disk: Disk, root: string, path: string): SourceTree {
  const arch = archOf(root, path, ['arch', 'dts/upstream/src']) ?? 'arm';
  const upstream = join(root, 'dts/upstream/src');
  const vendors = (name: string): string[] => {
    const first = foldersIn(disk, join(upstream, name));
    return [...first, ...first.flatMap((at) => foldersIn(disk, at))];
  };
  const config = configOf(disk, root);
  return {
    kind: 'u-boot',
    root,
    release: null,
    includeFolders: searched(disk, [
      join(root, 'include'),
      join(root, 'arch', arch, 'include'),
      join(root, 'arch', arch, 'dts'),
      join(root, 'arch', arch, 'dts/include'),
      join(root, 'dts/upstream/include'),
      upstream,
      join(upstream, arch),
      ...vendors(arch),
      join(upstream, 'arm64'),
      ...vendors('arm64'),
      join(upstream, 'arm'),
    ]),
    defines: [['__ASSEMBLY__', '1'], ...config],
    kconfig: config.length === 0 ? 'unknown' : 'set',
    generated: /^(?:config|generated\/\w+|asm\/arch\/config)\.h$/,
    // binman's templates have names like @fdt-SEQ: the dtc that builds them is one that takes them
    dtc: { ...dtcOf(disk, root), refusesEmptyNames: false },
    boardFolders: folders(disk, [join(root, 'arch', arch, 'dts'), upstream]),
  };
}

/** The configuration, where the tree was configured: its values are macros for devicetrees too (include/generated/autoconf.h). */
function configOf(disk: Disk, root: string): [string, string][] {
  const text = headOf(disk, join(root, '.config')) ?? '';
  return [...text.matchAll(/^(CONFIG_\w+)=(.*)$/gm)].flatMap(([, name, value]) =>
    name === undefined || value === undefined || value === 'm' ? [] : [[name, value === 'y' ? '1' : value]],
  );
}

/** scripts/Makefile.lib of barebox: dts/include, dts/src, and the folders of the architecture. */
export function barebox(disk: Disk, root: string, path: string): SourceTree {
  const arch = archOf(root, path, ['arch', 'dts/src']) ?? 'arm';
  return {
    kind: 'barebox',
    root,
    release: null,
    includeFolders: searched(disk, [
      join(root, 'arch', arch, 'dts/include'),
      join(root, 'include'),
      join(root, 'dts/include'),
      join(root, 'dts/src'),
      join(root, 'arch', arch, 'dts'),
      join(root, 'dts/src', arch),
      join(root, 'dts/src/arm/ti/omap'),
    ]),
    dtc: dtcOf(disk, root),
    boardFolders: folders(disk, [join(root, 'arch', arch, 'dts'), join(root, 'dts/src')]),
  };
}

/** The Makefile of devicetree-rebasing: include, src/ARCH and src. */
export function rebasing(disk: Disk, root: string, path: string): SourceTree {
  const arch = archOf(root, path, ['src']) ?? 'arm';
  return {
    kind: 'rebasing',
    root,
    release: null,
    includeFolders: searched(disk, [
      join(root, 'include'),
      join(root, 'src', arch),
      join(root, 'src'),
      join(root, 'testcase-data'),
    ]),
    dtc: NEWEST_DTC,
    boardFolders: folders(disk, [join(root, 'src')]),
  };
}
