// Reads the MediaTek M4U tables of a Linux tree into server/src/simulator/smmu/vendor/mediatek.json:
//   node server/tools/mediatek-tables.mjs /path/to/linux
// Facts only: which larb ports live in which IOVA region, which bank serves which ports, a few capability flags. Give it the
// newest tree: its table holds the SoCs of all kernels.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const tree = process.argv[2];
if (tree === undefined) {
  console.error('usage: mediatek-tables.mjs LINUX');
  process.exit(2);
}
const text = readFileSync(join(tree, 'drivers/iommu/mtk_iommu.c'), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');

/** The value of an expression of BIT(n), GENMASK(h, l), ~0, numbers and `|`. */
function mask(expression) {
  const inverted = /^~\(u32\)\(([\s\S]*)\)$/.exec(expression.trim());
  if (inverted !== null) return ~mask(inverted[1]) >>> 0;
  let value = 0;
  for (const term of expression.split('|').map((part) => part.trim())) {
    const bit = /^BIT\((\d+)\)$/.exec(term);
    const range = /^GENMASK\((\d+),\s*(\d+)\)$/.exec(term);
    if (bit !== null) value |= 1 << Number(bit[1]);
    else if (range !== null) for (let at = Number(range[2]); at <= Number(range[1]); at++) value |= 1 << at;
    else if (term === '~0') value = -1;
    else value |= Number(term);
  }
  return value >>> 0;
}

/** Splits at commas outside parentheses and braces. */
function items(body) {
  const parts = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= body.length; at++) {
    const char = body[at];
    if (char === '(' || char === '{') depth++;
    else if (char === ')' || char === '}') depth--;
    else if ((char === ',' && depth === 0) || at === body.length) {
      const part = body.slice(start, at).trim();
      if (part !== '') parts.push(part);
      start = at + 1;
    }
  }
  return parts;
}

/** Array initialiser with optional designators: index -> text. */
function entries(body) {
  const found = new Map();
  let index = 0;
  for (const part of items(body)) {
    const designated = /^\[(\w+)\]\s*=\s*([\s\S]*)$/.exec(part);
    if (designated !== null) index = Number(designated[1]);
    found.set(index++, designated === null ? part : designated[2].trim());
  }
  return found;
}

const regions = new Map();
for (const [, name, body] of text.matchAll(/(\w+_region_msk)\[\w*\]\[\w+\] = \{([\s\S]*?)\n\};/g)) {
  const rows = [];
  for (const [index, row] of entries(body)) {
    const larbs = {};
    for (const [larb, value] of entries(row.replace(/^\{|\}$/g, ''))) if (mask(value) !== 0) larbs[larb] = mask(value);
    rows[index] = larbs;
  }
  regions.set(
    name,
    Array.from(rows, (row) => row ?? {}),
  );
}

/** A size or address: numbers, SZ_ names, products; the regions of 4 GiB keep a gap free at their end in newer kernels. */
function quantity(expression) {
  const size = { K: 1n << 10n, M: 1n << 20n, G: 1n << 30n };
  return expression
    .split('*')
    .map((factor) => {
      const named = /^(?:MTK_IOMMU_IOVA_)?SZ_(\d+)([KMG])$/.exec(factor.trim());
      return named === null ? BigInt(factor.trim().replace(/U?L*$/, '')) : BigInt(named[1]) * size[named[2]];
    })
    .reduce((product, factor) => product * factor);
}

const windows = new Map();
for (const [, name, body] of text.matchAll(/struct mtk_iommu_iova_region (\w+)\[\w*\] = \{([\s\S]*?)\n\};/g))
  windows.set(
    name,
    [...body.matchAll(/\.iova_base = ([^,]+),\s*\.size = ([^}]+)\}/g)].map(([, start, length]) => ({
      start: `0x${quantity(start).toString(16)}`,
      size: `0x${quantity(length).toString(16)}`,
      gap: length.includes('MTK_IOMMU_IOVA_SZ_4G'),
    })),
  );

const socs = new Map();
for (const [, name, body] of text.matchAll(/struct mtk_iommu_plat_data (\w+) = \{([\s\S]*?)\n\};/g)) {
  const flags = /\.flags\s*=\s*([^,]*)/.exec(body)?.[1] ?? '';
  const table = /\.iova_region_larb_msk\s*=\s*(\w+)/.exec(body)?.[1];
  const banks = {};
  const portmask = /\.banks_portmsk\s*=\s*\{([\s\S]*?)\},\s*\.iova/.exec(body)?.[1];
  if (portmask !== undefined) for (const [bank, value] of entries(portmask)) banks[bank] = mask(value);
  // Which bits of a fault's master number are what, and which larb a hardware number stands for (32: none).
  const remap = /\.larbid_remap\s*=\s*\{([\s\S]*?)\},?\s*(?=\.\w|$)/.exec(body)?.[1] ?? '';
  const faultLarbs = items(remap).map((row) =>
    items(row.replace(/^\{|\}$/g, '')).map((larb) => (larb === 'MTK_INVALID_LARBID' ? 32 : Number(larb))),
  );
  socs.set(name, {
    // MTK_IOMMU_TYPE_MM is 0: what names no type is multimedia.
    type: flags.includes('TYPE_INFRA') ? 'infra' : flags.includes('TYPE_APU') ? 'apu' : 'mm',
    iova34: flags.includes('IOVA_34_EN'),
    fourGigabyteMode: flags.includes('HAS_4GB_MODE'),
    shared: flags.includes('SHARE_PGTABLE'),
    list: /\.hw_list\s*=\s*&(\w+)/.exec(body)?.[1] ?? null,
    manyLarbs: flags.includes('DL_WITH_MULTI_LARB'),
    windows: windows.get(/\.iova_region\s*=\s*(\w+)/.exec(body)?.[1]) ?? [],
    regions: table === undefined ? [] : (regions.get(table) ?? []),
    banks,
    faultId: flags.includes('HAS_SUB_COMM_2BITS')
      ? 'sub2'
      : flags.includes('HAS_SUB_COMM_3BITS')
        ? 'sub3'
        : flags.includes('INT_ID_PORT_WIDTH_6')
          ? 'port6'
          : 'plain',
    faultLarbs,
  });
}

const tables = {};
for (const [, compatible, name] of text.matchAll(/\.compatible = "([^"]+)",\s*\.data = &(\w+)/g))
  tables[compatible] = socs.get(name);
const out = new URL('../src/simulator/smmu/vendor/mediatek.json', import.meta.url);
writeFileSync(out, `${JSON.stringify(tables, null, 2)}\n`);
