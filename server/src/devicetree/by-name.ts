/**
 * The properties of a tree by name. Most of what looks for properties looks for a few names in every node; a name is judged once here
 * and not once a property, and all who look share one walk over the tree.
 */
import { PerObject } from '../source/per-object';
import type { DeviceTree, DtProperty } from './model';

const made = new PerObject<DeviceTree, PropertyIndex>();

/** The index of a tree, made at first use. */
export function propertiesByName(tree: DeviceTree): PropertyIndex {
  let index = made.get(tree);
  if (index === undefined) {
    index = new PropertyIndex(tree);
    made.set(tree, index);
  }
  return index;
}

export class PropertyIndex {
  /** Every property in the order of the blob; its number is its place here. */
  private readonly all: DtProperty[] = [];
  private readonly numbers = new Map<string, number[]>();

  constructor(tree: DeviceTree) {
    const { all, numbers } = this;
    // callbacks and counted loops: an iterator's result for each of ten thousand properties is what an edit would mostly allocate
    const add = (property: DtProperty, name: string): void => {
      const list = numbers.get(name);
      if (list === undefined) numbers.set(name, [all.length]);
      else list.push(all.length);
      all.push(property);
    };
    const { nodes } = tree;
    for (let i = 0; i < nodes.length; i++) nodes[i]?.properties.forEach(add);
  }

  /** The names that there are, in the order of their first use. */
  get names(): IterableIterator<string> {
    return this.numbers.keys();
  }

  /** Whether any node has a property of this name. */
  has(name: string): boolean {
    return this.numbers.has(name);
  }

  /** The properties of one name, in the order of the blob. */
  named(name: string): readonly DtProperty[] {
    return this.of(this.numbers.get(name) ?? []);
  }

  /** The properties of several names together, in the order of the blob. */
  namedAny(names: readonly string[]): readonly DtProperty[] {
    const [only] = names;
    if (names.length === 1 && only !== undefined) return this.named(only);
    let count = 0;
    for (const name of names) count += this.numbers.get(name)?.length ?? 0;
    const order = new Int32Array(count);
    let at = 0;
    for (const name of names) {
      const list = this.numbers.get(name);
      if (list === undefined) continue;
      order.set(list, at);
      at += list.length;
    }
    return this.of(order.sort());
  }

  private of(numbers: ArrayLike<number>): DtProperty[] {
    const found: DtProperty[] = [];
    for (let i = 0; i < numbers.length; i++) {
      const property = this.all[numbers[i] ?? -1];
      if (property !== undefined) found.push(property);
    }
    return found;
  }
}
