/**
 * What is worked out of an object once, and is kept by that object.
 *
 * A board is read, booted and judged, and then all of it is let go. That costs next to nothing while V8's minor collections find
 * none of it alive. They take for alive what anything old points to, dead or not, and some things are old from the start (seen with
 * V8 11, 12 and 13, findings/v8-old-from-birth.sh):
 *
 * - the values of a WeakMap, whether their keys are alive or not;
 * - a function literal that is assigned to a member (`a.b = () => c`), with all that it sees: name it first;
 * - the shape of an object literal with a getter, of an object made the prototype of another, of a generator or class within a
 *   function.
 *
 * One such thing in the library keeps a whole board until the next major collection: it is copied twice, and what it points to with
 * it. `server/test/architecture.test.ts` looks for such WeakMaps, literals and getters.
 */

type Owner<V> = { [key: symbol]: V | undefined };

/** A value for each object that is asked about, as in a WeakMap, but held by the object. */
export class PerObject<K extends object, V> {
  private readonly key = Symbol('kept');

  /** The value of an object; undefined: it has none. */
  get(owner: K): V | undefined {
    return (owner as Owner<V>)[this.key];
  }

  /** Hidden from whoever lists, copies or compares the object. Throws for an object that cannot be extended. */
  set(owner: K, value: V): void {
    const { key } = this;
    if (Object.hasOwn(owner, key)) (owner as Owner<V>)[key] = value;
    else Object.defineProperty(owner, key, { value, writable: true });
  }
}
