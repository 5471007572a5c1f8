/** Walks the kernel's Makefiles as Kbuild would: which source file is linked where, and under which CONFIG symbols. */
import { EXTERNAL_MODULE } from '../simulator/kernel/catalogue/data';
import { bazelSources, externalFolders } from './external';
import { folderOf, type KernelFiles, normalize } from './kernel-files';

/**
 * One way in which an object is built: all symbols must be set. `CONFIG_X` counts with its own value (m makes a
 * module), `CONFIG_X^` counts as y also when m (`subst m,y`, and conditions of a Makefile), `!CONFIG_X` must be unset.
 */
type Gates = readonly string[];

export interface KernelObject {
  /** Source file relative to the tree. */
  readonly file: string;
  /** KBUILD_MODNAME: the composite object's or the file's own name, dashes as underscores. */
  readonly modname: string;
  /**
   * Alternatives; any one is enough. The symbols of the object's own Makefile; those of the folders above only where it
   * has none (Kconfig makes an object's symbol depend on its folder's).
   */
  readonly gates: Gates[];
}

interface Word {
  readonly text: string;
  readonly gates: Gates;
}

const join2 = (a: Gates, b: Gates): Gates => (b.length === 0 ? a : [...new Set([...a, ...b])]);

/** Splits a makefile into logical lines: comments and continuations removed. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let pending = '';
  for (const raw of text.split('\n')) {
    const line = raw.replace(/(^|[^\\])#.*$/, '$1');
    if (line.endsWith('\\')) {
      pending += `${line.slice(0, -1)} `;
      continue;
    }
    lines.push(pending + line);
    pending = '';
  }
  return lines;
}

/** Reads the CONFIG gates out of a condition line; null when it is about something else. */
function conditionGate(line: string): string | null {
  const symbol = /CONFIG_\w+/.exec(line)?.[0];
  if (symbol === undefined) return null;
  // Two symbols in one test ("either is set"): not expressible as one gate.
  if ((line.match(/CONFIG_\w+/g) ?? []).length > 1) return null;
  if (/^\s*ifdef/.test(line)) return `${symbol}^`;
  if (/^\s*ifndef/.test(line)) return `!${symbol}`;
  const positive = /[,'"\s]\s*[ym]\s*['")]/.test(line.slice(line.indexOf(symbol)));
  const empty = !positive;
  const equal = /^\s*ifeq/.test(line);
  return equal !== empty ? `${symbol}^` : `!${symbol}`;
}

class Makefile {
  /** `foo-` for foo-y, foo-objs, foo-$(CONFIG_…); `foo` for a plain variable. */
  private readonly variables = new Map<string, Word[]>();

  constructor(
    text: string,
    private readonly known: Readonly<Record<string, string>>,
  ) {
    const stack: { gate: string | null; dead: boolean }[] = [];
    for (const line of logicalLines(text)) {
      const trimmed = line.trim();
      if (/^(ifeq|ifneq|ifdef|ifndef)\b/.test(trimmed)) {
        stack.push({ gate: conditionGate(trimmed), dead: this.constantFalse(trimmed) });
        continue;
      }
      if (/^else\b/.test(trimmed)) {
        const top = stack.pop();
        const rest = trimmed.slice(4).trim();
        if (rest !== '') stack.push({ gate: conditionGate(rest), dead: false });
        else {
          const gate = top?.gate ?? null;
          stack.push({
            gate: gate === null ? null : gate.startsWith('!') ? `${gate.slice(1)}^` : `!${gate.replace('^', '')}`,
            dead: false,
          });
        }
        continue;
      }
      if (/^endif\b/.test(trimmed)) {
        stack.pop();
        continue;
      }
      if (stack.some((s) => s.dead) || line.startsWith('\t')) {
        // A recipe line, unless it is an assignment that somebody indented.
        if (stack.some((s) => s.dead) || !/^\s*[\w$().,-]+\s*(\+|:|\?)?=/.test(line)) continue;
      }
      const gates = stack.flatMap((s) => (s.gate === null ? [] : [s.gate]));
      this.assign(trimmed, gates);
    }
  }

  private constantFalse(line: string): boolean {
    const test = /^ifeq\s*\(\$\((\w+)\)\s*,\s*(\w+)\s*\)/.exec(line);
    if (test === null) return false;
    const value = this.known[test[1] ?? ''];
    return value !== undefined && value !== test[2];
  }

  private assign(line: string, gates: Gates): void {
    const parts = /^([^:=+?\s][^=+?]*?)\s*(\+=|:=|\?=|::=|=)\s*(.*)$/.exec(line);
    if (parts === null) return;
    const left = parts[1] ?? '';
    const symbols: string[] = [];
    let name = left.replace(/\$\(subst m,y,\$\((CONFIG_\w+)\)\)/g, (_, symbol: string) => {
      symbols.push(`${symbol}^`);
      return '';
    });
    name = name.replace(/\$\((CONFIG_\w+)\)/g, (_, symbol: string) => {
      symbols.push(symbol);
      return '';
    });
    name = name.replace(/\$\((\w+)\)/g, (_, v: string) => this.known[v] ?? '');
    const suffixed = symbols.length > 0 || /-(y|m|objs)$/.test(name);
    const base = name.replace(/-(y|m|objs)$/, '').replace(/-+$/, '');
    const key = suffixed ? `${base}-` : name;
    const words = this.expand(parts[3] ?? '').map((w) => ({
      text: w.text,
      gates: join2(join2(gates, symbols), w.gates),
    }));
    const plain = parts[2] === '+=' || suffixed;
    const before = plain ? (this.variables.get(key) ?? []) : [];
    this.variables.set(key, [...before, ...words]);
  }

  /** Expands the right side into words, each with the gates that its variable brought along. */
  private expand(text: string): Word[] {
    const words: Word[] = [];
    const rest = text.replace(
      /\$\((?:addprefix)\s+([^,()]*),\s*((?:[^()]|\([^()]*\))*)\)/g,
      (_, prefix: string, list: string) => {
        for (const w of this.expand(list)) words.push({ text: prefix.trim() + w.text, gates: w.gates });
        return ' ';
      },
    );
    // `mali_kbase-y := $(SRC:.c=.o)`: lists of sources, as modules that are built elsewhere too have them
    const listed = rest.replace(
      /\$\((?:([\w-]+):%?\.c=%?\.o|patsubst\s+%\.c,\s*%\.o,\s*\$\(([\w-]+)\)\s*)\)/g,
      (_, name: string | undefined, other: string | undefined) => {
        for (const w of this.expand(`$(${name ?? other})`))
          words.push({ text: w.text.replace(/\.c$/, '.o'), gates: w.gates });
        return ' ';
      },
    );
    const simple = listed.replace(/\$\(([\w-]+)\)/g, (whole, name: string) => {
      if (name === 'obj' || name === 'src') return '.';
      const known = this.known[name];
      if (known !== undefined) return known;
      return name.startsWith('CONFIG_') ? '' : whole;
    });
    for (const word of simple.split(/\s+/)) {
      if (word === '') continue;
      const variable = /^\$\(([\w-]+)\)$/.exec(word);
      if (variable !== null) {
        const name = variable[1] ?? '';
        const key = /-(y|m|objs)$/.test(name) ? `${name.replace(/-(y|m|objs)$/, '')}-` : name;
        words.push(...(this.variables.get(key) ?? this.variables.get(`${name}-`) ?? []));
      } else if (!word.includes('$')) words.push({ text: word, gates: [] });
    }
    return words;
  }

  /** Objects of a list (`obj`, `lib`), in order. */
  list(name: string): readonly Word[] {
    return this.variables.get(`${name}-`) ?? [];
  }

  /** Parts of a composite object, or null when it has none. */
  parts(object: string): readonly Word[] | null {
    return this.variables.get(`${object}-`) ?? null;
  }
}

/** What says that the objects of an architecture's folder are built, where their own symbols do not. */
const ARCH_SYMBOLS: Readonly<Record<string, string>> = {
  arc: 'CONFIG_ARC',
  loongarch: 'CONFIG_LOONGARCH',
  microblaze: 'CONFIG_MICROBLAZE',
  mips: 'CONFIG_MIPS',
  nios2: 'CONFIG_NIOS2',
  openrisc: 'CONFIG_OPENRISC',
  powerpc: 'CONFIG_PPC',
  sh: 'CONFIG_SUPERH',
  x86: 'CONFIG_X86',
  xtensa: 'CONFIG_XTENSA',
};

export interface KernelTree {
  readonly objects: readonly KernelObject[];
  /** Folders that Makefiles name and that have none themselves, sorted: what a part of a tree lacks. */
  readonly missing: readonly string[];
}

/** Where each part of a kernel is built from, besides the architectures' folders. */
const TOP = ['kernel', 'mm', 'fs', 'crypto', 'block', 'drivers', 'sound', 'net'];
/** Folders of a kernel in which no driver for a node of a devicetree stands. */
const WITHOUT_DRIVERS =
  /^(?:arch|certs|init|io_uring|ipc|lib|rust|samples|scripts|security|tools|usr|virt|include|Documentation)(?:\/|$)/;

/** Folders that a vendor's kernel builds besides: what its top Makefile or Kbuild file names (`drivers-y += techpack/`). */
function moreFolders(files: KernelFiles): string[] {
  const found = new Set<string>();
  for (const name of ['Makefile', 'Kbuild'])
    for (const line of logicalLines(files.read(name) ?? '')) {
      const list = /^\s*(?:core|drivers|net|libs|obj)-(?:y|\$\(CONFIG_\w+\))\s*[:+]?=\s*(.*)$/.exec(line)?.[1] ?? '';
      for (const word of list.split(/\s+/)) {
        const folder = normalize(word);
        if (!/^[\w./-]+\/$/.test(word) || TOP.includes(folder) || WITHOUT_DRIVERS.test(folder)) continue;
        if (TOP.some((top) => folder.startsWith(`${top}/`))) continue;
        if (files.has(`${folder}/Makefile`) || files.has(`${folder}/Kbuild`)) found.add(folder);
      }
    }
  return [...found];
}

/**
 * Walks the tree for these architectures (as in `arch/`), in link order; files reached twice keep their first place. The
 * objects of `modules`, folders of modules that are built outside the tree, come last, each as a module.
 */
export function walkKbuild(files: KernelFiles, arches: readonly string[], modules: readonly string[] = []): KernelTree {
  const objects = new Map<string, { file: string; modname: string; gates: Gates[] }>();
  const missing = new Set<string>();

  const addFile = (file: string, modname: string, gates: Gates): void => {
    const known = objects.get(file);
    if (known === undefined) objects.set(file, { file, modname, gates: [gates] });
    else if (!known.gates.some((g) => g.join() === gates.join())) known.gates.push(gates);
  };

  const visitObject = (
    dir: string,
    makefile: Makefile,
    word: Word,
    gates: Gates,
    modname: string | null,
    depth: number,
  ): void => {
    const own = join2(modname === null ? [] : gates, word.gates);
    const all = modname === null && own.length === 0 ? gates : own;
    const stem = word.text.replace(/\.o$/, '');
    const name = modname ?? (stem.split('/').pop() ?? stem).replaceAll('-', '_');
    const parts = depth < 4 ? makefile.parts(stem) : null;
    if (parts !== null && parts.length > 0) {
      for (const part of parts)
        if (part.text.endsWith('.o') && part.text !== word.text) visitObject(dir, makefile, part, all, name, depth + 1);
    }
    const file = normalize(`${dir}/${stem}.c`);
    if (files.has(file)) addFile(file, name, all);
  };

  const visitDir = (dir: string, gates: Gates, known: Readonly<Record<string, string>>, depth: number): void => {
    if (depth > 12) return;
    const text = files.read(`${dir}/Kbuild`) ?? files.read(`${dir}/Makefile`);
    if (text === null) {
      // of architectures only those are asked for that are there
      if (!dir.startsWith('arch/') && files.list(dir).length === 0) missing.add(dir);
      return;
    }
    const makefile = new Makefile(text, known);
    for (const list of ['obj', 'lib']) {
      for (const word of makefile.list(list)) {
        if (word.text.endsWith('/'))
          visitDir(normalize(`${dir}/${word.text}`), join2(gates, word.gates), known, depth + 1);
        else if (word.text.endsWith('.o')) visitObject(dir, makefile, word, gates, null, 0);
        else if (files.has(`${dir}/${word.text}/Makefile`))
          visitDir(normalize(`${dir}/${word.text}`), join2(gates, word.gates), known, depth + 1);
      }
    }
  };

  for (const arch of arches) {
    const known = { SRCARCH: arch, ARCH: arch, BITS: arch === 'arm' ? '32' : '64' };
    const own = ARCH_SYMBOLS[arch];
    const gates = own === undefined ? [] : [own];
    visitDir(`arch/${arch}`, gates, known, 0);
    const top = files.read(`arch/${arch}/Makefile`) ?? '';
    // up to 5.9 (arm64) the architecture's Makefile itself names the folders, and there is no arch/X/Kbuild
    if (!files.has(`arch/${arch}/Kbuild`))
      for (const { text: folder, gates: more } of new Makefile(top, known).list('core'))
        if (folder.startsWith(`arch/${arch}/`) && folder.endsWith('/'))
          visitDir(normalize(folder), join2(gates, more), known, 0);
    // machine-$(CONFIG_ARCH_X) += x: the directories arch/arm/mach-x (arch/arm/Makefile, machdirs).
    for (const line of logicalLines(top)) {
      const machine = /^(machine|plat)-\$\((CONFIG_\w+)\)\s*\+?:?=\s*(.*)$/.exec(line.trim());
      if (machine === null) continue;
      const prefix = machine[1] === 'machine' ? 'mach-' : 'plat-';
      for (const name of (machine[3] ?? '').split(/\s+/))
        if (name !== '') visitDir(`arch/${arch}/${prefix}${name}`, [machine[2] ?? ''], known, 0);
    }
  }
  const top = `${files.read('Makefile') ?? ''}${files.read('Kbuild') ?? ''}`;
  for (const dir of [...TOP, ...moreFolders(files)]) {
    if (files.list(dir).length === 0) {
      if (new RegExp(`(?<![\\w/])${dir}/`).test(top)) missing.add(dir);
      continue;
    }
    visitDir(
      dir,
      dir === 'block' ? ['CONFIG_BLOCK'] : dir === 'net' ? ['CONFIG_NET'] : [],
      { SRCARCH: 'arm64', ARCH: 'arm64', BITS: '64' },
      0,
    );
  }
  const inTree = new Set(objects.keys());
  for (const top of modules) {
    const { kbuild, bazel } = externalFolders(files, top);
    for (const dir of kbuild) visitDir(dir, [], { SRCARCH: 'arm64', ARCH: 'arm64', BITS: '64' }, 0);
    for (const path of bazel)
      for (const { file, modname } of bazelSources(files.read(path) ?? '')) {
        const at = normalize(`${folderOf(path)}/${file}`);
        if (files.has(at)) addFile(at, modname, []);
      }
  }
  // whoever builds a module beside the kernel means to load it
  for (const [file, object] of objects) if (!inTree.has(file)) object.gates = [[EXTERNAL_MODULE]];
  return { objects: [...objects.values()], missing: [...missing].sort() };
}
