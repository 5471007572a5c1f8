/** Boots a small tree with the recordings' test drivers (`oracle,*`): the same translation as for the recordings. */

import { TreeBuilder } from '../../src/devicetree/build';
import { parseScenario } from '../../src/scenario/parse';
import type { DeviceDmaView } from '../../src/simulator/contract/dma-core';
import { Client } from '../../src/simulator/dma/clients/client';
import { ownedDomains } from '../../src/simulator/dma/report-domains';
import { catalogueFor } from '../../src/simulator/kernel/catalogue';
import { chooseKernel } from '../../src/simulator/kernel/choice';
import type { KernelFlags } from '../../src/simulator/kernel/model';
import { kernelView } from '../../src/simulator/kernel/view';
import { simulatorParts } from '../../src/simulator/parts';
import { type Outcome, runSimulation } from '../../src/simulator/probe/run';
import type { SimulationReport } from '../../src/simulator/report';
import { buildReport } from '../../src/simulator/reporting/build';
import type { Scenario } from '../../src/simulator/scenario';
import { sourceFile } from '../../src/source/file';
import { baseOrders } from '../truths/recordings/adapter/kernels';
import { scenarioOf } from '../truths/recordings/adapter/scenario';
import type { RecordingFile } from '../truths/recordings/recording';

export interface RigOptions {
  readonly arm?: boolean;
  readonly cmdline?: string;
  /** The rig's /init: `orebind=driver:device:u` and so on. */
  readonly env?: string;
  readonly build?: string;
  readonly qemu?: readonly string[];
  readonly kernel?: string;
  readonly config?: Readonly<Record<string, string | null>>;
  /** Flags that differ from the kernel model's. */
  readonly flags?: Partial<KernelFlags>;
  /** The kernel's own drivers take part too, every one of them built in. */
  readonly catalogue?: boolean;
  /** Names of modules that fit no device, for `load` events. */
  readonly modules?: readonly string[];
  /** What the test drivers' scenario does not say. */
  readonly scenario?: Partial<Scenario>;
  /** Devices do what their drivers usually do. */
  readonly workloads?: boolean;
  /** Further nodes beside /soc. */
  readonly beside?: string;
}

export interface RigResult {
  readonly outcome: Outcome;
  readonly messages: readonly string[];
  /** The report of this boot. */
  readonly report: SimulationReport;
  /** `kind:0xiova` or `kind:error` of each DMA call of a device, in order. */
  dma(name: string): string[];
  /** `call:result` of each API call of a device, in order. */
  api(name: string): string[];
  view(name: string): DeviceDmaView;
  /** The report's domains: `group type` and their regions as `kind iova+size`. */
  domains(): { readonly domain: string; readonly regions: string[] }[];
}

/** `soc`: the children of /soc (a simple-bus with 2 + 2 cells). */
export function rig(soc: string, options: RigOptions = {}): RigResult {
  const text = `/dts-v1/;
/ {
  #address-cells = <2>;
  #size-cells = <2>;
  memory@40000000 { device_type = "memory"; reg = <0 0x40000000 0 0x20000000>; };
  ${options.beside ?? ''}
  soc: soc {
    compatible = "simple-bus";
    #address-cells = <2>;
    #size-cells = <2>;
    ranges;
    ${soc}
  };
};`;
  const uri = 'rig:/board.dts';
  const source = sourceFile(uri, text);
  const { tree } = new TreeBuilder().build(uri, { read: (u) => (u === uri ? source : null), readBytes: () => null });
  const file = {
    name: options.arm === true ? 'arm32-rig' : 'rig',
    config_modules: 'y',
    cmdline: options.cmdline ?? '',
    extra_cmdline: '',
    rig_env: `osuspend=0 ${options.env ?? ''}`,
    kernel: '6.12.117',
    mem_mib: 512,
    qemu: options.qemu ?? [],
    complete: true,
    events: [],
    dumps: {},
    deferred_final: [],
    probe_order: [],
    suspend_order: [],
    resume_order: [],
    dpm_list: [],
    devices_kset: [],
    device_paths: {},
    actions: [],
    ...(options.build === undefined ? {} : { kernel_build: options.build }),
  } satisfies RecordingFile;
  const translated = scenarioOf(options.arm === true ? 'arm32' : 'arm64', file, tree);
  const config = new Map([...translated.config, ...Object.entries(options.config ?? {})]);
  const modules = (options.modules ?? []).flatMap(
    (module) => parseScenario(`{"drivers":[{"name":"${module}","module":true}]}`).scenario.drivers,
  );
  const scenario: Scenario = {
    ...translated,
    drivers: [...translated.drivers, ...modules],
    kernel: options.kernel ?? '6.12',
    config,
    ...options.scenario,
  };
  const chosen = chooseKernel({ scenario: scenario.kernel });
  const plain = kernelView({
    version: chosen.model,
    arch: scenario.arch ?? 'arm64',
    cmdline: scenario.cmdline,
    config: (symbol) => config.get(symbol) ?? null,
  });
  const kernel = { ...plain, model: { ...plain.model, ...options.flags } };
  const parts = simulatorParts(options.workloads === true);
  const drivers = catalogueFor(chosen.model);
  const catalogue = options.catalogue === true ? drivers.driverSet(drivers.defaultConfig('other')) : null;
  const all = { ...scenario, catalogue: catalogue !== null };
  const outcome = runSimulation(tree, kernel, all, { ...parts, catalogue, orders: baseOrders }, true);
  const client = outcome.machine.work instanceof Client ? outcome.machine.work : null;
  const log = outcome.machine.core.log;
  const of = (name: string, event: string) => log.filter((e) => e.event === event && e.device?.name === name);
  const hex = (value: unknown): string => (typeof value === 'bigint' ? `0x${value.toString(16)}` : String(value));
  return {
    outcome,
    get report() {
      const { cmdline } = scenario;
      const input = {
        board: 'rig',
        chosen,
        cmdline,
        strategy: 'S6',
        strategies: [],
        moduleFor: () => null,
        symbolFor: () => null,
      } as const;
      return buildReport(outcome, parts.client(), input);
    },
    messages: outcome.machine.core.messages.map((m) => m.text),
    dma: (name) =>
      of(name, 'dma')
        .filter((e) => e.detail.kind !== 'free')
        .map((e) => `${e.detail.kind}:${e.detail.error === 0 ? hex(e.detail.iova) : e.detail.error}`),
    api: (name) => of(name, 'api').map((e) => `${e.detail.call}:${e.detail.result}`),
    domains: () =>
      (client === null ? [] : ownedDomains(client, kernel.pageSize)).map(({ domain }) => ({
        domain: `${domain.group} ${domain.type}`,
        regions: domain.regions.map((region) => `${region.kind} ${region.iova}+${region.size}`),
      })),
    view: (name) => {
      const device = outcome.machine.core.devices.find((d) => d.name === name);
      if (device === undefined) throw new Error(`no device ${name}`);
      return outcome.machine.iommu.view(device);
    },
  };
}
