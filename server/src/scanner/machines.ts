/** The machines of 32-bit ARM (DT_MACHINE_START in arch/arm), and which default configurations build them. */
import type { KernelObject } from './kbuild';
import type { KernelFiles } from './kernel-files';

/** One compatible of a machine's dt_compat table. */
export interface Machine {
  readonly compatible: string;
  readonly object: KernelObject;
}

/** Every machine of the objects below arch/arm, in link order. */
export function findMachines(files: KernelFiles, objects: readonly KernelObject[]): Machine[] {
  const found: Machine[] = [];
  for (const object of objects) {
    if (!object.file.startsWith('arch/arm/')) continue;
    const text = (files.read(object.file) ?? '').replace(/\/\*[\s\S]*?\*\//g, '');
    for (const machine of text.matchAll(/\bDT_MACHINE_START\s*\([^)]*\)([\s\S]*?)MACHINE_END/g)) {
      const table = /\.dt_compat\s*=\s*(\w+)/.exec(machine[1] ?? '')?.[1];
      if (table === undefined) continue;
      const body = new RegExp(`\\b${table}\\s*\\[\\][^={]*=\\s*\\{([^}]*)\\}`).exec(text)?.[1] ?? '';
      for (const entry of body.matchAll(/"([^"]+)"/g)) found.push({ compatible: entry[1] ?? '', object });
    }
  }
  return found;
}

/** A configuration as far as it is asked: a symbol to its value; null or nothing: not set. */
interface Values {
  get(symbol: string): string | null | undefined;
}

/** Whether a configuration builds an object into the kernel. */
function isBuilt(object: KernelObject, config: Values): boolean {
  return object.gates.some((all) =>
    all.every((gate) => {
      const value = config.get(gate.replace(/^!|\^$/g, '')) ?? null;
      return gate.startsWith('!') ? value === null : value === 'y' || (gate.endsWith('^') && value === 'm');
    }),
  );
}

/**
 * From configurations in the order in which they are preferred, those that build a machine which no earlier one builds.
 * `base` counts as there already.
 */
export function neededConfigs<T extends Values>(
  machines: readonly Machine[],
  base: T,
  candidates: readonly (readonly [string, () => T])[],
): [string, T][] {
  let left = machines.filter(({ object }) => !isBuilt(object, base));
  const found: [string, T][] = [];
  for (const [name, resolve] of candidates) {
    if (left.length === 0) break;
    const config = resolve();
    const rest = left.filter(({ object }) => !isBuilt(object, config));
    if (rest.length < left.length) found.push([name, config]);
    left = rest;
  }
  return found;
}
