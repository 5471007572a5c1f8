/** A browser keeps nothing between sessions. */
import type * as node from '../workspace/graph-cache';

type Public<T> = Pick<T, keyof T>;

export class KeptIncludes implements Public<node.KeptIncludes> {
  get(): null {
    return null;
  }

  set(): void {}

  save(): readonly string[] {
    return [];
  }
}
