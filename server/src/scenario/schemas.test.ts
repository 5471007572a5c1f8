/** The shipped JSON Schemas hold for what we print and for the examples' scenarios, and refuse what is neither. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import { parse } from 'jsonc-parser';
import { describe, expect, test } from 'vitest';
import { TreeBuilder } from '../devicetree/build';
import reportSchema from '../simulator/reporting/report.schema.json';
import { STRATEGIES, simulate } from '../simulator/simulate';
import { FileStore, toUri } from '../workspace/files';
import { parseScenario } from './parse';
import scenarioSchema from './scenario.schema.json';

const compile = (schema: object): ValidateFunction => new Ajv({ strict: false, allErrors: true }).compile(schema);
const isReport = compile(reportSchema);
const isScenario = compile(scenarioSchema);
const examples = resolve(__dirname, '../../../examples');
const scenarios = readdirSync(examples, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(join(examples, name)).map((file) => join(examples, name, file)))
  .filter((path) => path.endsWith('.smmu.json'));

describe.each(scenarios)('%s', (path) => {
  const text = readFileSync(path, 'utf8');

  test('is a scenario', () => {
    isScenario(parse(text));
    expect(isScenario.errors ?? []).toEqual([]);
  });

  test('gives a report', () => {
    const board = path.replace(/\.smmu\.json$/, '.dts');
    const { tree } = new TreeBuilder().build(toUri(board), new FileStore(), {
      includeFolders: [{ uri: toUri(resolve(board, '../include')) }],
    });
    const { scenario } = parseScenario(text);
    const report: unknown = JSON.parse(JSON.stringify(simulate(tree, { board, scenario, strategies: STRATEGIES })));
    isReport(report);
    expect(isReport.errors ?? []).toEqual([]);
  });
});

test.each([
  ['an unknown member', { schema: 1, drivres: [] }],
  ['another version', { schema: 2 }],
  ['an unknown operation', { dma: [{ device: '/soc/x', ops: [{ op: 'aloc', size: 1 }] }] }],
  ['an event without its device', { events: [{ event: 'unbind' }] }],
  ['a number that is none', { memory: [['0x', 1]] }],
])('%s is no scenario', (_, value) => {
  expect(isScenario(value)).toBe(false);
});
