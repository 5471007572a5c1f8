// Reads the memory clients of the Tegra SoCs with an Arm SMMU into server/src/bootlog/match/tegra-clients.json:
//   node server/tools/tegra-clients.mjs /path/to/linux
// Facts only: names and identifiers (in hex), as the memory controller's fault lines and `interconnects` use them.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const tree = process.argv[2];
if (tree === undefined) {
  console.error('usage: tegra-clients.mjs LINUX');
  process.exit(2);
}
const out = {};
for (const soc of ['186', '194', '234', '264']) {
  const source = join(tree, `drivers/memory/tegra/tegra${soc}.c`);
  const header = ['memory/tegra', 'memory/nvidia,tegra']
    .map((name) => join(tree, `include/dt-bindings/${name}${soc}${name.endsWith('nvidia,tegra') ? '' : '-mc'}.h`))
    .find((path) => existsSync(path));
  if (header === undefined || !existsSync(source)) continue;
  const ids = new Map(
    [...readFileSync(header, 'utf8').matchAll(/#define\s+(TEGRA\d+_\w+)\s+(0x[0-9a-fA-F]+|\d+)/g)].map((m) => [
      m[1],
      Number(m[2]),
    ]),
  );
  const clients = [...readFileSync(source, 'utf8').matchAll(/\{\s*\.id = (\w+),\s*\.name = "([^"]+)"/g)]
    .filter((m) => ids.has(m[1]))
    .map((m) => `${m[2]}:${ids.get(m[1]).toString(16)}`);
  if (clients.length > 0) out[`nvidia,tegra${soc}-mc`] = clients.join(' ');
}
writeFileSync(new URL('../src/bootlog/match/tegra-clients.json', import.meta.url), `${JSON.stringify(out, null, 2)}\n`);
