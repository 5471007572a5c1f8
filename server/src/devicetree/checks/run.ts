/** The list of checks, and a run of them over a tree. */
import { type SourceFile, type Span, sourceFile } from '../../source/file';
import { type PropertyIndex, propertiesByName } from '../by-name';
import { type DtcRules, NEWEST_DTC } from '../dtc';
import type { DeviceTree, DtNode, DtProperty, Problem } from '../model';
import { formatChecks, styleChecks, unitAddressChecks } from './addresses';
import { i2cChecks, pciChecks, simpleBusChecks, spiChecks } from './buses';
import { type Bus, type Check, type CheckRun, oneCell } from './check';
import { graphChecks } from './graph';
import { interruptChecks } from './interrupts';
import { nameChecks, strictNameChecks } from './names';
import { gpioChecks, providerChecks } from './providers';
import { aliasCheck, chosenChecks, valueChecks } from './values';

/** In dtc's order: later ones see what earlier ones learned (which bus a node is). */
const CHECKS: readonly Check[] = [
  ...nameChecks,
  ...valueChecks,
  ...strictNameChecks,
  ...formatChecks,
  ...unitAddressChecks,
  ...pciChecks,
  ...simpleBusChecks,
  ...i2cChecks,
  ...spiChecks,
  ...styleChecks,
  ...chosenChecks,
  ...providerChecks,
  ...gpioChecks,
  ...interruptChecks,
  aliasCheck,
  ...graphChecks,
];
/** The checks of properties that pick them by their names. */
const PICKERS: readonly Picker[] = CHECKS.flatMap((check) => ('property' in check ? check : []));
type Picker = Extract<Check, { readonly property: unknown }>;
const BY_NAME = new Map(CHECKS.map((check) => [check.name, check]));

/** Names of all checks, in order. */
export const CHECK_NAMES: readonly string[] = CHECKS.map((check) => check.name);

/** Left out by Linux 7.3's build unless it is asked for more (scripts/Makefile.dtbs, DTC_FLAGS without W=1), and by earlier ones. */
const NOISY: readonly string[] = [
  'unit_address_vs_reg',
  'avoid_unnecessary_addr_size',
  'alias_paths',
  'graph_child_address',
  'simple_bus_reg',
  'unique_unit_address',
];
/** Kernels whose dtc wants #address-cells of interrupt-map's parents leave that check out too. */
const NOISY_AND_MAP: readonly string[] = [...NOISY, 'interrupt_map'];

const shown = new Map<string, ReadonlySet<string>>();

/** What the build of the tree with this dtc shows: dtc's default set without what it switches off. The same object each time. */
export function kernelChecks(dtc: DtcRules = NEWEST_DTC): ReadonlySet<string> {
  const silent = [...(dtc.silent ?? (dtc.interruptMapWantsCells ? NOISY_AND_MAP : NOISY)), ...(dtc.silentHere ?? [])];
  const key = silent.join(' ');
  let checks = shown.get(key);
  if (checks === undefined) {
    checks = new Set(
      CHECKS.flatMap(({ name, optional }) => (optional === true || silent.includes(name) ? [] : [name])),
    );
    shown.set(key, checks);
  }
  return checks;
}

export interface CheckFinding {
  readonly check: string;
  readonly severity: 'error' | 'warning';
  readonly node: DtNode;
  readonly property: DtProperty | null;
  readonly message: string;
}

export interface CheckOptions {
  /** Which checks may speak; by default those of the kernel's build. */
  readonly enabled?: ReadonlySet<string>;
  /** Findings that rest on what is not there. */
  readonly isGuess?: (finding: CheckFinding) => boolean;
}

/** Runs the checks over a tree. A check whose prerequisites found anything is left out, as dtc does it. */
export function checkTree(tree: DeviceTree, options: CheckOptions = {}): CheckFinding[] {
  return new Run(tree, options).all();
}

/** The same as problems, with the check's name as code, at the property or node concerned. */
export function checkProblems(tree: DeviceTree, options: CheckOptions = {}): Problem[] {
  const { isGuess } = options;
  const all = checkTree(tree, options);
  return (isGuess === undefined ? all : all.filter((finding) => !isGuess(finding))).map(
    ({ check, severity, node, property, message }) => ({
      severity,
      code: check,
      message: `${node.path}: ${message}`,
      span: property?.nameSpan ?? nodeSpan(node) ?? NOWHERE,
    }),
  );
}

const NO_FILE: SourceFile = sourceFile('', '');
const NOWHERE: Span = { file: NO_FILE, start: 0, end: 0 };
/** Findings per check: a table with one mistake must not drown the rest. */
const MAX_FINDINGS = 1000;

function nodeSpan(node: DtNode): Span | null {
  for (let at: DtNode | null = node; at !== null; at = at.parent) {
    const definition = at.definitions.find((d) => d.reference === null) ?? at.definitions[0];
    if (definition !== undefined) return definition.nameSpan;
  }
  return null;
}

/** Names met, so that each is looked at once. Far fewer than this are ever used; a text full of others starts anew. */
const picked = new Map<string, readonly number[]>();
const MAX_PICKED = 20_000;

/** Which PICKERS look at properties of this name. */
function pickersOf(name: string): readonly number[] {
  let found = picked.get(name);
  if (found === undefined) {
    if (picked.size >= MAX_PICKED) picked.clear();
    found = PICKERS.flatMap(({ property }, i) =>
      (typeof property === 'string' ? property === name : property(name)) ? i : [],
    );
    picked.set(name, found);
  }
  return found;
}

class Run implements CheckRun {
  readonly dtc: DtcRules;
  readonly fromSource: boolean;
  readonly buses = new Map<DtNode, Bus>();
  private readonly findings: CheckFinding[] = [];
  private readonly passed = new Map<string, boolean>();
  private readonly nodes: readonly DtNode[];
  private readonly generated: readonly DtNode[];
  private readonly index: PropertyIndex;
  /** The names that each check of properties looks at. */
  private readonly names = new Map<Check, string[]>();
  private readonly enabled: ReadonlySet<string>;
  private current: Check | null = null;
  private failures = 0;

  constructor(
    readonly tree: DeviceTree,
    options: CheckOptions,
  ) {
    this.fromSource = tree.blob !== true;
    this.dtc = tree.dtc ?? NEWEST_DTC;
    this.enabled = options.enabled ?? kernelChecks(this.dtc);
    const generated = [...tree.root.children.values()].filter(isGenerated);
    this.nodes = generated.length === 0 ? tree.nodes : tree.nodes.filter((node) => !isBelow(node, generated));
    this.generated = generated;
    this.index = propertiesByName(tree);
    const lists = PICKERS.map((): string[] => []);
    PICKERS.forEach((check, i) => {
      this.names.set(check, lists[i] ?? []);
    });
    for (const name of this.index.names) for (const picker of pickersOf(name)) lists[picker]?.push(name);
  }

  private propertiesFor(check: Check): readonly DtProperty[] {
    const found = this.index.namedAny(this.names.get(check) ?? []);
    return this.generated.length === 0 ? found : found.filter(({ node }) => !isBelow(node, this.generated));
  }

  all(): CheckFinding[] {
    for (const check of CHECKS) if (this.enabled.has(check.name)) this.run(check);
    return this.findings;
  }

  private run(check: Check): boolean {
    const known = this.passed.get(check.name);
    if (known !== undefined) return known;
    let ready = true;
    for (const name of check.needs ?? []) {
      const needed = BY_NAME.get(name);
      if (needed !== undefined && !this.run(needed)) ready = false;
    }
    let passed = false;
    if (ready) {
      this.current = check;
      this.failures = 0;
      // counted loops: fifteen checks over every node
      if ('node' in check) {
        const { nodes } = this;
        for (let i = 0; i < nodes.length; i++) check.node(this, nodes[i] as DtNode);
      } else {
        const properties = this.propertiesFor(check);
        for (let i = 0; i < properties.length; i++) check.check(this, properties[i] as DtProperty);
      }
      passed = this.failures === 0;
    }
    this.passed.set(check.name, passed);
    return passed;
  }

  fail(node: DtNode, property: DtProperty | null | undefined, message: string): void {
    const check = this.current;
    this.failures++;
    if (check === null || !this.enabled.has(check.name) || this.failures > MAX_FINDINGS) return;
    const { name, severity } = check;
    this.findings.push({ check: name, severity, node, property: property ?? null, message });
  }

  addressCells(node: DtNode): number | null {
    const property = node.properties.get('#address-cells');
    return property === undefined ? null : oneCell(property);
  }

  sizeCells(node: DtNode): number | null {
    const property = node.properties.get('#size-cells');
    return property === undefined ? null : oneCell(property);
  }
}

/** Nodes that compiling makes (__symbols__ and the like, below the root) are no part of what a person wrote. */
function isGenerated(node: DtNode): boolean {
  return node.definitions.length === 0 && /^__(symbols|fixups|local_fixups)__$/.test(node.name);
}

function isBelow(node: DtNode, tops: readonly DtNode[]): boolean {
  let top = node;
  while (top.parent !== null && top.parent.parent !== null) top = top.parent;
  return tops.includes(top);
}
