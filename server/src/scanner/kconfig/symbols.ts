/** What Kconfig files say, as symbols with their properties; made by parse.ts, worked out by evaluate.ts. */

export type Tristate = 0 | 1 | 2;

export type SymbolType = 'unknown' | 'bool' | 'tristate' | 'string' | 'int' | 'hex';

export type Expr =
  | { readonly kind: 'symbol'; readonly symbol: KconfigSymbol }
  | { readonly kind: 'not'; readonly of: Expr }
  | { readonly kind: 'and' | 'or'; readonly left: Expr; readonly right: Expr }
  | {
      readonly kind: 'compare';
      readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>=';
      readonly left: KconfigSymbol;
      readonly right: KconfigSymbol;
    };

/** A default or a select with the condition under which it counts; null: always. */
export interface Conditional {
  readonly expr: Expr;
  readonly when: Expr | null;
}

export class KconfigSymbol {
  type: SymbolType = 'unknown';
  /** The conditions of its prompts; null: always visible. Empty: it has no prompt. */
  readonly prompts: (Expr | null)[] = [];
  readonly defaults: Conditional[] = [];
  /** What its `depends on` and its menus ask, of each definition; null: nothing. */
  readonly depends: (Expr | null)[] = [];
  /** Whose select or imply is true for it. */
  readonly selectedBy: Expr[] = [];
  readonly impliedBy: Expr[] = [];
  /** The choice that it is one value of. */
  choice: KconfigSymbol | null = null;
  /** Of a choice: its values in order. */
  values: KconfigSymbol[] | null = null;
  /** Of a choice: none of its values need be set. */
  optional = false;
  /** The value comes from Kconfig's environment (`option env`). */
  environment: string | null = null;

  constructor(
    /** Without prefix; of a constant its text. */
    readonly name: string,
    readonly constant: boolean,
  ) {}
}

export const YES = new KconfigSymbol('y', true);
export const MODULE = new KconfigSymbol('m', true);
export const NO = new KconfigSymbol('n', true);

/** All symbols of one architecture's Kconfig. */
export interface KconfigModel {
  readonly symbols: ReadonlyMap<string, KconfigSymbol>;
  /** The symbol that switches modules on; null: there are none. */
  readonly modules: KconfigSymbol | null;
  /** Sourced files that are not there. */
  readonly missing: readonly string[];
}

export function both(left: Expr | null, right: Expr | null): Expr | null {
  if (left === null) return right;
  return right === null ? left : { kind: 'and', left, right };
}

export const symbolExpr = (symbol: KconfigSymbol): Expr => ({ kind: 'symbol', symbol });
