/** Devicetrees outside of a kernel: a vendor's, whose kernel and modules lie beside, and plain folders. */
import { basename, dirname, isAbsolute, join } from 'node:path';
import { NEWEST_DTC } from '../../devicetree/dtc';
import type { IncludeFolder } from '../../source/options';
import type { Disk } from '../disk';
import { isUBoot } from './bootloaders';
import { dtcOf, isLinux, linux } from './linux';
import { Makefile } from './make';
import { foldersIn, isFile, isFolder, type SourceTree, searched } from './tree';

/** Folders above a file that are looked at. */
const MAX_UP = 10;

const isKernel = (disk: Disk, folder: string): boolean => isLinux(disk, folder) && !isUBoot(disk, folder);

/** The folders above a file, nearest first. */
function above(path: string): string[] {
  const found: string[] = [];
  for (let at = dirname(path); found.length < MAX_UP && dirname(at) !== at; at = dirname(at)) found.push(at);
  return found;
}

/**
 * The kernels that lie beside a vendor's devicetrees, the one with the vendor's drivers first: Android's kernel_platform
 * (msm-kernel, then common), kernel/msm-5.15, kernel-5.10 (MediaTek), and NAME beside NAME-devicetrees.
 */
function kernelsBeside(disk: Disk, path: string): string[] {
  const found: string[] = [];
  for (const at of above(path)) {
    const named = basename(at).replace(/-device-?trees?$/, '');
    const candidates = [
      ...['msm-kernel', 'soc-repo', 'kernel', 'common'].flatMap((name) => [
        join(at, 'kernel_platform', name),
        join(at, name),
      ]),
      ...(isFolder(disk, join(at, 'kernel'))
        ? foldersIn(disk, join(at, 'kernel')).filter((p) => /^(msm|common|qcom)/.test(basename(p)))
        : []),
      ...foldersIn(disk, at).filter((p) => /^(android-)?kernel-?\d/.test(basename(p))),
      ...(named === basename(at) ? [] : [join(dirname(at), named)]),
    ];
    // msm-kernel before common, wherever each lies
    found.push(...candidates.filter((at) => isKernel(disk, at)));
    if (found.length > 0) break;
  }
  return [...new Set(found)];
}

/** Folders that the makefiles from a file's folder up name to dtc's preprocessor (DTC_INCLUDE of scripts/Makefile.lib). */
export function statedIncludes(disk: Disk, path: string, kernels: readonly string[]): string[] {
  const found: string[] = [];
  const folders = above(path);
  for (const at of folders.slice(0, 5))
    for (const name of ['Kbuild', 'Makefile']) {
      if (!isFile(disk, join(at, name))) continue;
      // a kernel that is not there lies, for `$(srctree)/../`, in one of the folders above
      for (const srctree of [...kernels, ...folders.map((folder) => join(folder, 'kernel'))]) {
        const make = Makefile.open(disk, join(at, name), { srctree, src: at, obj: at, M: at, KERNEL_SRC: '' });
        if (make === null) break;
        const stated = [
          ...make.words('DTC_INCLUDE'),
          ...make.words('KBUILD_OPTIONS').flatMap((word) => /^(?:KBUILD_)?DTC_INCLUDE=(.+)$/.exec(word)?.[1] ?? []),
          ...['dtc_cpp_flags', 'DTC_CPP_FLAGS'].flatMap((flags) =>
            make.words(flags).flatMap((word) => /^-I(.+)$/.exec(word)?.[1] ?? []),
          ),
        ].map((folder) => (isAbsolute(folder) ? join(folder) : join(at, folder)));
        if (stated.length === 0) break;
        found.push(...stated);
      }
    }
  return [...new Set(found)].filter((at) => isFolder(disk, at));
}

/** Headers that a vendor's module folders keep for devicetrees: `opensource/NAME/` beside `proprietary/NAME-devicetree/`. */
function moduleIncludes(disk: Disk, path: string): string[] {
  const holds = (folder: string): boolean =>
    ['dt-bindings', 'bindings', 'include/dt-bindings', 'include/bindings'].some((name) =>
      isFolder(disk, join(folder, name)),
    );
  return above(path)
    .slice(0, 6)
    .flatMap((at) => foldersIn(disk, join(at, 'opensource')).slice(0, 200))
    .filter(holds)
    .flatMap((folder) => [join(folder, 'include'), folder]);
}

/**
 * A folder without a build of its own: the kernel beside it when there is one (`others` are kernels that the user opened
 * too), the folders that makefiles state, and the usual places beside and above the file, up to the workspace folder (or six levels).
 */
export function plain(disk: Disk, path: string, limit: string | null, others: readonly string[] = []): SourceTree {
  const beside = kernelsBeside(disk, path);
  const kernels = beside.length > 0 ? beside : others.filter((at) => isKernel(disk, at));
  const own: IncludeFolder[] = [];
  let root = dirname(path);
  for (let at = root, level = 0; level < 6; level++) {
    own.push(...searched(disk, [join(at, 'include'), join(at, 'dts/include'), join(at, 'include-prefixes')]));
    root = at;
    const up = dirname(at);
    if (at === limit || up === at || limit === null) break;
    at = up;
  }
  const stated = statedIncludes(disk, path, kernels);
  const [kernel] = kernels;
  return {
    kind: kernel === undefined && stated.length === 0 ? 'folder' : 'vendor',
    root,
    release: kernel === undefined ? null : linux(disk, kernel).release,
    ...(beside[0] !== undefined && { kernel: beside[0] }),
    includeFolders: [
      ...kernels.flatMap((at) => linux(disk, at).includeFolders),
      ...searched(disk, [...stated, ...moduleIncludes(disk, path)]),
      ...own,
    ],
    dtc: kernel === undefined ? NEWEST_DTC : dtcOf(disk, kernel),
    boardFolders: [root],
  };
}
