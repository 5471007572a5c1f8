/** The same board on several kernels: what becomes of its masters in each, and what differs, in words. */
import type { SimulationReport } from '../report';
import {
  behaviourOf,
  type DeviceBehaviour,
  type DifferenceKind,
  deviceIn,
  differencesOf,
  firstMoved,
  neighboursOf,
} from './behaviour';

/** What one kernel makes of a master. */
export interface MasterOnKernel
  extends Pick<DeviceBehaviour, 'status' | 'translated' | 'domain' | 'groupedWith' | 'boundIn' | 'iovas' | 'reason'> {
  readonly kernel: string;
}

export interface MasterDifference {
  readonly device: string;
  readonly kernels: readonly MasterOnKernel[];
  /** Sentences, one a difference between neighbouring kernels. */
  readonly texts: readonly string[];
}

/** A comparison of kernels: shown by the panel, printed by `simulate --kernel A,B,C`. */
export interface KernelComparison {
  readonly schema: 1;
  readonly board: string;
  /** The models, oldest first as they were asked for. */
  readonly kernels: readonly string[];
  /** The models under which the kernel itself stops. */
  readonly stops: readonly string[];
  /** Masters that at least two of the kernels treat differently. */
  readonly masters: readonly MasterDifference[];
  /** How many masters all kernels treat alike. */
  readonly alike: number;
}

interface Named extends DeviceBehaviour {
  readonly kernel: string;
}

const listed = (names: readonly string[]): string => (names.length === 0 ? 'no other device' : names.join(', '));
const why = (m: DeviceBehaviour): string => (m.reason === null || m.reason === '' ? '' : `: ${m.reason}`);

/** A difference as a sentence; null for those that a comparison of kernels does not tell. */
function sentence(device: string, kind: DifferenceKind, a: Named, b: Named): string | null {
  switch (kind) {
    case 'status':
      return `${device} is ${a.status} in ${a.kernel} and ${b.status} in ${b.kernel}${why(b.status === 'bound' ? a : b)}`;
    case 'translation': {
      const [on, off] = a.translated ? [a, b] : [b, a];
      return `${device} is translated in ${on.kernel}, not in ${off.kernel}${why(off)}`;
    }
    case 'group': {
      const [on, off] = a.groupedWith.length > 0 ? [a, b] : [b, a];
      return `${device} has a group in ${on.kernel}, none in ${off.kernel}${why(off)}`;
    }
    case 'neighbours':
      return `${device} shares its group with ${listed(neighboursOf(a, device))} in ${a.kernel}, with ${listed(neighboursOf(b, device))} in ${b.kernel}`;
    case 'domain':
      return `${device} is in a domain of type ${a.domain} in ${a.kernel}, of type ${b.domain} in ${b.kernel}`;
    case 'phase':
      return `${device} binds in phase ${a.boundIn} in ${a.kernel}, in phase ${b.boundIn} in ${b.kernel}`;
    case 'iovas': {
      const moved = firstMoved(a, b);
      return `${device}: mapping ${moved + 1} is at ${a.iovas[moved] ?? 'nothing'} in ${a.kernel}, at ${b.iovas[moved] ?? 'nothing'} in ${b.kernel}`;
    }
    default:
      return null;
  }
}

/**
 * Compares the reports of one board, in their order. `masters`: the references of the devices that count (those that the
 * tree puts behind an IOMMU); PCI functions in a group count by themselves.
 */
export function compareKernels(reports: readonly SimulationReport[], masters: readonly string[]): KernelComparison {
  const wanted = new Set(masters);
  for (const report of reports)
    for (const group of report.groups) for (const device of group.devices) wanted.add(device);
  const behaviours = reports.map(behaviourOf);
  const found: MasterDifference[] = [];
  let alike = 0;
  for (const device of wanted) {
    const named: Named[] = behaviours.map((behaviour) => ({
      kernel: behaviour.kernel,
      ...deviceIn(behaviour, device),
    }));
    const texts = named.flatMap((now, n) => {
      const before = named[n - 1];
      if (before === undefined) return [];
      return differencesOf(device, before, now).flatMap((kind) => sentence(device, kind, before, now) ?? []);
    });
    if (texts.length === 0) {
      alike++;
      continue;
    }
    const kernels = named.map(({ kernel, status, translated, domain, groupedWith, boundIn, iovas, reason }) => {
      return { kernel, status, translated, domain, groupedWith, boundIn, iovas, reason };
    });
    found.push({ device, kernels, texts });
  }
  return {
    schema: 1,
    board: reports[0]?.board ?? '',
    kernels: reports.map((report) => report.kernel),
    stops: reports.filter((report) => !report.complete).map((report) => report.kernel),
    masters: found,
    alike,
  };
}
