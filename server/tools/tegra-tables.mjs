// Reads the Tegra memory controller tables of a Linux tree into server/src/simulator/smmu/tegra/soc.json:
//   node server/tools/tegra-tables.mjs /path/to/linux
// Facts only: client and swgroup names, identifiers, register offsets and bits.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const tree = process.argv[2];
if (tree === undefined) {
  console.error('usage: tegra-tables.mjs LINUX');
  process.exit(2);
}
const read = (path) => readFileSync(join(tree, path), 'utf8');

function numbersOf(header) {
  const numbers = new Map();
  for (const [, name, value] of read(header).matchAll(/^#define\s+(TEGRA_SWGROUP_\w+)\s+(\d+)/gm))
    numbers.set(name, Number(value));
  return numbers;
}

/** The text of an initialiser `name[] = { … };` or `name = { … };`. */
function initialiser(text, name) {
  const start = text.search(new RegExp(`\\b${name}(\\[\\])?\\s*=\\s*\\{`));
  return start < 0 ? '' : text.slice(start, text.indexOf('\n};', start));
}

const field = (text, name) => {
  const match = new RegExp(`\\.${name}\\s*=\\s*([^,}\\n]+)`).exec(text);
  return match === null ? null : match[1].trim();
};
const number = (text, name) => Number(field(text, name) ?? 0);

function clientsOf(text, name, swgroups) {
  const body = initialiser(text, name);
  const clients = [];
  for (const part of body.split(/\n\t\{|\n\t\}, \{/).slice(1)) {
    const smmu = /\.smmu\s*=\s*\{([^}]*)\}/.exec(part);
    const la = /\.la\s*=\s*\{([^}]*)\}/.exec(part);
    clients.push({
      id: number(part, 'id'),
      name: field(part, 'name').replaceAll('"', ''),
      swgroup: swgroups.get(field(part, 'swgroup')) ?? -1,
      smmu: smmu === null ? null : [number(smmu[1], 'reg'), number(smmu[1], 'bit')],
      latency:
        la === null
          ? null
          : [number(la[1], 'reg'), number(la[1], 'shift'), number(la[1], 'mask'), number(la[1], 'def')],
    });
  }
  return clients;
}

function socOf(chip, file, tables = chip) {
  const text = read(`drivers/memory/tegra/${file}.c`);
  const swgroups = numbersOf(`include/dt-bindings/memory/${tables}-mc.h`);
  const smmu = initialiser(text, `${chip}_smmu_soc`);
  const controller = initialiser(text, `${chip}_mc_soc`);
  const bits = { DECERR_MTS: 16, SECERR_SEC: 13, DECERR_VPR: 12, INVALID_APB_ASID_UPDATE: 11, INVALID_SMMU_PAGE: 10 };
  Object.assign(bits, { SECURITY_VIOLATION: 8, DECERR_EMEM: 6 });
  let interruptMask = 0;
  for (const [, name] of controller.matchAll(/MC_INT_(\w+)/g)) interruptMask |= 1 << bits[name];
  const groups = [];
  for (const [, name, list] of initialiser(text, `${tables}_groups`).matchAll(
    /\.name = "(\w+)",\s*\.swgroups = (\w+)/g,
  )) {
    const members = [...initialiser(text, list).matchAll(/TEGRA_SWGROUP_\w+/g)].map(([entry]) => swgroups.get(entry));
    groups.push({ name, swgroups: members });
  }
  return {
    asids: number(smmu, 'num_asids'),
    tlbLines: number(smmu, 'num_tlb_lines'),
    roundRobin: field(smmu, 'supports_round_robin_arbitration') === 'true',
    requestLimit: field(smmu, 'supports_request_limit') === 'true',
    addressBits: number(controller, 'num_address_bits'),
    atomSize: number(controller, 'atom_size'),
    clientIdMask: number(controller, 'client_id_mask'),
    interruptMask,
    groups,
    swgroups: [
      ...initialiser(text, `${tables}_swgroups`).matchAll(
        /\.name = "(\w+)",\s*\.swgroup = (\w+),\s*\.reg = (0x[0-9a-f]+)/g,
      ),
    ].map(([, name, macro, reg]) => ({ name, swgroup: swgroups.get(macro), reg: Number(reg) })),
    clients: clientsOf(text, `${tables}_mc_clients`, swgroups),
  };
}

const tables = {
  'nvidia,tegra30-mc': socOf('tegra30', 'tegra30'),
  'nvidia,tegra114-mc': socOf('tegra114', 'tegra114'),
  'nvidia,tegra124-mc': socOf('tegra124', 'tegra124'),
  'nvidia,tegra132-mc': socOf('tegra132', 'tegra124', 'tegra124'),
  'nvidia,tegra210-mc': socOf('tegra210', 'tegra210'),
};
const out = new URL('../src/simulator/smmu/tegra/soc.json', import.meta.url);
const compact = JSON.stringify(tables, null, 1)
  .replace(/\n\s{4,}/g, ' ')
  .replace(/\n {3}(?=[}\]])/g, ' ');
writeFileSync(out, `${compact}\n`);
