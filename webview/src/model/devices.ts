/** What the devices view shows: every device with what became of it, those that need a look first. */

import { formatErrno } from '../../../server/src/drawing/timeline';
import type { ReportDevice, SimulationReport } from '../../../server/src/simulator/report';

export const deviceParts = ['attention', 'failed', 'deferred', 'untranslated', 'no-driver', 'bound', 'all'] as const;
/** Which devices are listed. */
export type DevicePart = (typeof deviceParts)[number];

export const partNames: Readonly<Record<DevicePart, string>> = {
  attention: 'Needs a look',
  failed: 'Failed',
  deferred: 'Deferred',
  untranslated: 'Untranslated',
  'no-driver': 'Without driver',
  bound: 'Bound',
  all: 'All',
};

/** A master that runs, or would run, untranslated. */
export const isUntranslated = (device: ReportDevice): boolean =>
  !device.translated && device.untranslatedReason !== null;

const isFailed = ({ status }: ReportDevice): boolean => status === 'failed' || status === 'rejected';

/** Something a person who wants this board to work would look at. A device without a driver alone is none. */
const needsLook = (device: ReportDevice): boolean =>
  isFailed(device) ||
  device.status === 'deferred' ||
  (isUntranslated(device) && device.status !== 'no-driver' && device.status !== 'disabled');

export const inPart: Readonly<Record<DevicePart, (device: ReportDevice) => boolean>> = {
  attention: needsLook,
  failed: isFailed,
  deferred: ({ status }) => status === 'deferred',
  untranslated: isUntranslated,
  'no-driver': ({ status }) => status === 'no-driver',
  bound: ({ status }) => status === 'bound',
  all: () => true,
};

export interface DeviceState {
  readonly text: string;
  /** `bad` for what is wrong, `care` for what waits or runs untranslated, `plain` for what is only so. */
  readonly tone: 'good' | 'care' | 'bad' | 'plain';
}

const states: Readonly<Record<ReportDevice['status'], DeviceState>> = {
  bound: { text: 'bound', tone: 'good' },
  deferred: { text: 'deferred', tone: 'care' },
  failed: { text: 'probe fails', tone: 'bad' },
  rejected: { text: 'refused by its driver', tone: 'bad' },
  'no-driver': { text: 'without a driver in this configuration', tone: 'plain' },
  disabled: { text: 'disabled in the devicetree', tone: 'plain' },
};

export const deviceState = (device: ReportDevice): DeviceState =>
  device.status === 'bound' && isUntranslated(device)
    ? { text: 'bound, untranslated', tone: 'care' }
    : states[device.status];

/** Why a device is as it is, in sentences; empty for one that simply came up. */
export function reasons(device: ReportDevice): string[] {
  const found: string[] = [];
  if (isFailed(device) && device.error !== null) found.push(`Its probe returns ${formatErrno(device.error)}.`);
  if (device.deferReason !== null && device.deferReason.trim() !== '') found.push(device.deferReason.trim());
  if (isUntranslated(device)) found.push(device.untranslatedReason ?? '');
  return found;
}

/** What its IOMMU's driver would not take it for, in sentences. */
export const refusals = (device: ReportDevice, { providers }: SimulationReport): string[] =>
  providers
    .flatMap(({ refused }) => refused ?? [])
    .filter((refusal) => refusal.device === device.device)
    .map(({ why, others }) => {
      const held = others.length === 0 ? '' : `, held by ${others.join(', ')}`;
      return `${why.replace(/^./, (first) => first.toUpperCase())}${held}.`;
    });

/** Rows of a part that a text leaves: part of the path, name, driver, state or reason. Worst first, else as they came. */
export function listDevices(report: SimulationReport, part: DevicePart, query: string): ReportDevice[] {
  const text = query.trim().toLowerCase();
  const rank = (device: ReportDevice) => ({ bad: 0, care: 1, good: 2, plain: 3 })[deviceState(device).tone];
  return report.devices
    .filter((device) => {
      if (!inPart[part](device)) return false;
      if (text === '') return true;
      const words = [device.device, device.name, device.driver ?? '', deviceState(device).text, ...reasons(device)];
      return words.some((word) => word.toLowerCase().includes(text));
    })
    .sort((a, b) => rank(a) - rank(b));
}
