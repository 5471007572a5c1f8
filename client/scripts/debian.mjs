// Debian packages that a script needs: installed when that is allowed, asked for when it is not.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Installs packages with apt-get, as root; elsewhere throws with the command to run. */
export function aptInstall(packages, why, say) {
  const command = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(`${why} needs ${packages.join(', ')}. As root on Debian: ${command}`);
  }
  say(`installing ${packages.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (line) => spawnSync('sh', ['-c', line], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  let result;
  for (let attempt = 0; attempt < 3; attempt++) {
    run('apt-get -qq update');
    result = run(command);
    if (result.status === 0) return;
  }
  throw new Error(`${command} failed:\n${result.stderr.slice(-1500)}`);
}
