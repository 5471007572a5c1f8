/**
 * Insertion-ordered collections that mostly hold one or two members (a device's links, a node's): an exact array while
 * they are small, a Map beyond, so that a hundred thousand devices do not carry two hash tables each. Changing one
 * gives the collection to keep from now on; what is being walked stays as it was while it is an array.
 */

const FEW = 8;

export type Few<K, V> = readonly V[] | Map<K, V> | null;

/** Adds `value`, which has not been in it under `key`. */
export function add<K, V>(few: Few<K, V>, key: K, value: V, keyOf: (value: V) => K): Few<K, V> {
  if (few === null) return [value];
  if (few instanceof Map) {
    few.set(key, value);
    return few;
  }
  if (few.length < FEW) {
    // faster than concat() and a spread; a push would make room for sixteen more
    const { length } = few;
    const more: V[] = new Array(length + 1);
    for (let i = 0; i < length; i++) more[i] = few[i] as V;
    more[length] = value;
    return more;
  }
  const many = new Map<K, V>();
  for (const one of few) many.set(keyOf(one), one);
  many.set(key, value);
  return many;
}

/** Takes out what is under `key`; null when nothing is left. */
export function without<K, V>(few: Few<K, V>, key: K, keyOf: (value: V) => K): Few<K, V> {
  if (few === null) return null;
  if (few instanceof Map) {
    few.delete(key);
    return few.size === 0 ? null : few;
  }
  if (few.length === 1 && few[0] !== undefined && keyOf(few[0]) === key) return null;
  const rest: V[] = [];
  for (let i = 0; i < few.length; i++) {
    const one = few[i] as V;
    if (keyOf(one) !== key) rest.push(one);
  }
  return rest;
}

export function get<K, V>(few: Few<K, V>, key: K, keyOf: (value: V) => K): V | undefined {
  if (few === null) return undefined;
  if (few instanceof Map) return few.get(key);
  for (let i = 0; i < few.length; i++) {
    const one = few[i] as V;
    if (keyOf(one) === key) return one;
  }
  return undefined;
}

/** The members in order. */
export function members<K, V>(few: Few<K, V>): Iterable<V> {
  if (few === null) return nothing;
  return few instanceof Map ? few.values() : few;
}

const nothing: readonly never[] = [];

/** The members from the last to the first, as they are now. */
export function newestFirst<K, V>(few: Few<K, V>): V[] {
  const list = few === null ? [] : few instanceof Map ? [...few.values()] : few.slice();
  return list.reverse();
}
