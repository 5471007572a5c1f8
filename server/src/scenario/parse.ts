/** From the text of a `*.smmu.json` to a scenario. Lenient: what is wrong is reported and left out. */
import type { PciIdentity } from '../simulator/kernel/catalogue/pci-ids';
import { type EarlyProvider, INITCALL_LEVELS, type InitcallLevel } from '../simulator/kernel/drivers';
import { meantSymbol, misspeltParameters } from '../simulator/kernel/misspelt';
import { modelFor } from '../simulator/kernel/rules';
import { plainBehaviour } from '../simulator/probe/behaviours';
import {
  type CreatedDevice,
  type DeviceBehaviour,
  defaultScenario,
  type KernelDevice,
  type PciDeviceModel,
  type PciHostModel,
  type Scenario,
  type ScenarioDriver,
  type ScenarioEvent,
} from '../simulator/scenario';
import { readHardware } from './hardware';
import { JsonDocument, type ScenarioProblem, type Value } from './json';
import { readOps } from './operations';

export interface ParsedScenario {
  readonly scenario: Scenario;
  readonly problems: readonly ScenarioProblem[];
  /** `config` as a path to a .config, relative to the scenario's file; null when it is given as an object. */
  readonly configPath: string | null;
}

/** Own domains of devices that name none get numbers from here on, away from those a person writes. */
const OWN_DOMAINS = 1 << 20;

/** `device`, `late_sync`, `rootfs` … */
function levelOf(value: Value): InitcallLevel {
  return value.oneOf(INITCALL_LEVELS) ?? 'device';
}

function createdOf(list: Value): CreatedDevice[] {
  return list.items().map((c) => ({
    name: c.get('name').text() ?? '',
    bus: c.get('bus').text(),
    parent: c.get('parent').number(),
    driver: c.get('driver').text(),
  }));
}

function driverOf(value: Value, index: number): ScenarioDriver {
  const name = value.get('name').text();
  if (name === null) value.get('name').wrong('the name of the driver');
  const provider = value.get('provider').text();
  const results = value.get('probe').numbers();
  const populates = value
    .get('populates')
    .oneOf(['platform', 'platform-buses', 'i2c', 'spi', 'mdio_bus', 'spmi', 'serial']);
  return {
    model: {
      name: name ?? `driver-${index}`,
      bus: value.get('bus').text() ?? 'platform',
      of: value
        .get('compatible')
        .texts()
        .map((compatible) => ({ compatible, type: null, name: null, place: null })),
      ids: value.get('ids').texts(),
      amba: [],
      level: levelOf(value.get('initcall')),
      order: value.get('order').number() ?? index,
      module: value.get('module').flag() ?? false,
      config: null,
      managesDma: value.get('managesDma').flag() ?? false,
      usesIommuApi: value.get('usesIommuApi').flag() ?? false,
      iommuProvider: provider !== null,
      probeOnce: value.get('probeOnce').flag() ?? false,
      asynchronous: value.get('asynchronous').flag() ?? false,
      noUnbind: value.get('noUnbind').flag() ?? false,
      populates: populates === null ? [] : [{ bus: populates, compatibles: [], below: null }],
      place: null,
    },
    behaviour: {
      ...plainBehaviour,
      probe: results.length > 0 ? results : [0],
      syncState: value.get('syncState').flag() ?? false,
      creates: createdOf(value.get('creates')),
      requires: value
        .get('requires')
        .items()
        .map((r) => ({ property: r.get('property').text() ?? '', missing: r.get('missing').number() ?? 0 })),
      preventsDeferral: value.get('preventsDeferral').flag() ?? false,
      provider,
      provides: value.get('provides').flag() ?? true,
      devres: value.get('devres').texts(),
    },
  };
}

function pciOf(value: Value): PciHostModel {
  const items = value.get('devices').items();
  const added = items.flatMap((d) => (d.isText ? (d.text() ?? []) : []));
  return {
    host: (value.get('host').text() ?? '').replace(/^&/, ''),
    ...(added.length === 0 ? {} : { added }),
    devices: items
      .filter((d) => !d.isText)
      .map((d): PciDeviceModel => {
        const secondary = d.get('secondary').number();
        const bits = d.get('dmaBits').number();
        const id = d.get('id').text();
        return {
          ...(id === null ? {} : { id }),
          bdf: d.get('bdf').text() ?? '',
          driver: d.get('driver').text(),
          ...(id === null || d.get('driver').written ? {} : { match: identityOf(id, d.get('class').number()) }),
          ...(d.get('virtual').flag() === true ? { virtual: true } : {}),
          kind:
            d
              .get('kind')
              .oneOf([
                'conventional',
                'endpoint',
                'rc-endpoint',
                'root-port',
                'upstream-port',
                'downstream-port',
                'pcie-to-pci',
                'pci-to-pcie',
              ]) ?? (secondary === null ? 'endpoint' : 'root-port'),
          multifunction: d.get('multifunction').flag() ?? false,
          acs: d.get('acs').flag() ?? secondary !== null,
          ...(secondary === null ? {} : { secondary }),
          ...(bits === null ? {} : { dmaBits: bits }),
        };
      }),
  };
}

/** What `id` (`vendor:device`, perhaps with `:subvendor:subdevice`) and `class` say of a function. */
function identityOf(id: string, kind: number | null): PciIdentity {
  const [vendor = null, device = null, subvendor = null, subdevice = null] = id
    .split(':')
    .map((part) => (/^[0-9a-f]{1,4}$/i.test(part) ? Number.parseInt(part, 16) : null));
  return { vendor, device, subvendor, subdevice, class: kind };
}

const COUNTS = ['failAfter', 'failAfterCount', 'delay', 'coherentBits', 'maxSegmentSize', 'bufferSize'] as const;

function behaviourOf(value: Value, own: number): DeviceBehaviour {
  const found: { -readonly [K in keyof DeviceBehaviour]: DeviceBehaviour[K] } = {
    device: value.get('device').text() ?? '',
  };
  /** Reads a member that is written. */
  const when = (name: string, read: (member: Value) => void): void => {
    const member = value.get(name);
    if (member.written) read(member);
  };
  when('probe', (member) => {
    found.probe = member.numbers();
  });
  when('ops', (member) => {
    found.ops = readOps(member, own);
  });
  when('opsRemove', (member) => {
    found.opsRemove = readOps(member, own);
  });
  when('leak', (member) => {
    found.leak = member.flag() ?? false;
  });
  for (const name of ['reason', 'reasonAfter'] as const)
    when(name, (member) => {
      found[name] = member.text() ?? '';
    });
  when('creates', (member) => {
    found.creates = createdOf(member);
  });
  when('hardware', (member) => {
    found.hardware = readHardware(member);
  });
  when('segmentBoundary', (member) => {
    found.segmentBoundary = member.wide() ?? 0n;
  });
  when('dmaBits', (member) => {
    found.dmaBits = member.number();
  });
  for (const name of COUNTS)
    when(name, (member) => {
      const number = member.number();
      if (number !== null) found[name] = number;
    });
  return found;
}

/** `devices`, with the short forms `dma` and `iommuApi` added: their operations follow one another. */
function devicesOf(root: Value): DeviceBehaviour[] {
  const found: DeviceBehaviour[] = root
    .get('devices')
    .items()
    .map((d, i) => behaviourOf(d, OWN_DOMAINS + i));
  const at = (device: string): { index: number; own: number } => {
    let index = found.findIndex((d) => d.device === device);
    if (index < 0) index = found.push({ device }) - 1;
    return { index, own: OWN_DOMAINS + index };
  };
  for (const key of ['dma', 'iommuApi'] as const)
    for (const entry of root.get(key).items()) {
      const device = entry.get('device').text();
      if (device === null) {
        entry.get('device').wrong('the path, label or name of a device');
        continue;
      }
      const { index, own } = at(device);
      const before = found[index] ?? { device };
      const bits = entry.get('dmaBits').number();
      found[index] = {
        ...before,
        ...(bits === null ? {} : { dmaBits: bits }),
        ops: [...(before.ops ?? []), ...readOps(entry.get('ops'), own)],
      };
    }
  return found;
}

const EVENTS = [
  'wait',
  'dump',
  'load',
  'coldplug',

  'suspend',
  'resume',
  'unbind',
  'bind',
  'group-type',
  'access',
] as const;

function eventOf(value: Value): ScenarioEvent[] {
  const event = value.get('event').oneOf(EVENTS);
  const text = (name: string): string => value.get(name).text() ?? '';
  switch (event) {
    case null:
      value.members();
      return [];
    case 'wait':
      return [{ event, ms: value.get('ms').number() ?? 0 }];
    case 'dump':
      return [{ event, name: text('name') }];
    case 'load':
      return [{ event, driver: text('driver') }];
    case 'suspend': {
      const state = value.get('state').oneOf(['mem', 'freeze']);
      return [{ event, ...(state === null ? {} : { state }) }];
    }
    case 'coldplug':
    case 'resume':
      return [{ event }];
    case 'unbind':
      return [{ event, device: text('device') }];
    case 'bind': {
      const driver = value.get('driver').text();
      return [{ event, device: text('device'), ...(driver === null ? {} : { driver }) }];
    }
    case 'group-type':
      return [{ event, group: value.get('group').number() ?? 0, type: text('type') }];
    case 'access':
      return [
        {
          event,
          master: text('master'),
          iova: value.get('iova').wide() ?? 0n,
          write: value.get('write').flag() ?? false,
        },
      ];
  }
}

function configOf(value: Value): { config: Map<string, string | null>; path: string | null } {
  const config = new Map<string, string | null>();
  if (value.isText) return { config, path: value.text() };
  for (const [symbol, setting] of value.members()) {
    if (!/^CONFIG_\w+$/.test(symbol)) value.unknown(symbol, [`CONFIG_${symbol}`]);
    else {
      const meant = meantSymbol(symbol);
      if (meant !== null) value.unknown(symbol, [meant]);
    }
    const plain = setting.plain();
    if (plain === true) config.set(symbol, 'y');
    else if (plain === false || plain === null || plain === 'n') config.set(symbol, null);
    else if (typeof plain === 'string' || typeof plain === 'number') config.set(symbol, String(plain));
    else setting.wrong('true, false, a number or a string');
  }
  return { config, path: null };
}

function kernelOf(value: Value): string | null {
  const text = value.text();
  if (text === null) return defaultScenario.kernel;
  if (modelFor(text) !== null) return text;
  value.wrong('a kernel version, for example "6.12"');
  return defaultScenario.kernel;
}

function cmdlineOf(value: Value): string {
  const text = value.text() ?? '';
  for (const { name, meant, offset } of misspeltParameters(text))
    value.warnWithin(`unknown parameter ${name} (did you mean ${meant}?)`, offset, name.length);
  return text;
}

function kernelDevicesOf(root: Value): KernelDevice[] {
  return root
    .get('kernelDevices')
    .items()
    .map((d) => ({
      name: d.get('name').text() ?? '',
      bus: d.get('bus').text(),
      parent: d.get('parent').text(),
      level: levelOf(d.get('initcall')),
      order: d.get('order').number() ?? 0,
      driver: d.get('driver').text(),
    }));
}

function earlyOf(root: Value): EarlyProvider[] {
  return root
    .get('early')
    .items()
    .map((e) => ({
      kind: e.get('kind').oneOf(['clk', 'irqchip', 'timer', 'reservedmem', 'iommu', 'other']) ?? 'clk',
      compatible: e.get('compatible').text() ?? '',
      populated: e.get('populated').flag() ?? true,
      initialized: e.get('initialized').flag() ?? true,
      config: null,
      place: null,
    }));
}

/** Parses a scenario. Problems of severity `error` say what was left out. */
export function parseScenario(text: string): ParsedScenario {
  const document = new JsonDocument(text);
  const { root } = document;
  root.get('$schema');
  const schema = root.get('schema').number();
  if (schema !== null && schema !== 1) root.get('schema').wrong('1');
  const { config, path } = configOf(root.get('config'));
  const memory = root
    .get('memory')
    .items()
    .map((range): [bigint, bigint] => {
      const [start, size] = range.items();
      return [start?.wide() ?? 0n, size?.wide() ?? 0n];
    });
  const scenario: Scenario = {
    kernel: kernelOf(root.get('kernel')),
    arch: root.get('arch').oneOf(['arm', 'arm64', 'riscv']),
    cmdline: cmdlineOf(root.get('cmdline')),
    config,
    memory,
    drivers: root.get('drivers').items().map(driverOf),
    catalogue: root.get('catalogue').flag() ?? true,
    early: earlyOf(root),
    kernelDevices: kernelDevicesOf(root),
    devices: devicesOf(root),
    pci: root.get('pci').items().map(pciOf),
    workloads: root.get('workloads').flag() ?? true,
    events: root.get('events').items().flatMap(eventOf),
  };
  document.reportUnread();
  return { scenario, problems: document.problems, configPath: path };
}
