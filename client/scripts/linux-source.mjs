// Where a Linux source tree is, for the checks that use real boards.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache.mjs';

/** SMMU_SCOPE_LINUX, else the tree that `npm run test:corpus` unpacked; null where there is none. */
export function linuxSource() {
  const places = [process.env.SMMU_SCOPE_LINUX, join(cacheFolder(), 'linux-source-6.12')];
  return places.find((place) => place && existsSync(join(place, 'scripts', 'dtc', 'include-prefixes'))) ?? null;
}
