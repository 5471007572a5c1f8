/**
 * npm run catalogue [-- --linux DIR]... [--check]
 *
 * Makes the driver catalogues that are shipped: every driver that can bind to a devicetree node or a PCI function, when it
 * registers, and the resolved default configurations of arm64, 32-bit ARM and RISC-V, and those of 32-bit ARM for the
 * machines that multi_v7_defconfig leaves out. A row that several releases have is written once. Each tree is taken from --linux,
 * from SMMU_SCOPE_LINUX_<release> (`SMMU_SCOPE_LINUX_6_12`), or out of Debian's packages. The output is deterministic: the same
 * trees give the same bytes. --check writes nothing and fails when a file would change.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encode, type ScannedTree, type Tables } from '../../src/scanner/encode';
import { scanTree } from '../../src/scanner/scan';
import { shelve } from '../../src/scanner/shelve';
import { catalogueText } from '../../src/scanner/text';
import { DiskFiles } from '../../src/workspace/own-kernel/disk';
import { kernelTree, RELEASES } from '../kernel-trees';

const OUT = 'server/src/simulator/kernel/catalogue/shipped';

function main(): number {
  const args = process.argv.slice(2);
  const check = args.includes('--check');
  const given = args.flatMap((arg, at) => (args[at - 1] === '--linux' ? [resolve(arg)] : []));
  let changed = 0;
  const write = (name: string, value: object | string): void => {
    const path = join(OUT, name);
    const text = typeof value === 'string' ? value : catalogueText(value);
    const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
    if (before !== text) changed++;
    if (!check) writeFileSync(path, text);
    process.stdout.write(
      `${path}: ${text.length} bytes (${gzipSync(text).length} with gzip)${before === text ? '' : ', changed'}\n`,
    );
  };
  const scanned = (release: string): ScannedTree => {
    const root = kernelTree(release, given);
    process.stdout.write(`Linux ${release}: ${root}\n`);
    const { tree } = scanTree(new DiskFiles(root));
    const rows = tree.found.drivers.reduce((sum, driver) => sum + driver.of.length, 0);
    process.stdout.write(
      `Linux ${tree.kernel}: ${tree.found.drivers.length} drivers, ${rows} match rows, ${tree.found.early.length} early providers; ` +
        `configurations: ${[...tree.configs.keys()].join(', ')}\n`,
    );
    for (const line of tree.found.unread) process.stdout.write(`not read: ${line}\n`);
    for (const line of tree.found.unregistered)
      process.stdout.write(`no initcall found, taken as device level: ${line}\n`);
    return tree;
  };
  let tables: Tables | undefined;
  // the newest first: what it brings has the smaller numbers
  const releases = [...RELEASES].reverse().map((version) => {
    const packed = encode(scanned(version), tables);
    tables = packed.tables;
    return { version, data: packed.data };
  });
  for (const [name, value] of shelve(releases)) write(name, value);
  return check && changed > 0 ? 1 : 0;
}

process.exitCode = main();
