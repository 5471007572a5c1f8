/** Where a Linux source tree keeps the includes of its devicetrees. */
import { join, relative, sep } from 'node:path';
import type { IncludeFolder } from '../../source/options';
import { uriOfPath } from '../../source/uri';
import type { Disk } from '../disk';
import { isFolder } from './tree';

/** As the build names the folder to cpp (DTC_INCLUDE); builds are run in the tree's root. */
const PREFIXES = './scripts/dtc/include-prefixes';

/** The architectures with devicetrees, as scripts/dtc/include-prefixes names them. */
export const ARCHES = [
  'arc',
  'arm',
  'arm64',
  'csky',
  'loongarch',
  'microblaze',
  'mips',
  'nios2',
  'openrisc',
  'powerpc',
  'riscv',
  'sh',
  'xtensa',
];

/**
 * The include folders of the kernel's own build. `scripts/dtc/include-prefixes` is a folder of links; here they are followed,
 * so that a header has one URI however it is reached (and a checkout without links works).
 */
export function kernelIncludeFolders(disk: Disk, root: string, file: string | null = null): IncludeFolder[] {
  const folders: IncludeFolder[] = [
    { prefix: 'dt-bindings', name: PREFIXES, uri: uriOfPath(join(root, 'include/dt-bindings')) },
  ];
  for (const arch of ARCHES) {
    const path = join(root, 'arch', arch, 'boot/dts');
    if (isFolder(disk, path)) folders.push({ prefix: arch, name: PREFIXES, uri: uriOfPath(path) });
  }
  // up to 4.11 (dtc_cpp_flags): the architecture's own folder, and the links in dts/include
  const arch = file === null ? undefined : /^arch\/([^/]+)\//.exec(relative(root, file).split(sep).join('/'))?.[1];
  if (arch !== undefined && isFolder(disk, join(root, 'arch', arch, 'boot/dts/include')))
    for (const path of ['boot/dts', 'boot/dts/include'])
      folders.push({ uri: uriOfPath(join(root, 'arch', arch, path)) });
  return folders;
}
