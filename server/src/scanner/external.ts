/** Folders of modules that are built outside the kernel's tree: by Kbuild files, or by Bazel rules of Android's ddk. */
import type { KernelFiles } from './kernel-files';

const MAX_DEPTH = 8;
const MAX_FOLDERS = 20_000;
/** Folders that hold no source of modules. */
const SKIPPED = /^(?:\.|out$|node_modules$|Documentation$|tests?$)/;

/** The folders whose Kbuild file is the top of a module's, and all Bazel files; in the order of their names. */
export function externalFolders(
  files: KernelFiles,
  top: string,
): { readonly kbuild: readonly string[]; readonly bazel: readonly string[] } {
  const kbuild: string[] = [];
  const bazel: string[] = [];
  let left = MAX_FOLDERS;
  const visit = (folder: string, depth: number, inside: boolean): void => {
    if (left-- <= 0) return;
    const names = files.list(folder);
    const own = names.includes('Kbuild') ? 'Kbuild' : names.includes('Makefile') ? 'Makefile' : null;
    const builds = own !== null && /^\s*obj-/m.test(files.read(`${folder}/${own}`) ?? '');
    if (builds && !inside) kbuild.push(folder);
    for (const name of names) if (/^BUILD(?:\.bazel)?$|\.bzl$/.test(name)) bazel.push(`${folder}/${name}`);
    if (depth >= MAX_DEPTH) return;
    for (const name of names) {
      // a name with a dot is a file's
      if (SKIPPED.test(name) || /\.\w+$/.test(name) || name === own) continue;
      visit(`${folder}/${name}`, depth + 1, inside || builds);
    }
  };
  visit(top, 0, false);
  return { kbuild, bazel };
}

/** The C files that a Bazel file names, each with its module's name; paths from the file's folder. */
export function bazelSources(text: string): { readonly file: string; readonly modname: string }[] {
  const found: { file: string; modname: string }[] = [];
  const code = text.replace(/#[^\n]*/g, '');
  // each call of a rule or macro with sources is a module of its own
  for (const part of code.split(/\n(?=\s*[\w.]*(?:module|register)\w*\s*\()/)) {
    const named = /\bout\s*=\s*"([\w-]+)\.ko"/.exec(part)?.[1] ?? /\bname\s*=\s*"([\w-]+)"/.exec(part)?.[1];
    const folder = /\bpath\s*=\s*"([\w./-]+)"/.exec(part)?.[1];
    for (const match of part.matchAll(/"([\w./-]+\.c)"/g)) {
      const file = match[1] ?? '';
      const own = (file.split('/').pop() ?? file).slice(0, -2);
      found.push({
        file: folder === undefined || file.startsWith(`${folder}/`) ? file : `${folder}/${file}`,
        modname: (named ?? own).replaceAll('-', '_'),
      });
    }
  }
  return found;
}
