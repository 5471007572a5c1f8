/** The script runs under busybox in a made-up /sys, and what it gathers is read. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COLLECT_SCRIPT } from './collect-script';
import { readLog } from './read';

let root = '';
let shell: readonly string[] = [];

beforeAll(() => {
  if (spawnSync('busybox', ['true']).error !== undefined && process.getuid?.() === 0)
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'busybox'], { stdio: 'ignore' });
  if (spawnSync('busybox', ['true']).error !== undefined)
    throw new Error("busybox is missing: install Debian's busybox");
  shell = ['busybox', 'sh'];
  root = mkdtempSync(join(tmpdir(), 'scope-collect-'));
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  put('proc/version', 'Linux version 6.12.117 (root@vm) (gcc) #3 SMP\n');
  put('proc/cmdline', 'console=ttyS0\n');
  put('proc/device-tree/model', 'Lab Board\0');
  put('sys/kernel/iommu_groups/0/type', 'DMA\n');
  put('sys/kernel/iommu_groups/0/devices/a600000.usb', '');
  put('sys/kernel/iommu_groups/1/devices/0000:01:00.0', '');
  put('sys/class/devlink/platform:1.clk--platform:2.usb/status', 'dormant\n');
  put('sys/kernel/debug/devices_deferred', '3da0000.iommu\tplatform: wait for supplier /soc@0/clk@1\n');
  put(
    'dmesg',
    '[    1.0] arm-smmu 5c000000.iommu: Unhandled context fault: fsr=0x402, iova=0x1000, fsynr=0x1, cbfrsynra=0x5, cb=0\n',
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the script', () => {
  it('gathers what is there, and explain reads it', () => {
    const [command = '', ...args] = shell;
    const text = execFileSync(command, [...args, '-c', COLLECT_SCRIPT], {
      encoding: 'utf8',
      env: { ROOT: root, PATH: '/usr/bin:/bin' },
    });
    expect(text).toContain('cannot read /sys/firmware/fdt');
    expect(text).toContain('@@ smmu-scope: end');
    const { facts, kernel } = readLog(text);
    expect(kernel.version?.text).toBe('6.12.117');
    expect(facts.map((fact) => [fact.type, 'device' in fact ? fact.device : fact.iova])).toEqual([
      ['group', 'a600000.usb'],
      ['group', '0000:01:00.0'],
      ['deferral', '3da0000.iommu'],
      ['fault', 0x1000n],
    ]);
  });
});
