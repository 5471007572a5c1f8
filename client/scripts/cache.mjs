// Where the scripts keep what is too large for the repository: a VS Code, later perhaps a kernel source tree.
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The cache folder: SMMU_SCOPE_CACHE, else smmu-scope in the user's cache folder. Never inside the repository. */
export function cacheFolder() {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return process.env.SMMU_SCOPE_CACHE || join(base, 'smmu-scope');
}
