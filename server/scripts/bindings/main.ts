/**
 * npm run bindings -- LINUX [-o FILE]
 *
 * Makes the binding facts of a kernel tree: for every compatible whose binding (Documentation/devicetree/bindings) knows
 * iommus or iommu-map, the properties that the binding requires. Deterministic: the same tree gives the same bytes.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { parse } from 'yaml';
import type { BindingFactsData, BindingRow } from '../../src/iommu/binding-facts';

type Schema = { readonly [key: string]: unknown };

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const sub = (schema: Schema, ...path: readonly string[]): Schema =>
  path.reduce<Schema>((at, key) => (isSchema(at[key]) ? at[key] : {}), schema);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const names = (value: unknown): string[] => list(value).filter((v): v is string => typeof v === 'string');

/** What every node has, or what other properties may stand for. */
const LEFT_OUT = new Set(['compatible', 'reg', '#address-cells', '#size-cells', 'ranges', 'interrupts', 'device_type']);
const OURS = ['iommus', 'iommu-map'];

const [linux, option, target] = process.argv.slice(2);
if (linux === undefined || (option !== undefined && (option !== '-o' || target === undefined))) {
  process.stderr.write('usage: npm run bindings -- LINUX-TREE [-o FILE]\n');
  process.exit(2);
}
const root = join(linux, 'Documentation/devicetree/bindings');
const out = target ?? 'server/src/iommu/catalogue/binding-facts.json';

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(path) : entry.name.endsWith('.yaml') ? [path] : [];
    });
}

const read = new Map<string, Schema>();
function schemaOf(path: string): Schema {
  let schema = read.get(path);
  if (schema === undefined) {
    const parsed: unknown = existsSync(path) ? parse(readFileSync(path, 'utf8'), { logLevel: 'silent' }) : {};
    schema = isSchema(parsed) ? parsed : {};
    read.set(path, schema);
  }
  return schema;
}

/** The schema and those that its $ref and allOf take in, each once. */
function parts(path: string, seen = new Set<string>()): Schema[] {
  if (seen.has(path)) return [];
  seen.add(path);
  const schema = schemaOf(path);
  const found: Schema[] = [schema];
  for (const entry of [schema, ...list(schema.allOf).filter(isSchema)]) {
    const ref = typeof entry.$ref === 'string' ? entry.$ref.replace(/#.*$/, '') : '';
    if (ref === '') continue;
    found.push(...parts(ref.startsWith('/schemas/') ? join(root, ref.slice(9)) : join(dirname(path), ref), seen));
  }
  return found;
}

/** Every string that a compatible's schema can be in its first place. */
function firstCompatibles(schema: unknown): string[] {
  if (!isSchema(schema)) return [];
  if (typeof schema.const === 'string') return [schema.const];
  const alternatives = [...list(schema.oneOf), ...list(schema.anyOf)].flatMap(firstCompatibles);
  const items = schema.items;
  const first = Array.isArray(items) ? firstCompatibles(items[0]) : firstCompatibles(items);
  return [...names(schema.enum), ...alternatives, ...first];
}

/** The compatibles that an `if` asks for; null when it asks for anything else. */
function condition(test: unknown): ReadonlySet<string> | null {
  if (!isSchema(test)) return null;
  const keys = Object.keys(sub(test, 'properties'));
  if (keys.length !== 1 || keys[0] !== 'compatible') return null;
  const contains = sub(test, 'properties', 'compatible', 'contains');
  const found = typeof contains.const === 'string' ? [contains.const] : names(contains.enum);
  return found.length === 0 ? null : new Set(found);
}

const rows: BindingRow[] = [];
for (const path of filesBelow(root)) {
  const all = parts(path);
  const known = OURS.filter((name) => all.some((s) => name in sub(s, 'properties')));
  if (known.length === 0) continue;
  const own = schemaOf(path);
  const compatibles = [...new Set(firstCompatibles(sub(own, 'properties').compatible))].sort();
  const base = all.flatMap((s) => names(s.required));
  const groups = new Map<string, string[]>();
  for (const compatible of compatibles) {
    const required = new Set(base);
    for (const schema of all)
      for (const entry of list(schema.allOf).filter(isSchema))
        if (condition(entry.if)?.has(compatible) === true)
          for (const name of names(sub(entry, 'then').required)) required.add(name);
    const key = [...required]
      .filter((name) => !LEFT_OUT.has(name))
      .sort()
      .join(' ');
    groups.set(key, [...(groups.get(key) ?? []), compatible]);
  }
  for (const [key, list] of groups) if (key !== '') rows.push([relative(root, path), list, key.split(' ')]);
}
const version = ['VERSION', 'PATCHLEVEL']
  .map((name) => new RegExp(`^${name}\\s*=\\s*(\\S*)`, 'm').exec(readFileSync(join(linux, 'Makefile'), 'utf8'))?.[1])
  .join('.');
const data: BindingFactsData = { kernel: version, rows };
const text = `{"kernel":${JSON.stringify(data.kernel)},"rows":[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]}\n`;
writeFileSync(out, text);
process.stdout.write(
  `${out}: Linux ${version}, ${rows.length} rows, ${rows.reduce((n, r) => n + r[1].length, 0)} compatibles, ${text.length} bytes\n`,
);
