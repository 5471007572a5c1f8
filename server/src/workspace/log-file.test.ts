import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { snapshotOfTexts } from '../../test/helpers/board';
import { deviceNames } from '../bootlog/match/board';
import { LogReader, readLog, WHOLE } from '../bootlog/read';
import { openBlob } from '../devicetree/blob-document';
import { exampleBoard } from '../language/rules/examples';
import { liveTree } from './live-tree';
import { LogCancelled, readLogFile } from './log-file';

let root = '';
const put = (name: string, content: string | Uint8Array): string => {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
};
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'scope-log-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const FAULT =
  '[    1.0] arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0x1000, fsynr=0x1, cbfrsynra=0x5, cb=0\n';
/** The same line, by xz 5.4 and zstd 1.5. */
const XZ =
  '/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4AByAGFdAC2IMEYi4ZpXnyNcKbm1WLNTJkG4E6VxydRTdvvAMytueS29xlaCuRUQ73cMKfB5uy4wux5FsSywYXS6lBPIdh7TzPo+bGxxp+dq0cCMvDfux/ovG3ZUS+4rhM992CycAAAAAAAAGMBouBPd7OQAAX1zFpIbcx+2830BAAAAAARZWg==';
const ZSTD =
  'KLUv/SRzLQMAIoYVGoC3OgR0fxohBbX2JIFYwvQuFo3xnbuDntsDgKMjOYumjuRsK+GU8/+JR4pgilPwQTxqTtl4C1TlF5O3WDKSLMjSwyLYgLtMMS+O4a4LbFMbbo5tFwIEAEAFAFE8ZkAXaAIwFNHL';
const base64 = (text: string): Buffer => Buffer.from(text, 'base64');

describe('compressed logs', () => {
  it.each([
    ['gzip', gzipSync(FAULT), 1],
    ['xz', base64(XZ), 1],
    ['zstd', base64(ZSTD), 1],
    ['two frames of zstd', Buffer.concat([base64(ZSTD), base64(ZSTD)]), 2],
  ])('%s', async (name, bytes, count) => {
    const { facts } = await readLogFile(put(name, bytes), {}, {});
    expect(facts).toMatchObject([{ type: 'fault', iova: 0x1000n, count }]);
  });

  it('a gzip that was cut off is read up to its last whole line', async () => {
    const whole = gzipSync(FAULT.repeat(2000));
    const { facts } = await readLogFile(put('cut.gz', whole.subarray(0, whole.length - 12)), {}, {});
    expect(facts).toMatchObject([{ type: 'fault', iova: 0x1000n, range: [0x1000n, 0x1000n] }]);
  });

  it.each([
    ['xz', base64(XZ).fill(0x55, 30, 60)],
    ['zstd', base64(ZSTD).fill(0xff, 6, 40)],
    ['gzip', gzipSync(FAULT).fill(0xff, 12, 40)],
  ])('a damaged %s is named', async (kind, bytes) => {
    await expect(readLogFile(put(`damaged.${kind}`, bytes), {}, {})).rejects.toThrow(
      new RegExp(`${kind}-compressed, and damaged`),
    );
  });

  it('a large one is a stream, with progress, and can be given up', async () => {
    const line = '[    2.0] usb 1-1: new high-speed USB device number 2 using xhci-hcd\n';
    const path = put('large.gz', gzipSync(FAULT + line.repeat(WHOLE / 40) + FAULT));
    const shares: number[] = [];
    const { facts } = await readLogFile(path, {}, { progress: (share) => shares.push(share) });
    expect(facts).toMatchObject([{ count: 2, line: 1, lastLine: Math.floor(WHOLE / 40) + 2 }]);
    expect(shares.at(-1)).toBe(1);
    await expect(readLogFile(path, {}, { cancelled: () => true })).rejects.toBeInstanceOf(LogCancelled);
  });
});

describe.skipIf(process.platform === 'win32')('pipes that are named as files', () => {
  const read = (script: string) => spawnSync('bash', ['-c', script], { cwd: root, encoding: 'utf8' });
  const cli = join(__dirname, '../../../dist/cli.js');
  it.each([
    ['<(…)', `node ${cli} explain <(cat pipe.log)`],
    ['<(…), compressed', `node ${cli} explain <(gzip -c pipe.log)`],
    ['/dev/stdin', `cat pipe.log | node ${cli} explain /dev/stdin`],
    ['-', `cat pipe.log | node ${cli} explain -`],
    ['- of a file', `node ${cli} explain - < pipe.log`],
    ['/dev/stdin of a file', `node ${cli} explain /dev/stdin < pipe.log`],
    ['a writer that is slow', `(head -c 3 pipe.log; sleep 0.3; tail -c +4 pipe.log) | node ${cli} explain /dev/stdin`],
    ['a named pipe', `mkfifo fifo && (cat pipe.log > fifo &) && node ${cli} explain fifo`],
  ])('%s', (_, script) => {
    put('pipe.log', FAULT);
    const { stdout, stderr, status } = read(script);
    expect([status, stderr]).toEqual([1, '']);
    expect(stdout).toContain('translation fault on a read at IOVA 0x1000');
  });

  it('a named pipe is refused where nobody waits for it', async () => {
    spawnSync('mkfifo', [join(root, 'idle')]);
    await expect(readLogFile(join(root, 'idle'), {}, {})).rejects.toThrow(/a named pipe, no file/);
  });
});

describe('a large log', () => {
  it('has lines joined that a mail program broke, also where only the second part has a word that is looked for', () => {
    const other = '[    2.000000] usb 1-1: new high-speed USB device number 2 using xhci-hcd\n';
    const broken = [
      '[    3.000000] arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402,',
      'iova=0xfffe2000, fsynr=0x11, cbfrsynra=0x840, cb=3',
      '[    4.000000] platform soc@0:some-long-name-of-a-device-that-waits-for-something:',
      'deferred probe pending: platform: wait for supplier /soc@0/clock@1',
      '',
    ].join('\n');
    const reader = new LogReader();
    for (const text of [other.repeat(WHOLE / 60), broken, other.repeat(1000), broken]) reader.push(Buffer.from(text));
    expect(reader.end().facts).toMatchObject([
      { type: 'fault', iova: 0xfffe2000n, stream: 0x840, count: 2 },
      { type: 'deferral', supplier: '/soc@0/clock@1', count: 2 },
    ]);
  });
});

describe('a pipe', () => {
  it('is told by enough bytes, however small its pieces', () => {
    const bytes = Buffer.from(FAULT.repeat(WHOLE / 100), 'utf16le');
    const reader = new LogReader();
    for (let at = 0; at < bytes.length; at += at < 1000 ? 3 : 65000)
      reader.push(bytes.subarray(at, at < 1000 ? at + 3 : at + 65000));
    expect(reader.end().facts).toMatchObject([{ type: 'fault', count: Math.floor(WHOLE / 100) }]);
  });
});

describe('what collect gathers', () => {
  it('parts are read by what they are', () => {
    const { facts, kernel, links } = readLog(
      [
        '@@ smmu-scope: cmdline',
        'iommu.passthrough=1 quiet',
        '@@ smmu-scope: model',
        'Lab Board',
        '@@ smmu-scope: devlink',
        'devlink platform:1.clk--platform:2.usb status=dormant sync_state_only=0',
        '@@ smmu-scope: devices_deferred',
        '2.usb\tdwc3: failed to initialize core',
        '(nothing here)',
        '@@ smmu-scope: end',
      ].join('\n'),
    );
    expect(kernel.cmdline?.text).toBe('iommu.passthrough=1 quiet');
    expect(kernel.machine?.text).toBe('Lab Board');
    expect(links).toMatchObject([{ supplier: '1.clk', consumer: '2.usb', status: 'dormant', syncStateOnly: false }]);
    expect(facts).toMatchObject([{ type: 'deferral', device: '2.usb', form: 'pending' }]);
  });
});

describe('a live tree', () => {
  it('of /proc/device-tree is the blob that dtc would make of it', () => {
    put('dt/compatible', 'vendor,board\0');
    put('dt/name', '\0');
    put('dt/#address-cells', Buffer.from([0, 0, 0, 1]));
    put('dt/soc/usb@1000/reg', Buffer.from([0, 0, 0x10, 0, 0, 0, 1, 0]));
    const bytes = liveTree(join(root, 'dt'));
    expect(bytes).not.toBeNull();
    const { tree, problems } = openBlob('test:/live.dtb', bytes ?? new Uint8Array());
    expect(problems.filter((problem) => problem.severity === 'error')).toEqual([]);
    expect(tree.nodes.map((node) => node.path)).toEqual(['/', '/soc', '/soc/usb@1000']);
    expect(tree.root.properties.has('name')).toBe(false);
  });

  it('is no folder of any other kind, and no other file', () => {
    put('other/readme', 'x');
    expect(liveTree(join(root, 'other'))).toBeNull();
    expect(liveTree(join(root, 'other/readme'))).toBeNull();
    expect(liveTree(join(root, 'absent'))).toBeNull();
  });
});

describe("a master's own complaints", () => {
  it('that no row knows are shown, on its board', () => {
    const devices = deviceNames(
      snapshotOfTexts({ 'board.dts': `${exampleBoard}&a { iommus = <&smmu 0x480 0x0>; };` }).tree,
    );
    const name = devices.find((device) => !/mmu/.test(device)) ?? '';
    const line = `[    1.0] some-driver ${name}: unable to set up the frobnicator`;
    expect(readLog(line, { devices }).facts).toMatchObject([{ type: 'unread', device: name }]);
    expect(readLog(line).facts).toEqual([]);
    expect(readLog(`[    1.0] some-driver ${name}: ready`, { devices }).facts).toEqual([]);
  });
});
