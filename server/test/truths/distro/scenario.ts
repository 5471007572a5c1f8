/** The list of PCI devices that a boot's scenario states: everything else follows from tree, configuration and command line. */
import type { PciDeviceModel, PciHostModel } from '../../../src/simulator/scenario';
import type { DistroBoot, RecordedFunction } from './boot';

/** What the emulated functions are, where the kernel does not print it: those with a PCI Express capability. */
const EXPRESS = new Set(['1b36:0010', '8086:10d3', '1b36:000d', '8086:10c9', '8086:10ca']);
/** Those with an ACS capability: the emulator's generic root port. */
const WITH_ACS = new Set(['1b36:000c']);
/** Virtual functions: they came long after udev looked at the devices. */
const VIRTUAL = new Set(['8086:10ca']);

const isBridge = (fn: RecordedFunction): boolean => fn.class >> 8 === 0x0604;

function kindOf(fn: RecordedFunction, all: ReadonlyMap<string, RecordedFunction>): PciDeviceModel['kind'] {
  const printed = fn.kind ?? '';
  if (/Integrated/.test(printed)) return 'rc-endpoint';
  if (/^conventional/.test(printed)) return 'conventional';
  if (/Root Port/.test(printed)) return 'root-port';
  if (/Upstream/.test(printed)) return 'upstream-port';
  if (/Downstream/.test(printed)) return 'downstream-port';
  if (/^PCIe to PCI/.test(printed)) return 'pcie-to-pci';
  if (/^PCI\S* to PCIe/.test(printed)) return 'pci-to-pcie';
  if (/Endpoint/.test(printed)) return 'endpoint';
  if (!isBridge(fn)) return !EXPRESS.has(fn.id) ? 'conventional' : fn.above.length === 0 ? 'rc-endpoint' : 'endpoint';
  if (fn.above.length === 0) return 'root-port';
  const parent = all.get(fn.above[fn.above.length - 1] ?? '');
  if (parent !== undefined && parent.above.length === 0) return fn.id === '1b36:000e' ? 'pcie-to-pci' : 'upstream-port';
  return 'downstream-port';
}

/** The bus behind a bridge: that of a function right below it, else one that nothing is on. */
function secondaryOf(bridge: RecordedFunction, functions: readonly RecordedFunction[]): number {
  const below = functions.find((fn) => fn.above[fn.above.length - 1] === bridge.name);
  return below === undefined ? 0xff : Number.parseInt(below.name.slice(5, 7), 16);
}

/** The functions below the machine's one host bridge. */
export function pciOf(boot: DistroBoot, host: string): PciHostModel[] {
  const all = new Map(boot.functions.map((fn) => [fn.name, fn]));
  const devices = boot.functions.map((fn): PciDeviceModel => {
    const [vendor = 0, device = 0] = fn.id.split(':').map((part) => Number.parseInt(part, 16));
    const virtual = VIRTUAL.has(fn.id);
    return {
      bdf: fn.name.slice(5),
      id: fn.id,
      driver: null,
      ...(virtual ? { virtual } : { match: { vendor, device, subvendor: null, subdevice: null, class: fn.class } }),
      kind: kindOf(fn, all),
      multifunction: false,
      acs: WITH_ACS.has(fn.id),
      ...(isBridge(fn) ? { secondary: secondaryOf(fn, boot.functions) } : {}),
    };
  });
  return [{ host, devices }];
}
