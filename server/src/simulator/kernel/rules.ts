/**
 * The rules behind the kernel models: for each flag what differs, where the kernel decides it, and the value in each
 * version. "Read" means read in the source of that release (stable point releases 3.19.8, 4.12.0, 5.10.223, 5.15.100, 6.1.192, 6.6.87,
 * 6.12.117, 6.18.2, 7.3.4); 3.19, 6.1, 6.12 and 7.3 have recordings.
 */
import { ATTACH_RULES } from './flags/attach';
import { DEFERRAL_RULES } from './flags/deferral';
import { DMA_RULES } from './flags/dma';
import { DRIVERS_RULES } from './flags/drivers';
import { GROUPS_RULES } from './flags/groups';
import { LINKS_RULES } from './flags/links';
import type { KernelRule, RecordedVersion, RulesOf } from './flags/rule';
import type { KernelFlags, KernelModel } from './model';
import { KERNEL_VERSIONS, type KernelVersion } from './versions';

export const KERNEL_RULES: RulesOf<KernelFlags> = {
  ...ATTACH_RULES,
  ...DEFERRAL_RULES,
  ...LINKS_RULES,
  ...GROUPS_RULES,
  ...DMA_RULES,
  ...DRIVERS_RULES,
};

/** A rule's value in a version: the one named last at or before it. */
function valueIn<T>(rule: KernelRule<T>, version: KernelVersion): T {
  let value = rule.since['3.19'];
  for (const v of KERNEL_VERSIONS) {
    if (Object.hasOwn(rule.since, v)) value = rule.since[v] as T;
    if (v === version) break;
  }
  return value;
}

/** The recorded kernel of a model: its release and what it ran on. */
const RECORDED: Readonly<Record<RecordedVersion, string>> = {
  '3.19': 'Linux 3.19.8 on 32-bit ARM',
  '6.1': 'Linux 6.1.192 on arm64',
  '6.12': 'Linux 6.12.117 on arm64 and 32-bit ARM',
  '7.3': 'Linux 7.3.4 on arm64 and 32-bit ARM',
};

/** The rules of a version whose value recordings confirm, of its own release or of one with the same value. */
function confirmedIn(version: KernelVersion): number {
  return Object.values(KERNEL_RULES as Readonly<Record<string, KernelRule<unknown>>>).filter((rule) => {
    const value = JSON.stringify(valueIn(rule, version));
    return rule.recorded.some((other) => other === version || JSON.stringify(valueIn(rule, other)) === value);
  }).length;
}

function verifiedIn(version: KernelVersion): string[] {
  const rules = Object.values(KERNEL_RULES);
  const own = Object.entries(RECORDED).find(([recorded]) => recorded === version);
  if (own === undefined)
    return [
      `Model ${version}: no kernel of this version was recorded; its rules are read in its source.`,
      `${confirmedIn(version)} of its ${rules.length} rules have the value that recordings of another version confirm.`,
    ];
  const here = rules.filter((rule) => rule.recorded.some((recorded) => recorded === version)).length;
  return [
    `Model ${version}: ${here} of ${rules.length} rules are confirmed by recordings of ${own[1]} (order of probing, deferral, device links, IOMMU groups, domains, IOVAs); ${confirmedIn(version) - here} more have the value that recordings of another version confirm; the others are read in its source.`,
  ];
}

const models = new Map<KernelVersion, KernelModel>();

/** The model of a version. The same object each time. */
export function kernelModel(version: KernelVersion): KernelModel {
  let model = models.get(version);
  if (model === undefined) {
    const flags: Record<string, unknown> = {};
    for (const [flag, rule] of Object.entries(KERNEL_RULES))
      flags[flag] = valueIn(rule as KernelRule<unknown>, version);
    model = { ...(flags as unknown as KernelFlags), version, verified: verifiedIn(version) };
    models.set(version, model);
  }
  return model;
}

/** How many releases a major version had, where that is known: 3.0 to 3.19, 4.0 to 4.20 and so on. */
const RELEASES_OF: Readonly<Record<number, number>> = { 3: 20, 4: 21, 5: 20, 6: 20 };

/** The number of a release, counted through from 3.0: 3.19 is 19, 4.0 is 20. */
function releaseNumber(major: number, minor: number): number {
  let number = minor;
  for (let before = 3; before < major; before++) number += RELEASES_OF[before] ?? 20;
  // What is older than 3.0 lies before it.
  return major < 3 ? -1 : number;
}

/**
 * The model for a version as a person writes it (`6.12`, `v5.15.100`, `6.8`): the one fewest releases away, of two equally
 * near the older. What a release between two models does is not read, and each release on the way to a model may have changed
 * it; the nearer one has fewer of them. Null when it is no version.
 */
export function modelFor(text: string): KernelModel | null {
  const match = /^v?(\d+)\.(\d+)/.exec(text.trim());
  if (match === null) return null;
  const wanted = releaseNumber(Number(match[1]), Number(match[2]));
  let found: KernelVersion = '3.19';
  let least = Number.POSITIVE_INFINITY;
  for (const version of KERNEL_VERSIONS) {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const distance = Math.abs(releaseNumber(major, minor) - wanted);
    if (distance < least) [found, least] = [version, distance];
  }
  return kernelModel(found);
}
