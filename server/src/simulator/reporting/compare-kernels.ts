/** The same board on several kernels: what becomes of its masters in each, and what differs, in words. */
import type { ReportConsequence, SimulationReport } from '../report';
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
  /** What one device takes from it there, as a sentence; null: nothing. */
  readonly cause: string | null;
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
  readonly cause: string | null;
}

const listed = (names: readonly string[]): string => (names.length === 0 ? 'no other device' : names.join(', '));
const why = (m: Named): string => {
  if (m.cause !== null) return `: in ${m.kernel} ${m.cause}`;
  return m.reason === null || m.reason === '' ? '' : `: ${m.reason}`;
};

/** What a consequence means for a device that it concerns. */
function causeText(
  device: string,
  { kind, device: culprit, iommu, error, others, why: cause }: ReportConsequence,
): string {
  const who = culprit === device ? 'this master' : culprit;
  const because = cause === undefined ? '' : `, because ${cause.text}${cause.assumed ? ' (assumed)' : ''}`;
  switch (kind) {
    case 'registration-refused':
      return `${who} alone keeps its whole IOMMU ${iommu} from registering: adding it ends with error ${error}`;
    case 'default-domain-refused':
      return `${iommu} does not register: it cannot attach the default domain of ${who} (error ${error})${because}`;
    case 'group-without-mapping':
      return `no member of its group gets a mapping: ${[culprit, ...others].join(', ')} share it (error ${error})`;
  }
}

/**
 * Why a device is worse off in one kernel, where another device's fault or its group's is known: a consequence for itself, for
 * its group, or for the IOMMU that serves it in one of the other kernels.
 */
function causeFor(device: string, report: SimulationReport, reports: readonly SimulationReport[]): string | null {
  const providers = new Set(
    reports.flatMap(({ groups }) => groups.flatMap((g) => (g.devices.includes(device) ? (g.provider ?? []) : []))),
  );
  const all = report.consequences ?? [];
  const own = all.find((one) => one.device === device || one.others.includes(device));
  const found = own ?? all.find(({ kind, iommu }) => kind !== 'group-without-mapping' && providers.has(iommu ?? ''));
  return found === undefined ? null : causeText(device, found);
}

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
    const named: Named[] = behaviours.map((behaviour, at) => {
      const report = reports[at];
      return {
        kernel: behaviour.kernel,
        cause: report === undefined ? null : causeFor(device, report, reports),
        ...deviceIn(behaviour, device),
      };
    });
    const texts = named.flatMap((now, n) => {
      const before = named[n - 1];
      if (before === undefined) return [];
      return differencesOf(device, before, now).flatMap((kind) => sentence(device, kind, before, now) ?? []);
    });
    if (texts.length === 0) {
      alike++;
      continue;
    }
    const kernels = named.map(({ kernel, status, translated, domain, groupedWith, boundIn, iovas, reason, cause }) => {
      return { kernel, status, translated, domain, groupedWith, boundIn, iovas, reason, cause };
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
