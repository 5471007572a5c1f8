/**
 * What symbols come out as when a configuration is read over the defaults, as `make defconfig` and `make olddefconfig` do
 * (scripts/kconfig/symbol.c: sym_calc_value, sym_calc_visibility, sym_calc_choice).
 */
import { type Expr, type KconfigModel, type KconfigSymbol, MODULE, type Tristate, YES } from './symbols';

interface Value {
  tri: Tristate;
  /** Of numbers and strings. */
  text: string;
  /** It is written to the .config. */
  written: boolean;
}

interface Reach {
  readonly visible: Tristate;
  readonly depends: Tristate;
  readonly selected: Tristate;
  readonly implied: Tristate;
}

const UNSET: Value = { tri: 0, text: '', written: false };
const and = (a: Tristate, b: Tristate): Tristate => (a < b ? a : b);
const or = (a: Tristate, b: Tristate): Tristate => (a > b ? a : b);

/** A configuration worked out as far as it is asked: CONFIG symbols (with prefix) to values. */
export class ResolvedConfig {
  private readonly values = new Map<KconfigSymbol, Value>();
  private readonly chosen = new Map<KconfigSymbol, KconfigSymbol | null>();
  private readonly busy = new Set<KconfigSymbol>();
  private modulesOn: boolean | null = null;

  /** `given`: what the file says, symbols with prefix; null: not set. */
  constructor(
    private readonly model: KconfigModel,
    private readonly given: ReadonlyMap<string, string | null>,
  ) {}

  /** Every symbol that is set, with prefix. */
  *entries(): Iterable<[string, string]> {
    for (const name of this.model.symbols.keys()) {
      const value = this.get(`CONFIG_${name}`);
      if (value !== null) yield [`CONFIG_${name}`, value];
    }
  }

  /** Of a symbol with prefix: `y`, `m`, a number or a text; null when it is not set. */
  get(name: string): string | null {
    const symbol = this.model.symbols.get(name.slice('CONFIG_'.length));
    if (symbol === undefined || symbol.type === 'unknown') return null;
    const value = this.valueOf(symbol);
    if (symbol.type === 'bool' || symbol.type === 'tristate')
      return value.tri === 2 ? 'y' : value.tri === 1 ? 'm' : null;
    return value.written ? value.text : null;
  }

  private get modules(): boolean {
    if (this.modulesOn === null) {
      const { modules } = this.model;
      this.modulesOn = true;
      if (modules !== null) this.modulesOn = this.valueOf(modules).tri === 2;
    }
    return this.modulesOn;
  }

  private isTristate(symbol: KconfigSymbol): boolean {
    return symbol.type === 'tristate' && symbol !== this.model.modules && this.modules;
  }

  private valueOf(symbol: KconfigSymbol): Value {
    const known = this.values.get(symbol);
    if (known !== undefined) return known;
    // a circle of dependencies: Kconfig refuses the file; here the symbol is not set
    if (this.busy.has(symbol)) return UNSET;
    this.busy.add(symbol);
    const value = this.calculate(symbol);
    this.busy.delete(symbol);
    this.values.set(symbol, value);
    return value;
  }

  private givenOf(symbol: KconfigSymbol): string | null | undefined {
    return this.given.get(`CONFIG_${symbol.name}`);
  }

  private calculate(symbol: KconfigSymbol): Value {
    if (symbol.environment !== null) return { tri: 0, text: symbol.environment, written: true };
    if (symbol.values !== null) return this.choiceValue(symbol);
    const reach = this.reachOf(symbol);
    if (symbol.type === 'bool' || symbol.type === 'tristate') return this.switchValue(symbol, reach);
    if (symbol.type === 'unknown') return { tri: 0, text: symbol.name, written: false };
    const own = this.givenOf(symbol);
    if (reach.visible !== 0 && own !== undefined && own !== null) return { tri: 0, text: own, written: true };
    for (const { expr, when } of symbol.defaults) {
      if (this.truth(when) === 0) continue;
      return { tri: 0, text: expr.kind === 'symbol' ? this.textOf(expr.symbol) : '', written: true };
    }
    return { tri: 0, text: '', written: reach.visible !== 0 };
  }

  private switchValue(symbol: KconfigSymbol, { visible, depends, selected, implied }: Reach): Value {
    const tristate = this.isTristate(symbol);
    let tri: Tristate = 0;
    if (symbol.choice !== null && visible === 2) tri = this.choiceOf(symbol.choice) === symbol ? 2 : 0;
    else {
      const own = this.givenOf(symbol);
      // conf_set_sym_val: m is no value of a bool
      const user =
        own === undefined
          ? null
          : own === null
            ? 0
            : own === 'y'
              ? 2
              : own === 'm' && symbol.type === 'tristate'
                ? 1
                : null;
      if (visible !== 0 && user !== null) tri = and(user, visible);
      else {
        for (const { expr, when } of symbol.defaults) {
          const condition = this.truth(when);
          if (condition === 0) continue;
          tri = and(this.truth(expr), condition);
          break;
        }
        if (implied !== 0) tri = and(or(tri, implied), depends);
      }
      tri = or(tri, selected);
    }
    if (tri === 1 && !tristate) tri = 2;
    return { tri, text: tri === 2 ? 'y' : tri === 1 ? 'm' : 'n', written: tri !== 0 || visible !== 0 };
  }

  /** sym_calc_visibility. */
  private reachOf(symbol: KconfigSymbol): Reach {
    const tristate = this.isTristate(symbol);
    const promoted = (tri: Tristate): Tristate => (tri === 1 && !tristate ? 2 : tri);
    let visible: Tristate = 0;
    for (const prompt of symbol.prompts) visible = or(visible, this.truth(prompt));
    let depends: Tristate = 0;
    for (const each of symbol.depends) depends = or(depends, this.truth(each));
    let selected: Tristate = 0;
    for (const by of symbol.selectedBy) selected = or(selected, this.truth(by));
    let implied: Tristate = 0;
    for (const by of symbol.impliedBy) implied = or(implied, this.truth(by));
    return {
      visible: promoted(visible),
      depends: promoted(depends),
      selected: promoted(selected),
      implied: promoted(implied),
    };
  }

  /** A choice is as true as its prompt; m, where some value may be a module, unless one is wanted built in. */
  private choiceValue(choice: KconfigSymbol): Value {
    let visible: Tristate = 0;
    for (const prompt of choice.prompts) visible = or(visible, this.truth(prompt));
    if (choice.prompts.length === 0) for (const each of choice.depends) visible = or(visible, this.truth(each));
    const wanted = (value: string): boolean => choice.values?.some((v) => this.givenOf(v) === value) ?? false;
    if (visible === 1 && !this.isTristate(choice)) visible = 2;
    let tri = visible;
    if (this.isTristate(choice) && visible === 2) {
      if (!wanted('y')) tri = choice.optional && !wanted('m') ? 0 : 1;
    } else if (choice.optional && !wanted('y')) tri = 0;
    return { tri, text: '', written: false };
  }

  /** The value that a choice has: the one asked for, its default, the first that can be seen. */
  private choiceOf(choice: KconfigSymbol): KconfigSymbol | null {
    const known = this.chosen.get(choice);
    if (known !== undefined) return known;
    const visible = (value: KconfigSymbol): boolean => value.prompts.some((prompt) => this.truth(prompt) !== 0);
    const values = choice.values ?? [];
    // of several that a file sets, the last line wins
    const order = [...this.given.keys()];
    let found =
      values
        .filter((value) => this.givenOf(value) === 'y' && visible(value))
        .sort((a, b) => order.indexOf(`CONFIG_${b.name}`) - order.indexOf(`CONFIG_${a.name}`))[0] ?? null;
    if (found === null)
      for (const { expr, when } of choice.defaults)
        if (expr.kind === 'symbol' && this.truth(when) !== 0 && visible(expr.symbol)) {
          found = expr.symbol;
          break;
        }
    found ??= values.find(visible) ?? null;
    this.chosen.set(choice, found);
    return found;
  }

  private truth(expr: Expr | null): Tristate {
    if (expr === null) return 2;
    switch (expr.kind) {
      case 'symbol':
        return this.tri(expr.symbol);
      case 'not':
        return (2 - this.truth(expr.of)) as Tristate;
      case 'and': {
        const left = this.truth(expr.left);
        return left === 0 ? 0 : and(left, this.truth(expr.right));
      }
      case 'or': {
        const left = this.truth(expr.left);
        return left === 2 ? 2 : or(left, this.truth(expr.right));
      }
      case 'compare':
        return this.compare(expr.operator, expr.left, expr.right) ? 2 : 0;
    }
  }

  private tri(symbol: KconfigSymbol): Tristate {
    if (symbol.constant) return symbol === YES ? 2 : symbol === MODULE ? 1 : 0;
    return this.valueOf(symbol).tri;
  }

  private textOf(symbol: KconfigSymbol): string {
    if (symbol.constant) return symbol.name;
    const { text } = this.valueOf(symbol);
    return symbol.type === 'bool' || symbol.type === 'tristate' ? text || 'n' : text;
  }

  private compare(operator: string, left: KconfigSymbol, right: KconfigSymbol): boolean {
    const [a, b] = [this.textOf(left), this.textOf(right)];
    const number = (text: string): number => (/^-?(?:0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN);
    const [x, y] = [number(a), number(b)];
    const order = Number.isNaN(x) || Number.isNaN(y) ? (a < b ? -1 : a > b ? 1 : 0) : x - y;
    switch (operator) {
      case '=':
        return order === 0;
      case '!=':
        return order !== 0;
      case '<':
        return order < 0;
      case '<=':
        return order <= 0;
      case '>':
        return order > 0;
      default:
        return order >= 0;
    }
  }
}
