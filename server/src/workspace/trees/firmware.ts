/** OP-TEE and Trusted Firmware-A: devicetrees of firmware, with folders and macros that its platforms' makefiles state. */
import { basename, dirname, extname, isAbsolute, join } from 'node:path';
import { NEWEST_DTC } from '../../devicetree/dtc';
import type { Disk } from '../disk';
import { Makefile } from './make';
import { folders, foldersIn, headOf, isFile, isFolder, type SourceTree, searched } from './tree';

export function isOpTee(disk: Disk, folder: string): boolean {
  return isFolder(disk, join(folder, 'core/arch')) && isFolder(disk, join(folder, 'core/include'));
}

export function isTfA(disk: Disk, folder: string): boolean {
  return (
    isFolder(disk, join(folder, 'fdts')) &&
    isFolder(disk, join(folder, 'plat')) &&
    (isFolder(disk, join(folder, 'make_helpers')) ||
      isFolder(disk, join(folder, 'bl31')) ||
      isFile(disk, join(folder, 'Makefile')))
  );
}

/** mk/compile.mk: core/include, and the configuration that was built. */
export function opTee(disk: Disk, root: string): SourceTree {
  const arches = foldersIn(disk, join(root, 'core/arch'));
  return {
    kind: 'op-tee',
    root,
    release: null,
    includeFolders: searched(disk, [
      join(root, 'core/include'),
      ...arches.flatMap((arch) => [join(arch, 'dts'), join(arch, 'include')]),
    ]),
    dtc: NEWEST_DTC,
    // CFG_…, of the configuration that is built (mk/config.mk)
    byOption: [],
    boardFolders: folders(
      disk,
      arches.map((arch) => join(arch, 'dts')),
    ),
  };
}

/** Makefiles looked at for one platform. */
const MAX_PLATFORMS = 2000;

/**
 * make_helpers/build_macros.mk, MAKE_DTB: INCLUDES with the platform's PLAT_INCLUDES, then DTC_CPPFLAGS (`-Ifdts`); the
 * macros are those that `add_define` names, with the value that the makefiles give them.
 */
export function tfA(disk: Disk, root: string, path: string): SourceTree {
  const platform = platformOf(disk, root, path);
  const make =
    platform === null
      ? null
      : Makefile.open(
          disk,
          join(platform, 'platform.mk'),
          { ARCH: 'aarch64', PLAT: basename(platform), srctree: root },
          root,
        );
  make?.add(join(root, 'make_helpers/defaults.mk'));
  make?.add(join(root, 'make_helpers/cflags.mk'));
  make?.add(join(root, 'Makefile'));
  const flags = make === null ? [] : ['PLAT_INCLUDES', 'INCLUDES', 'DTC_CPPFLAGS'].flatMap((name) => make.words(name));
  const stated = flags.filter((flag) => flag.startsWith('-I')).map((flag) => flag.slice(2));
  const { defines, passed } = make === null ? { defines: [], passed: [] } : definesOf(make, flags, path);
  return {
    kind: 'tf-a',
    root,
    release: null,
    includeFolders: searched(disk, [
      join(root, 'include'),
      join(root, 'include/arch/aarch64'),
      join(root, 'include/lib/cpus/aarch64'),
      join(root, 'include/lib/el3_runtime/aarch64'),
      join(root, 'include/lib/libc'),
      join(root, 'include/lib/libc/aarch64'),
      ...stated.map((folder) => (isAbsolute(folder) ? folder : join(root, folder))),
      join(root, 'fdts'),
    ]),
    defines,
    byOption: passed,
    dtc: NEWEST_DTC,
    boardFolders: folders(disk, [join(root, 'fdts'), dirname(path)]),
    perFile: true,
  };
}

/** The macros that the makefiles pass, and those of them whose value only the call of make gives. */
function definesOf(
  make: Makefile,
  flags: readonly string[],
  path: string,
): { readonly defines: [string, string][]; readonly passed: string[] } {
  const stem = basename(path).toLowerCase();
  const defines = new Map<string, string>();
  const passed = new Set<string>();
  const value = (name: string): string | null => {
    // a chip that the build's command line chooses (STM32MP15): the one that the file is named after
    if (/\d$/.test(name) && stem.startsWith(name.toLowerCase())) return '1';
    const first = make.first(name);
    return first !== null && /^[\w.+-]+$/.test(first) ? first : null;
  };
  for (const [names = ''] of make.calls(/^add_defines?$/))
    for (const name of make.wordsOf(names)) {
      // a name that the makefile puts together (TARGET_FLAVOUR_$(call uppercase,…)) has no value: -DNAME
      const found = value(name) ?? (names.includes(name) ? null : '1');
      if (found !== null) defines.set(name, found);
      else passed.add(name);
    }
  for (const [name = '', given = ''] of make.calls(/^add_define_val$/))
    defines.set(name.trim(), make.expand(given).trim());
  for (const flag of flags) {
    const [, name, text] = /^-D(\w+)(?:=(.+))?$/.exec(flag) ?? [];
    if (name !== undefined) defines.set(name, text ?? '1');
  }
  return { defines: [...defines], passed: [...passed].filter((name) => !defines.has(name)) };
}

/** The folder of the platform that a devicetree belongs to: the one it lies in, that names it, or whose name begins as it does. */
function platformOf(disk: Disk, root: string, path: string): string | null {
  for (let at = dirname(path); at.startsWith(root) && at !== root; at = dirname(at))
    if (isFile(disk, join(at, 'platform.mk'))) return at;
  const stem = basename(path, extname(path));
  const platforms = platformsBelow(disk, join(root, 'plat'));
  const names = (folder: string): boolean => headOf(disk, join(folder, 'platform.mk'))?.includes(stem) ?? false;
  const byName = platforms
    .filter((folder) => {
      const name = basename(folder);
      return stem.startsWith(name) || stem.replaceAll('-', '_').startsWith(name);
    })
    .sort((a, b) => basename(b).length - basename(a).length);
  return byName[0] ?? platforms.find(names) ?? null;
}

function platformsBelow(disk: Disk, folder: string): string[] {
  const found: string[] = [];
  const queue = foldersIn(disk, folder).map((at) => ({ at, depth: 0 }));
  for (let i = 0; i < queue.length && i < MAX_PLATFORMS; i++) {
    const { at, depth } = queue[i] as { at: string; depth: number };
    if (isFile(disk, join(at, 'platform.mk'))) found.push(at);
    if (depth < 5) queue.push(...foldersIn(disk, at).map((sub) => ({ at: sub, depth: depth + 1 })));
  }
  return found;
}
