/** What provides for nodes before they are devices: OF declare tables, and early initcalls that look for nodes themselves. */
import type { EarlyProvider } from '../simulator/kernel/drivers';
import { type CFunction, type CSource, expand, splitArgs, stringLiteral, words } from './csource';
import type { ReadEarly } from './found';
import type { KernelObject } from './kbuild';
import type { Sources } from './sources';
import type { TableReader } from './tables';

/** Calls that mark a node as initialized. */
const TREE_PROVIDERS =
  /\b(?:of_genpd_add_provider_\w+|of_clk_add_(?:hw_)?provider|irq_domain_(?:add|create|instantiate)\w*)\s*\(|\bfwnode_dev_initialized\s*\([^;]*\btrue\b/;
/** A provider call for a node that a variable holds. */
const PROVIDED_NODE = /\b(?:of_genpd_add_provider_\w+|of_clk_add_(?:hw_)?provider)\s*\(\s*(\w+)\s*,/g;
const TREE_WALKS =
  /\b(?:for_each_matching_node(?:_and_match)?|of_find_matching_node(?:_and_match)?)\s*\(\s*\w+\s*,\s*(\w+)/g;
const TREE_SEARCHES = /\b(?:for_each_compatible_node|of_find_compatible_node)\s*\(\s*\w+\s*,\s*[^,]+,\s*"([^"]+)"/g;

/** Of one object. */
export class EarlyReader {
  readonly found: ReadEarly[] = [];
  /** Compatibles of IOMMU_OF_DECLARE (4.1 to 4.20): IOMMUs that masters wait for. */
  readonly declaredIommus: string[] = [];

  constructor(
    private readonly sources: Sources,
    private readonly tables: TableReader,
  ) {}

  /** Reads an OF declare macro; false when the macro is none. */
  readDeclare(name: string, args: string, line: number, object: KernelObject, source: CSource): boolean {
    const kinds: Readonly<Record<string, EarlyProvider['kind']>> = {
      CLK_OF_DECLARE: 'clk',
      CLK_OF_DECLARE_DRIVER: 'clk',
      IRQCHIP_DECLARE: 'irqchip',
      TIMER_OF_DECLARE: 'timer',
      // TIMER_OF_DECLARE's name up to 4.12
      CLOCKSOURCE_OF_DECLARE: 'timer',
      RESERVEDMEM_OF_DECLARE: 'reservedmem',
    };
    const kind = kinds[name];
    const isIommu = name === 'IOMMU_OF_DECLARE';
    if (kind === undefined && !isIommu) return false;
    const parts = splitArgs(expand(args, (n) => this.sources.macro(source, n, /COMPAT/.test(n))));
    const compatible = stringLiteral(parts[1] ?? '');
    if (compatible === null) {
      this.tables.unread.push(`${object.file}:${line} ${name}(${args})`);
      return true;
    }
    if (kind === undefined) {
      this.declaredIommus.push(compatible);
      return true;
    }
    const fn = source.functions.get((parts[2] ?? '').trim());
    const clears = fn !== undefined && /of_node_clear_flag\s*\([^)]*OF_POPULATED/.test(fn.body);
    this.found.push({
      kind,
      compatible,
      populated: (name === 'CLK_OF_DECLARE' || kind === 'irqchip') && !clears,
      initialized:
        kind === 'irqchip'
          ? !(fn !== undefined && /fwnode_dev_initialized\s*\([^)]*false/.test(fn.body))
          : kind === 'clk',
      place: { file: object.file, line },
    });
    // One that serves further nodes, which it looks for (kirkwood_clk_init: the gating clocks).
    if (kind === 'clk' && fn !== undefined)
      for (const body of bodiesFrom(source, fn))
        for (const match of body.matchAll(TREE_SEARCHES))
          if (match[1] !== compatible) this.foundBy(match[1] ?? '', false, object, line);
    return true;
  }

  /** A node that code before the devices looks for and provides for. */
  private foundBy(compatible: string, populated: boolean, object: KernelObject, line: number): void {
    if (compatible === '' || this.found.some((e) => e.compatible === compatible)) return;
    this.found.push({
      kind: 'other',
      compatible,
      populated,
      initialized: true,
      place: { file: object.file, line },
    });
  }

  /**
   * An initcall that runs before the tree becomes devices (of_platform_default_populate_init, arch_initcall_sync), looks
   * for nodes of a table itself and registers providers for them: rcar_sysc_pd_init, exynos4_pm_init_power_domain.
   */
  readWalk(source: CSource, object: KernelObject, fn: CFunction, line: number): void {
    const bodies = bodiesFrom(source, fn);
    if (!bodies.some((body) => TREE_PROVIDERS.test(body)) && !leavesToAnother(source, fn, bodies)) return;
    const found = new Set<string>();
    for (const body of bodies) {
      for (const match of body.matchAll(TREE_WALKS)) {
        const table = this.tables.variableNamed(source, match[1] ?? '');
        if (table !== null)
          for (const row of this.tables.ofRows(table.source, object, table.variable)) found.add(row.compatible ?? '');
      }
      for (const match of body.matchAll(TREE_SEARCHES)) found.add(match[1] ?? '');
    }
    const populated = bodies.some((body) => /of_node_set_flag\s*\([^)]*OF_POPULATED\b/.test(body));
    for (const compatible of found) this.foundBy(compatible, populated, object, line);
  }
}

/**
 * Whether a function puts a node into a variable of its file for another initcall that provides for it: since Linux 6.18
 * rcar_sysc_pd_init for rcar_sysc_pd_init_provider, because domains need the bus of their providers.
 */
function leavesToAnother(source: CSource, fn: CFunction, bodies: readonly string[]): boolean {
  for (const { name, args } of source.invocations) {
    const other = /_initcall(?:_sync)?$/.test(name) ? source.functions.get(args.trim()) : undefined;
    if (other === undefined || other.name === fn.name) continue;
    for (const body of bodiesFrom(source, other))
      for (const [, node = ''] of body.matchAll(PROVIDED_NODE))
        if (!isLocal(body, node) && bodies.some((left) => new RegExp(`(?:^|[;{}])\\s*${node} = \\w+;`).test(left)))
          return true;
  }
  return false;
}

const isLocal = (body: string, variable: string): boolean =>
  new RegExp(`\\bdevice_node \\*\\s*${variable}\\b`).test(body);

/** The bodies of a function and of those in its file that it calls. */
function bodiesFrom(source: CSource, fn: CFunction): string[] {
  const bodies: string[] = [];
  const seen = new Set<string>();
  const visit = (at: CFunction): void => {
    seen.add(at.name);
    bodies.push(at.body);
    for (const { name, called } of words(at.body)) {
      const next = called && !seen.has(name) ? source.functions.get(name) : undefined;
      if (next !== undefined) visit(next);
    }
  };
  visit(fn);
  return bodies;
}
