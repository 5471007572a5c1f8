/** The same board on several kernels: what becomes of its masters in each, and what differs, in words. */
import type { ReportDevice, SimulationReport } from '../report';

/** What one kernel makes of a master. */
export interface MasterOnKernel {
  readonly kernel: string;
  readonly status: ReportDevice['status'] | 'absent';
  readonly translated: boolean;
  readonly domain: string | null;
  /** The devices of its group, itself included; empty without one. Group numbers differ from boot to boot and say nothing. */
  readonly groupedWith: readonly string[];
  /** The phase in which its driver bound; null: it never did. */
  readonly boundIn: string | null;
  /** Where its mappings are, in the order of the calls. */
  readonly iovas: readonly string[];
  readonly reason: string | null;
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

function masterOn(report: SimulationReport, ref: string): MasterOnKernel {
  const device = report.devices.find((d) => d.device === ref);
  const group = report.groups.find((g) => g.id === device?.group);
  return {
    kernel: report.kernel,
    status: device?.status ?? 'absent',
    translated: device?.translated ?? false,
    domain: device?.domain ?? null,
    groupedWith: group === undefined ? [] : [...group.devices].sort(),
    boundIn: report.timeline.find((t) => t.event === 'bound' && t.device === ref)?.phase ?? null,
    iovas: report.dma.filter((d) => d.device === ref && d.iova !== null).map((d) => d.iova ?? ''),
    reason: device?.untranslatedReason ?? device?.deferReason ?? null,
  };
}

const listed = (names: readonly string[]): string => (names.length === 0 ? 'no other device' : names.join(', '));

/** What differs for a master from one kernel to the next. */
function differences(device: string, a: MasterOnKernel, b: MasterOnKernel): string[] {
  const said: string[] = [];
  const why = (m: MasterOnKernel): string => (m.reason === null || m.reason === '' ? '' : `: ${m.reason}`);
  if (a.status !== b.status)
    said.push(
      `${device} is ${a.status} in ${a.kernel} and ${b.status} in ${b.kernel}${why(b.status === 'bound' ? a : b)}`,
    );
  if (a.translated !== b.translated) {
    const [on, off] = a.translated ? [a, b] : [b, a];
    said.push(`${device} is translated in ${on.kernel}, not in ${off.kernel}${why(off)}`);
  }
  const others = (m: MasterOnKernel): string[] => m.groupedWith.filter((name) => name !== device);
  if ((a.groupedWith.length === 0) !== (b.groupedWith.length === 0)) {
    const [on, off] = a.groupedWith.length > 0 ? [a, b] : [b, a];
    said.push(`${device} has a group in ${on.kernel}, none in ${off.kernel}${why(off)}`);
  } else if (others(a).join() !== others(b).join())
    said.push(
      `${device} shares its group with ${listed(others(a))} in ${a.kernel}, with ${listed(others(b))} in ${b.kernel}`,
    );
  if (a.domain !== b.domain && a.domain !== null && b.domain !== null)
    said.push(`${device} is in a domain of type ${a.domain} in ${a.kernel}, of type ${b.domain} in ${b.kernel}`);
  if (a.boundIn !== b.boundIn && a.boundIn !== null && b.boundIn !== null)
    said.push(`${device} binds in phase ${a.boundIn} in ${a.kernel}, in phase ${b.boundIn} in ${b.kernel}`);
  const at = a.iovas.findIndex((iova, n) => iova !== b.iovas[n]);
  const moved = at >= 0 ? at : a.iovas.length === b.iovas.length ? -1 : a.iovas.length;
  if (moved >= 0 && a.iovas.length > 0 && b.iovas.length > 0)
    said.push(
      `${device}: mapping ${moved + 1} is at ${a.iovas[moved] ?? 'nothing'} in ${a.kernel}, at ${b.iovas[moved] ?? 'nothing'} in ${b.kernel}`,
    );
  return said;
}

/**
 * Compares the reports of one board, in their order. `masters`: the references of the devices that count (those that the
 * tree puts behind an IOMMU); PCI functions in a group count by themselves.
 */
export function compareKernels(reports: readonly SimulationReport[], masters: readonly string[]): KernelComparison {
  const wanted = new Set(masters);
  for (const report of reports)
    for (const group of report.groups) for (const device of group.devices) wanted.add(device);
  const found: MasterDifference[] = [];
  let alike = 0;
  for (const device of wanted) {
    const kernels = reports.map((report) => masterOn(report, device));
    const texts = kernels.flatMap((now, n) => {
      const before = kernels[n - 1];
      return before === undefined ? [] : differences(device, before, now);
    });
    if (texts.length > 0) found.push({ device, kernels, texts });
    else alike++;
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
