/** Nodes that a patch gives another name: the same node for whoever reads what the patch does. */

/** A unit address without leading zeros, in small letters, each part of it. */
const plainUnit = (unit: string): string =>
  unit
    .toLowerCase()
    .split(',')
    .map((part) => part.replace(/^(?:0x)?0*(?=.)/, ''))
    .join();

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function unitOf(name: string): string | null {
  const at = name.indexOf('@');
  return at < 0 ? null : plainUnit(name.slice(at + 1));
}

const depth = (path: string): number => path.split('/').length;

/** New names of paths by their earlier ones. */
export class Renames {
  private readonly now = new Map<string, string>();
  private readonly was = new Map<string, string>();

  /**
   * `gone` and `fresh`: paths that only the earlier and only the later state has. A node has another name when at its place there
   * is one node less and one node more with the same unit address, or with the same name where the place itself is called otherwise.
   * `alike`: whether two nodes can be the same one at all.
   */
  constructor(
    gone: readonly string[],
    fresh: readonly string[],
    private readonly alike: (before: string, now: string) => boolean = () => true,
  ) {
    const left = new Map<string, string[]>();
    for (const path of gone) {
      const list = left.get(parentOf(path));
      if (list === undefined) left.set(parentOf(path), [path]);
      else list.push(path);
    }
    const byUnit = new Map<string, number>();
    for (const path of fresh) {
      const key = `${parentOf(path)}@${unitOf(nameOf(path))}`;
      byUnit.set(key, (byUnit.get(key) ?? 0) + 1);
    }
    for (const path of [...fresh].sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))) {
      const place = this.before(parentOf(path));
      const candidates = (left.get(place) ?? []).filter((each) => alike(each, path));
      const unit = unitOf(nameOf(path));
      const same = candidates.filter((each) => nameOf(each) === nameOf(path));
      const atUnit = candidates.filter((each) => unit !== null && unitOf(nameOf(each)) === unit);
      const spelt = atUnit.filter((each) => Renames.isSpelling(nameOf(each), nameOf(path)));
      const [old] = same.length > 0 ? same : spelt.length > 0 ? spelt : atUnit;
      const alone = atUnit.length === 1 && byUnit.get(`${parentOf(path)}@${unit}`) === 1;
      const certain = same.length > 0 || spelt.length === 1 || alone;
      if (old === undefined || !certain) continue;
      this.take(old, path);
    }
    this.moved(gone, fresh);
  }

  private take(old: string, path: string): void {
    this.now.set(old, path);
    this.was.set(path, old);
  }

  /** Nodes with a unit address whose name is elsewhere now: the only one of that name that is gone and the only one that is new. */
  private moved(gone: readonly string[], fresh: readonly string[]): void {
    const onlyOnes = (paths: readonly string[], known: ReadonlyMap<string, string>): Map<string, string | null> => {
      const found = new Map<string, string | null>();
      for (const path of paths) {
        const name = nameOf(path);
        if (!known.has(path) && name.includes('@')) found.set(name, found.has(name) ? null : path);
      }
      return found;
    };
    const [left, made] = [onlyOnes(gone, this.now), onlyOnes(fresh, this.was)];
    for (const [name, path] of made) {
      const old = left.get(name);
      if (path === null || old == null || !this.alike(old, path)) continue;
      this.take(old, path);
      // what stands below it went with it
      const below = new Set(gone.filter((each) => each.startsWith(`${old}/`)));
      for (const each of fresh) {
        if (!each.startsWith(`${path}/`)) continue;
        const was = old + each.slice(path.length);
        if (below.has(was) && !this.now.has(was) && !this.was.has(each)) this.take(was, each);
      }
    }
  }

  get none(): boolean {
    return this.now.size === 0;
  }

  /** The nodes whose own name or place is another one, with the path that it would have without; not those below them. */
  *own(): Iterable<{ readonly path: string; readonly before: string }> {
    for (const [old, path] of this.now)
      if (nameOf(old) !== nameOf(path) || this.after(parentOf(old)) !== parentOf(path)) yield { path, before: old };
  }

  /** What a node was before, for people. */
  static words(before: string, path: string): string {
    const [was, is] = [nameOf(before), nameOf(path)];
    if (was === is) return `is at another place, before below ${parentOf(before) || '/'}`;
    return Renames.isSpelling(was, is)
      ? 'has its unit address written otherwise'
      : `is another name for what was ${was} before`;
  }

  /** Whether a name differs by leading zeros or capital letters of the unit address alone. */
  private static isSpelling(before: string, now: string): boolean {
    return before.split('@')[0] === now.split('@')[0] && unitOf(before) === unitOf(now);
  }

  /** The earlier path of a node. */
  before(path: string): string {
    return follow(path, this.was);
  }

  /** The path of a node that was at an earlier one. */
  after(path: string): string {
    return follow(path, this.now);
  }

  /** A text with its paths as they are now. */
  text(text: string): string {
    return this.none ? text : withPaths(text, (path) => this.after(path));
  }
}

/** A text with another word for each path in it. A comma or a point at the end belongs to the sentence. */
export function withPaths(text: string, word: (path: string) => string): string {
  return text.replace(/\/[\w@,.+-]+(?:\/[\w@,.+-]+)*/g, (match) => {
    const path = match.replace(/[,.]+$/, '');
    return word(path) + match.slice(path.length);
  });
}

/** The path that the longest known part of a path leads to. */
function follow(path: string, names: ReadonlyMap<string, string>): string {
  for (let at = path; at !== ''; at = parentOf(at)) {
    const known = names.get(at);
    if (known !== undefined) return known + path.slice(at.length);
  }
  return path;
}
