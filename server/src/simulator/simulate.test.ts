import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TreeBuilder } from '../devicetree/build';
import type { DeviceTree } from '../devicetree/model';
import { parseScenario } from '../scenario/parse';
import { sourceFile } from '../source/file';
import type { SimulationReport } from './report';
import { defaultScenario } from './scenario';
import { STRATEGIES, simulate } from './simulate';

const builder = new TreeBuilder();

/** The tree of a board whose /soc holds `body`. */
function board(body: string): DeviceTree {
  const text = `/dts-v1/;\n/ { #address-cells = <1>; #size-cells = <1>;
  soc { compatible = "simple-bus"; #address-cells = <1>; #size-cells = <1>; ranges; ${body} }; };`;
  const uri = 'test:/board.dts';
  const source = sourceFile(uri, text);
  return builder.build(uri, { read: (u) => (u === uri ? source : null), readBytes: () => null }).tree;
}

const drivers = `"catalogue": false, "workloads": false, "drivers": [
  { "name": "bus", "compatible": ["simple-bus"], "order": 0 },
  { "name": "mc", "compatible": ["t,iommu"], "provider": "software", "order": 5 },
  { "name": "early", "compatible": ["t,early"], "initcall": "subsys" },
  { "name": "plain", "compatible": ["t,plain"] },
  { "name": "late", "compatible": ["t,late"], "initcall": "late", "order": 1000000 },
  { "name": "broken", "compatible": ["t,broken"], "probe": [-5] },
  { "name": "shy", "compatible": ["t,shy"], "probe": [-517, -517, 0] },
  { "name": "module", "compatible": ["t,module"], "module": true }]`;

function run(body: string, more = ''): SimulationReport {
  const { scenario, problems } = parseScenario(
    `{ "kernel": "6.12", "arch": "arm64", ${drivers}${more === '' ? '' : `, ${more}`} }`,
  );
  expect(problems).toEqual([]);
  return simulate(board(body), { board: 'test', scenario });
}

const stateOf = (report: SimulationReport, device: string): string | undefined =>
  report.devices.find((d) => d.device === device)?.status;

/** What one supplier does to its consumer, in states and in the cause of the consumer's chain. */
const cases: readonly (readonly [
  name: string,
  supplier: string,
  consumer: string,
  supplierState: string,
  cause?: string,
])[] = [
  ['a supplier that binds first', 't,early', 'bound', 'bound'],
  ['a supplier that binds late: deferred, then bound', 't,late', 'bound', 'bound'],
  ['a supplier without driver is given up after the timeout', 't,nobody', 'bound', 'no-driver'],
  ['a supplier that fails holds its consumer back for ever', 't,broken', 'deferred', 'failed', 'probe-error'],
  ['a supplier that defers twice', 't,shy', 'bound', 'bound'],
  ['a supplier whose module nobody loads is given up', 't,module', 'bound', 'no-driver'],
];

describe('suppliers and consumers', () => {
  it.each(cases)('%s', (_, supplier, consumer, supplierState, cause) => {
    const report = run(
      `
      c@1000 { compatible = "t,plain"; reg = <0x1000 1>; clocks = <&s>; };
      s: s@2000 { compatible = "${supplier}"; reg = <0x2000 1>; #clock-cells = <0>; };`,
      '"events": [{ "event": "wait", "ms": 60000 }]',
    );
    expect(stateOf(report, '/soc/c@1000')).toBe(consumer);
    expect(stateOf(report, '/soc/s@2000')).toBe(supplierState);
    expect(report.chains.find((c) => c.device === '/soc/c@1000')?.cause).toBe(cause);
  });

  it('names each step of a chain and its property', () => {
    const report = run(`
      a@1000 { compatible = "t,plain"; reg = <0x1000 1>; clocks = <&b>; };
      b: b@2000 { compatible = "t,plain"; reg = <0x2000 1>; #clock-cells = <0>; resets = <&c>; };
      c: c@3000 { compatible = "t,broken"; reg = <0x3000 1>; #reset-cells = <0>; };`);
    const chain = report.chains.find((c) => c.device === '/soc/a@1000');
    expect(chain?.path).toEqual(['/soc/a@1000', '/soc/b@2000', '/soc/c@3000']);
    expect(chain?.steps).toEqual(['clocks', 'resets']);
    expect(chain?.cause).toBe('probe-error');
  });

  it('suspends consumers before suppliers, whatever the order in the tree', () => {
    const report = run(`
      a@1000 { compatible = "t,plain"; reg = <0x1000 1>; clocks = <&b>; };
      b: b@2000 { compatible = "t,plain"; reg = <0x2000 1>; #clock-cells = <0>; };`);
    const order = report.power.suspend;
    expect(order.indexOf('/soc/a@1000')).toBeLessThan(order.indexOf('/soc/b@2000'));
  });
});

describe('strategies', () => {
  it('gives every master a row in each of the six', () => {
    const tree = board(`
      m: m@1000 { compatible = "t,early"; reg = <0x1000 1>; iommus = <&i 1>; };
      i: i@2000 { compatible = "t,iommu"; reg = <0x2000 1>; #iommu-cells = <1>; };`);
    const { scenario } = parseScenario(`{ "arch": "arm64", ${drivers} }`);
    const report = simulate(tree, { board: 'test', scenario, strategies: STRATEGIES });
    const row = (id: string) => report.strategies.find((s) => s.id === id)?.masters[0];
    expect(report.strategies.map((s) => s.masters.length)).toEqual([1, 1, 1, 1, 1, 1]);
    expect(row('S1')).toMatchObject({
      translatedBeforeProbe: true,
      automaticMapping: true,
      deferrals: 0,
      suspendOrderSafe: false,
      attachedBy: 'core',
      binds: null,
    });
    expect(row('S2')).toMatchObject({ translatedBeforeProbe: false, attachedBy: 'nobody', deferrals: 0, devres: true });
    expect(row('S4')).toMatchObject({ attachedBy: 'driver', binds: true });
    expect(row('S6')).toMatchObject({ translatedBeforeProbe: true, waitsFor: ['/soc/i@2000'], binds: true });
    expect(row('S6')?.deferrals).toBeGreaterThan(0);
  });

  it('says whose address spaces are there in each', () => {
    const tree = board(`
      i: i@2000 { compatible = "t,iommu"; reg = <0x2000 1>; #iommu-cells = <1>; };
      p: p@1000 { compatible = "t,plain"; reg = <0x1000 1>; iommus = <&i 1>; };
      w: w@3000 { compatible = "t,plain"; reg = <0x3000 1>; iommus = <&i 2>; clocks = <&b>; };
      b: b@4000 { compatible = "t,broken"; reg = <0x4000 1>; #clock-cells = <0>; };
      o: o@5000 { compatible = "t,late"; reg = <0x5000 1>; iommus = <&i 3>; };`);
    const own =
      '[{ "op": "attach-own-domain", "by": "group" }, { "op": "iommu-map", "iova": "0x10000000", "phys": "0x90000000", "size": "0x1000" }]';
    const { scenario, problems } = parseScenario(`{ "kernel": "6.12", "arch": "arm64", ${drivers}, "dma": [
      { "device": "/soc/p@1000", "dmaBits": 32, "ops": [{ "op": "alloc", "size": "0x1000" }] },
      { "device": "/soc/w@3000", "dmaBits": 32, "ops": [{ "op": "alloc", "size": "0x2000" }] },
      { "device": "/soc/o@5000", "dmaBits": 32, "ops": ${own} }] }`);
    expect(problems).toEqual([]);
    const report = simulate(tree, { board: 'test', scenario, strategies: STRATEGIES });
    const held = (id: string) =>
      report.strategies
        .find((strategy) => strategy.id === id)
        ?.maps?.flatMap(({ regions }) => regions.map(({ iova, owner }) => `${owner} ${iova}`)) ?? null;
    const plain = ['/soc/p@1000 0xfffff000', '/soc/w@3000 0xffffe000'];
    // the failing clock holds w back by fw_devlink alone
    expect(report.domains.flatMap(({ regions }) => regions.map(({ owner }) => owner))).not.toContain('/soc/w@3000');
    expect(held('S6')).toBeNull();
    expect(held('S5')).toEqual([...plain, '/soc/o@5000 0x10000000']);
    expect(held('S4')).toEqual(held('S5'));
    expect(held('S1')).toEqual(plain);
    expect(held('S2')).toEqual(['/soc/o@5000 0x10000000']);
  });
});

describe('the documents', () => {
  const schema = (path: string): object => JSON.parse(readFileSync(join(__dirname, path), 'utf8')) as object;
  const ajv = new Ajv({ allErrors: true, strict: false });

  it('a report fits its schema', () => {
    const report = run(
      `
      m@1000 { compatible = "t,plain"; reg = <0x1000 1>; iommus = <&i 1>; };
      i: i@2000 { compatible = "t,iommu"; reg = <0x2000 1>; #iommu-cells = <1>; };`,
      '"dma": [{ "device": "/soc/m@1000", "dmaBits": 32, "ops": [{ "op": "alloc", "size": "0x1000" }, { "op": "map-sg", "sizes": [4096, 8192] }, { "op": "free", "of": 0 }] }]',
    );
    const validate = ajv.compile(schema('reporting/report.schema.json'));
    expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
    expect(report.dma.map((d) => d.iova)).toEqual(['0xfffff000', '0xffff8000']);
  });

  it('the scenario of the documentation fits its schema and parses', () => {
    const text = `{ "schema": 1, "kernel": "6.12", "arch": "arm64", "cmdline": "iommu.strict=1", "config": { "CONFIG_MODULES": false },
      "memory": [["0x40000000", "0x20000000"]],
      "drivers": [{ "name": "x", "compatible": ["v,x"], "bus": "platform", "initcall": "device", "order": 10, "module": false, "managesDma": false, "probe": [-517, 0], "devres": ["irq"] }],
      "pci": [{ "host": "/pcie@10000000", "devices": [{ "bdf": "00:01.0", "driver": "virtio-pci", "dmaBits": 64 }] }],
      "dma": [{ "device": "/soc/c@0", "dmaBits": 32, "ops": [{ "op": "map", "size": 6000, "offset": 16 }] }],
      "iommuApi": [{ "device": "/soc/g@0", "ops": [{ "op": "attach-own-domain" }, { "op": "map", "iova": "0x0", "phys": "0x80000000", "size": "0x1000" }] }],
      "events": [{ "event": "load", "driver": "q" }, { "event": "suspend" }, { "event": "unbind", "device": "/soc/c@0" }, { "event": "access", "master": "/soc/c@0", "iova": "0xfffff000", "write": true }] }`;
    const validate = ajv.compile(schema('../scenario/scenario.schema.json'));
    expect(validate(JSON.parse(text)), JSON.stringify(validate.errors)).toBe(true);
    expect(parseScenario(text).problems).toEqual([]);
  });

  it('says where a scenario is wrong, and goes on', () => {
    const { problems, scenario } = parseScenario('{ "kernel": 6,\n  "cmdline": "quiet", "evnets": [] }');
    expect(problems.map((p) => [p.severity, p.line])).toEqual([
      ['error', 1],
      ['warning', 2],
    ]);
    expect(scenario.cmdline).toBe('quiet');
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        parseScenario(text);
      }),
      { numRuns: 200 },
    );
  });
});

// ---- properties over random boards ----------------------------------------------------------------------------------

interface RandomDevice {
  readonly kind: string;
  readonly suppliers: readonly number[];
  readonly disabled: boolean;
}

const devicesOf = (...kinds: string[]) =>
  fc.array(
    fc.record({
      kind: fc.constantFrom(...kinds),
      suppliers: fc.array(fc.nat({ max: 11 }), { maxLength: 3 }),
      disabled: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  );
/** A driver that asks for deferral by itself is retried whenever anything binds: that one does depend on other nodes. */
const steady = devicesOf('t,plain', 't,early', 't,late', 't,broken', 't,nobody');
const devices = devicesOf('t,plain', 't,early', 't,late', 't,shy', 't,broken', 't,nobody');

const nameOf = (i: number): string => `d@${(0x1000 * (i + 1)).toString(16)}`;

function bodyOf(list: readonly RandomDevice[]): string {
  return list
    .map((d, i) => {
      const suppliers = d.suppliers.filter((s) => s < list.length && s !== i);
      const clocks = suppliers.length === 0 ? '' : `clocks = ${suppliers.map((s) => `<&l${s}>`).join(', ')};`;
      return `l${i}: ${nameOf(i)} { compatible = "${d.kind}"; reg = <${0x1000 * (i + 1)} 1>; #clock-cells = <0>; ${clocks} ${
        d.disabled && i % 4 === 0 ? 'status = "disabled";' : ''
      } };`;
    })
    .join('\n');
}

/** The numbers of the nodes that depend on each other in a circle, by a walk from each node to each other. */
function circles(suppliers: readonly (readonly number[])[]): (a: number, b: number) => boolean {
  const reach = suppliers.map((_, start) => {
    const seen = new Set<number>();
    const stack = [start];
    for (let at = stack.pop(); at !== undefined; at = stack.pop())
      for (const next of suppliers[at] ?? [])
        if (!seen.has(next)) {
          seen.add(next);
          stack.push(next);
        }
    return seen;
  });
  return (a, b) => (reach[a]?.has(b) ?? false) && (reach[b]?.has(a) ?? false);
}

/**
 * What must become of each device, from the tree alone: a supplier without driver is waited for until the timeout, one
 * with a driver for ever, one in a circle not at all.
 */
function expectedStates(list: readonly RandomDevice[]): { states: string[]; waits: [number, number][] } {
  const off = list.map((d, i) => d.disabled && i % 4 === 0);
  const suppliers = list.map((d, i) =>
    off[i] === true ? [] : d.suppliers.filter((s) => s < list.length && s !== i && off[s] !== true),
  );
  const circle = circles(suppliers);
  const waits = suppliers.flatMap((own, i) =>
    own.filter((s) => !circle(i, s) && list[s]?.kind !== 't,nobody').map((s): [number, number] => [i, s]),
  );
  const states: string[] = list.map((d, i) =>
    off[i] === true ? 'disabled' : d.kind === 't,nobody' ? 'no-driver' : 'deferred',
  );
  for (let again = true; again; ) {
    again = false;
    for (const [i, d] of list.entries()) {
      if (states[i] !== 'deferred' || waits.some(([c, s]) => c === i && states[s] !== 'bound')) continue;
      states[i] = d.kind === 't,broken' ? 'failed' : 'bound';
      again = true;
    }
  }
  return { states, waits };
}

describe('properties of any boot', () => {
  it('every device ends in the state that the tree alone implies, suppliers bound before their consumers', () => {
    fc.assert(
      fc.property(steady, (list) => {
        const { states, waits } = expectedStates(list);
        const of = new Map(run(bodyOf(list)).devices.map((d) => [d.device, d]));
        const device = (i: number) => of.get(`/soc/${nameOf(i)}`);
        expect(list.map((_, i) => device(i)?.status)).toEqual(states);
        for (const [consumer, supplier] of waits) {
          const [later, earlier] = [device(consumer)?.boundAt, device(supplier)?.boundAt];
          if (later != null) expect(earlier ?? Number.POSITIVE_INFINITY).toBeLessThan(later);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('every device ends in exactly one state, and nothing binds before a supplier that could bind', () => {
    fc.assert(
      fc.property(devices, (list) => {
        const report = run(bodyOf(list));
        const seen = new Map<string, number>();
        for (const d of report.devices) seen.set(d.device, (seen.get(d.device) ?? 0) + 1);
        for (let i = 0; i < list.length; i++) expect(seen.get(`/soc/${nameOf(i)}`)).toBe(1);
        const of = new Map(report.devices.map((d) => [d.device, d]));
        for (const link of report.links) {
          if (link.state === 'sync-state-only' || link.cycle) continue;
          const [consumer, supplier] = [of.get(link.consumer), of.get(link.supplier)];
          if (consumer?.boundAt == null) continue;
          expect(supplier?.boundAt).not.toBeNull();
          expect(supplier?.boundAt ?? 0).toBeLessThan(consumer.boundAt);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('the same input gives the same bytes', () => {
    fc.assert(
      fc.property(devices, (list) => {
        expect(JSON.stringify(run(bodyOf(list)))).toBe(JSON.stringify(run(bodyOf(list))));
      }),
      { numRuns: 20 },
    );
  });

  it('unrelated devices change no state, link or group', () => {
    fc.assert(
      fc.property(steady, steady, (list, others) => {
        const body = bodyOf(list);
        const more = others
          .map(
            (d, i) =>
              `x${i}@${(0x100000 + 0x1000 * i).toString(16)} { compatible = "${d.kind}"; reg = <${0x100000 + 0x1000 * i} 1>; };`,
          )
          .join('\n');
        const [alone, together] = [run(body), run(`${body}\n${more}`)];
        for (const d of alone.devices) expect(stateOf(together, d.device)).toBe(d.status);
        const links = (r: SimulationReport): string[] => r.links.map((l) => JSON.stringify(l)).sort();
        expect(links(together)).toEqual(links(alone));
      }),
      { numRuns: 40 },
    );
  });

  it('an empty scenario is the default one', () => {
    expect(parseScenario('{}').scenario).toEqual(defaultScenario);
  });
});

describe('where waiting ends', () => {
  const supplies =
    'absent: power@9000 { compatible = "vendor,absent"; reg = <0x9000 0x100>; #power-domain-cells = <0>; };';
  const uart = (domains: string): string =>
    `uart@1000 { compatible = "snps,dw-apb-uart"; reg = <0x1000 0x100>; power-domains = <${domains}>; };`;

  it('fails a probe whose only power domain never comes, and says so in a chain', () => {
    const report = simulate(board(supplies + uart('&absent')), { board: 'test' });
    const device = report.devices.find((d) => d.device === '/soc/uart@1000');
    expect([device?.status, device?.error]).toEqual(['failed', -110]);
    const chain = report.chains.find((c) => c.device === '/soc/uart@1000');
    expect(chain?.cause).toBe('timeout');
    expect(chain?.fix).toContain('/soc/power@9000 (power-domains)');
  });

  it('leaves several power domains to the driver', () => {
    const report = simulate(board(supplies + uart('&absent>, <&absent')), { board: 'test' });
    expect(stateOf(report, '/soc/uart@1000')).toBe('bound');
  });

  it('follows a node without device to the module that would provide it', () => {
    const report = run(
      `p@2000 { compatible = "t,module"; reg = <0x2000 0x100>; clk: clock { #clock-cells = <0>; }; };
       c@1000 { compatible = "t,plain"; reg = <0x1000 0x100>; clocks = <&clk>; };`,
      '"cmdline": "deferred_probe_timeout=-1"',
    );
    const chain = report.chains.find((c) => c.device === '/soc/c@1000');
    expect(chain?.path).toEqual(['/soc/c@1000', '/soc/p@2000/clock', '/soc/p@2000']);
    expect(chain?.cause).toBe('module-not-loaded');
    expect(chain?.fix).toContain('module');
  });
});
