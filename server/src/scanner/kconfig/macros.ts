/**
 * Kconfig's macro language (Documentation/kbuild/kconfig-macro-language.rst). No shell is run: what a command would print
 * is assumed to be what a current GNU toolchain without Rust gives.
 */

/** What Kconfig's build knows of the tools, by their variables. */
const TOOLCHAIN: Readonly<Record<string, string>> = {
  CC: 'gcc',
  LD: 'ld',
  HOSTCC: 'gcc',
  NM: 'nm',
  OBJCOPY: 'objcopy',
  RUSTC: 'rustc',
  BINDGEN: 'bindgen',
  PAHOLE: 'pahole',
  CLANG_FLAGS: '',
  srctree: '.',
  objtree: '.',
  CC_VERSION_TEXT: 'gcc 14.2.0',
  RUSTC_VERSION_TEXT: '',
  PAHOLE_VERSION: '0',
  KERNELVERSION: '',
};

/** What the version scripts of scripts/ print for these tools. */
const SCRIPTS: readonly (readonly [name: RegExp, output: string])[] = [
  [/cc-version\.sh/, 'GCC 140200'],
  [/as-version\.sh/, 'GNU 24400'],
  [/ld-version\.sh/, 'BFD 24400'],
  [/gcc-version\.sh/, '140200'],
  [/clang-version\.sh/, '0'],
  [/lld-version\.sh/, '0'],
  [/(?:rustc|pahole)[\w-]*version\.sh|rustc-llvm-version/, '0'],
];

/** Whether a command would succeed. */
function succeeds(command: string): boolean {
  // the compiler knows the macro already, so that defining it anew is an error
  if (/rust|pahole|clang|plugin|lld\b|-D__SIZEOF_INT128__/i.test(command)) return false;
  const empty = /^\s*(?:test|\[)\s+-([zn])\s+("[^"]*"|\S*)/.exec(command);
  if (empty !== null) return (empty[1] === 'z') === ((empty[2] ?? '').replace(/"/g, '') === '');
  const compared = /^\s*(?:test|\[)\s+(\S+)\s+(-\w\w|!?=)\s+(\S+)/.exec(command);
  if (compared !== null) {
    const [, left = '', operator = '', right = ''] = compared.map((part) => part?.replace(/"/g, ''));
    const order = Number(left) - Number(right);
    if (operator === '=') return left === right;
    if (operator === '!=') return left !== right;
    return { '-ge': order >= 0, '-gt': order > 0, '-le': order <= 0, '-lt': order < 0 }[operator] ?? order === 0;
  }
  return true;
}

/** What a command prints. */
function output(command: string): string {
  const picked = /^\s*set\s+--\s+(.*?)\s*&&\s*echo\s+\$\{?(\d)\}?\s*$/.exec(command);
  if (picked !== null) return (picked[1] ?? '').trim().split(/\s+/)[Number(picked[2]) - 1] ?? '';
  const script = SCRIPTS.find(([name]) => name.test(command));
  if (script !== undefined) return script[1];
  const branch = /^\s*\{([\s\S]*);?\s*\}[^&]*&&\s*echo\s+"?([^"|]*?)"?\s*\|\|\s*echo\s+"?([^"]*?)"?\s*$/.exec(command);
  if (branch !== null) return succeeds((branch[1] ?? '').replace(/;\s*$/, '')) ? (branch[2] ?? '') : (branch[3] ?? '');
  const said = /^\s*echo\s+(.*)$/.exec(command);
  return said === null || (said[1] ?? '').includes('|') ? '' : (said[1] ?? '');
}

/** Macros may name each other without an end. */
const MAX_DEPTH = 40;

export class Macros {
  private readonly variables = new Map<string, { text: string; simple: boolean }>();

  constructor(environment: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries({ ...TOOLCHAIN, ...environment }))
      this.variables.set(name, { text, simple: true });
  }

  /** `NAME = text`, `:=` or `+=`. */
  assign(name: string, operator: string, text: string): void {
    const before = this.variables.get(name);
    if (operator === '+=' && before !== undefined) before.text += ` ${before.simple ? this.expand(text) : text}`;
    else
      this.variables.set(name, operator === ':=' ? { text: this.expand(text), simple: true } : { text, simple: false });
  }

  /** A text with its `$(…)` expanded; what is never closed stays. */
  expand(text: string, args: readonly string[] = [], depth = 0): string {
    if (!text.includes('$') || depth > MAX_DEPTH) return text;
    let out = '';
    for (let i = 0; i < text.length; i++) {
      const c = text[i];
      if (c !== '$') {
        out += c;
        continue;
      }
      if (text[i + 1] !== '(') {
        // before 4.18: $NAME
        const name = /^[A-Za-z_]\w*/.exec(text.slice(i + 1, i + 80))?.[0];
        if (name === undefined) out += c;
        else {
          out += this.variables.get(name)?.text ?? '';
          i += name.length;
        }
        continue;
      }
      const end = closingBracket(text, i + 1);
      if (end < 0) return out + text.slice(i);
      out += this.call(text.slice(i + 2, end), args, depth);
      i = end;
    }
    return out;
  }

  private call(inner: string, args: readonly string[], depth: number): string {
    const parts = splitCommas(inner);
    const name = this.expand(parts[0] ?? '', args, depth + 1).trim();
    if (/^\d+$/.test(name)) return args[Number(name)] ?? '';
    const given = parts.slice(1).map((part) => this.expand(part, args, depth + 1));
    switch (name) {
      case 'shell':
        return output(given.join(','));
      case 'if-success':
        return succeeds(given[0] ?? '') ? (given[1] ?? '') : (given[2] ?? '');
      case 'info':
      case 'warning-if':
      case 'error-if':
        return '';
      default: {
        const variable = this.variables.get(name);
        if (variable === undefined) return '';
        return variable.simple ? variable.text : this.expand(variable.text, [name, ...given], depth + 1);
      }
    }
  }
}

function closingBracket(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')' && --depth === 0) return i;
  }
  return -1;
}

function splitCommas(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') depth++;
    else if (text[i] === ')') depth--;
    else if (text[i] === ',' && depth === 0) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
