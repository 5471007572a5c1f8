/** Captures as they come: encodings, prefixes, containers, floods; and nothing that a log holds makes the reader throw. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MOST_BOOTS } from './collect';
import { LogStream, readLog, UnreadableLog } from './read';

const FAULT =
  'arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0xfd7ff000, fsynr=0x540003, cbfrsynra=0x880, cb=10';

/** What stands in front of, or around, a kernel's line. */
const CAPTURES: readonly (readonly [string, string])[] = [
  ['printk', `[   12.345678] ${FAULT}`],
  ['with the caller', `[   12.345678][    C0] ${FAULT}`],
  ['with priority', `<3>[   12.345678] ${FAULT}`],
  ['dmesg -x', `kern  :err   : [   12.345678] ${FAULT}`],
  ['dmesg -T', `[Sun Nov 22 12:00:00 2026] ${FAULT}`],
  ['dmesg --time-format iso', `2026-11-22T12:00:00,123456+00:00 ${FAULT}`],
  ['syslog', `Nov 22 12:00:00 board kernel: ${FAULT}`],
  ['syslog with stamp', `Nov 22 12:00:00 board kernel: [   12.345678] ${FAULT}`],
  ['terminal program', `[2026-11-22 12:00:00.123] [   12.345678] ${FAULT}`],
  ['logcat threadtime', `11-22 12:00:00.123     0     0 E         : ${FAULT}`],
  ['logcat brief', `E/kernel  (    0): ${FAULT}`],
  ['quoted', `> [   12.345678] ${FAULT}`],
  ['quoted twice', `>> ${FAULT}`],
  ['coloured', `\u001b[32m[   12.345678] \u001b[0m${FAULT}`],
  ['pstore', `Panic#1 Part1\n<3>[   12.345678] ${FAULT}`],
  ['journal JSON', JSON.stringify({ _TRANSPORT: 'kernel', PRIORITY: '3', MESSAGE: FAULT })],
  ['journal JSON in bytes', JSON.stringify({ MESSAGE: [...Buffer.from(FAULT)] })],
  ['a viewer of Qualcomm logs', `0x0000000001A0B1C2 |   812.440011:   ${FAULT}`],
  ['a printer behind the stamp', `[    8.100001] [pid:88,cpu1,irq/20-arm-smmu]${FAULT}`],
  ['LAVA', `- {"dt": "2026-11-22T12:00:00.123456", "lvl": "target", "msg": "[   12.345678] ${FAULT}"}`],
  ['bare', FAULT],
  ['CRLF', `[   12.345678] ${FAULT}\r`],
  ['wrapped by a mailer', `[   12.345678] ${FAULT.replace(' iova', '\niova')}`],
  ['wrapped by a terminal', `[   12.345678] ${FAULT.slice(0, 65)}\n${FAULT.slice(65)}`],
];

describe('captures', () => {
  it.each(CAPTURES)('%s', (_, text) => {
    const { facts } = readLog(text);
    expect(facts).toHaveLength(1);
    expect(facts[0]).toMatchObject({ type: 'fault', stream: 0x880, iova: 0xfd7ff000n, bank: 10 });
  });

  const text = `[   12.345678] ${FAULT}\r\n`;
  it.each([
    ['UTF-16 LE with BOM', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])],
    ['UTF-16 LE', Buffer.from(text, 'utf16le')],
    ['UTF-16 BE', Buffer.from(text, 'utf16le').swap16()],
    ['UTF-8 with BOM', Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)])],
    ['NUL bytes', Buffer.from(`\0\0${text.replace('fsr', '\0fsr')}\0`)],
  ])('%s, whole and in pieces', (_, bytes) => {
    const expected = [{ type: 'fault', stream: 0x880 }];
    expect(readLog(bytes).facts).toMatchObject(expected);
    const stream = new LogStream();
    for (let i = 0; i < bytes.length; i += 7) stream.push(bytes.subarray(i, i + 7));
    // The first piece decides on the encoding: it has to be as large as a read is.
    const whole = new LogStream();
    whole.push(bytes);
    expect(whole.end().facts).toMatchObject(expected);
  });

  it.each([
    ['xz-compressed', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 1]],
    ['zstd-compressed', [0x28, 0xb5, 0x2f, 0xfd, 1]],
    ['UTF-32', [0xff, 0xfe, 0, 0, 0x41, 0, 0, 0]],
    ['devicetree blob', [0xd0, 0x0d, 0xfe, 0xed, 0]],
    ['gzip-compressed', [0x1f, 0x8b, 8, 0]],
    ['journal of systemd', [...Buffer.from('LPKSHHRH'), 0, 0]],
    ['trace.dat', [0x17, 0x08, ...Buffer.from('Dtracing'), 0]],
    ['binary data', Array.from({ length: 4096 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 13) & 0xff)],
  ])('names %s', (name, bytes) => {
    expect(() => readLog(Uint8Array.from(bytes))).toThrow(UnreadableLog);
    expect(() => readLog(Uint8Array.from(bytes))).toThrow(name);
  });
});

describe('logs that are unusual, and text', () => {
  const lines = Array.from({ length: 3 }, (_, i) => `[    ${i + 1}.000000] ${FAULT}`);
  it.each([
    ['carriage returns alone', Buffer.from(`${lines.join('\r')}\r`)],
    ['carriage returns alone, in UTF-16', Buffer.from(`\ufeff${lines.join('\r')}`, 'utf16le')],
    ['another code page', Buffer.from(`${lines.join('\n')}\n[    9.0] usb: \xfc\xe4\xf6\xdf\xe9\xe8\n`, 'latin1')],
    ['Chinese in UTF-8', Buffer.from(`${'驱动程序加载失败'.repeat(200)}\n`.repeat(3) + lines.join('\n'))],
    ['noise of a serial line', Buffer.concat([Buffer.alloc(80, 0xff), Buffer.from(`\n${lines.join('\n')}`)])],
    ['padded with NUL bytes', Buffer.concat([Buffer.from(lines.join('\n')), Buffer.alloc(60000)])],
  ])('%s', (_, bytes) => {
    expect(readLog(bytes).facts).toMatchObject([{ type: 'fault', count: 3 }]);
    const stream = new LogStream();
    stream.push(bytes);
    const report = stream.end();
    expect(report.facts).toMatchObject([{ type: 'fault', count: 3 }]);
    expect(report.boots[0]?.to).toBe(readLog(bytes).boots[0]?.to);
  });
});

describe('floods', () => {
  it('are one entry, with count, range, lines and what was suppressed', () => {
    const lines = Array.from(
      { length: 500 },
      (_, i) => `[   ${i}.0] ${FAULT.replace('0xfd7ff000', `0x${(0xfd000000 + i * 0x1000).toString(16)}`)}`,
    );
    lines.splice(100, 0, '[  100.5] arm_smmu_context_fault: 42 callbacks suppressed');
    const { facts } = readLog(lines.join('\n'));
    expect(facts).toHaveLength(1);
    expect(facts[0]).toMatchObject({
      count: 500,
      line: 1,
      lastLine: 501,
      suppressed: 42,
      range: [0xfd000000n, 0xfd1f3000n],
    });
  });
});

describe('what the log says about its kernel', () => {
  it('is read', () => {
    const { kernel } = readLog(
      [
        '[    0.000000] Linux version 6.12.117 (root@vm) (gcc) #3 SMP',
        '[    0.000000] Machine model: Qualcomm SA8775P Ride',
        '[    0.000000] Kernel command line: console=ttyMSM0 iommu.passthrough=1',
        '[    1.000000] platform 8c0000.geniqup: Adding to iommu group 0',
      ].join('\n'),
    );
    expect(kernel).toMatchObject({
      version: { text: '6.12.117', line: 1 },
      machine: { text: 'Qualcomm SA8775P Ride', line: 2 },
      cmdline: { text: 'console=ttyMSM0 iommu.passthrough=1', line: 3 },
      shape: { atLeast: '6.15', line: 4 },
    });
  });
});

describe('boots in one log', () => {
  it('tells so many apart, and says of the last how many more it stands for', () => {
    const boot = (i: number) =>
      `[    0.000000] Linux version 6.1.${i} (a@b) #1\n[    5.000000] platform ${i.toString(16)}000.dev: Adding to iommu group 0\n`;
    const text = Array.from({ length: MOST_BOOTS + 12 }, (_, i) => boot(i + 1)).join('');
    const { boots, facts, compared } = readLog(text);
    expect(boots.length).toBe(MOST_BOOTS);
    expect(boots.map(({ more }) => more ?? 0)).toEqual([...Array(MOST_BOOTS - 1).fill(0), 12]);
    expect(boots.at(-1)).toMatchObject({ from: 2 * MOST_BOOTS - 1, to: 2 * (MOST_BOOTS + 12) });
    expect(compared).toBe(MOST_BOOTS - 1);
    expect(facts.length).toBe(MOST_BOOTS + 12);
  });

  const banner = (version: string, at = '0.000000'): string =>
    `[    ${at}] Linux version ${version} (x@y) (gcc) #1 SMP`;
  const START = '[    0.000000] Booting Linux on physical CPU 0x0000000000 [0x411fd070]';
  const cmdline = (text: string): string => `[    0.000000] Kernel command line: ${text}`;
  const at = (seconds: string, text = FAULT): string => `[${seconds.padStart(12)}] ${text}`;
  const UNSTAMPED = 'Linux version 6.1.55 (x@y) (gcc) #1 SMP';
  type Row = readonly [from: number, to: number, version: string | null, cmdline: string | null];
  const BOOTS: readonly (readonly [string, readonly string[], readonly Row[], number])[] = [
    ['one', [START, banner('6.1.55'), cmdline('a'), at('5.1')], [[1, 4, '6.1.55', 'a']], 1],
    [
      'two with all lines',
      [START, banner('6.1.55'), cmdline('a'), at('5.1'), START, banner('7.3.1'), cmdline('b'), at('5.2')],
      [
        [1, 4, '6.1.55', 'a'],
        [5, 8, '7.3.1', 'b'],
      ],
      2,
    ],
    [
      'two, the second without a command line',
      [banner('6.1.55'), cmdline('a'), at('5.1'), banner('7.3.1'), at('5.2')],
      [
        [1, 3, '6.1.55', 'a'],
        [4, 5, '7.3.1', null],
      ],
      2,
    ],
    [
      'the end of one, and another',
      [at('905.1'), banner('7.3.1'), at('5.2')],
      [
        [1, 1, null, null],
        [2, 3, '7.3.1', null],
      ],
      2,
    ],
    [
      'time that goes back without a banner',
      [at('905.1'), at('0.5'), at('5.2')],
      [
        [1, 1, null, null],
        [2, 3, null, null],
      ],
      2,
    ],
    [
      'CPUs that print in another order',
      [at('0.900001'), at('0.899998'), at('1.5'), at('0.9')],
      [[1, 4, null, null]],
      1,
    ],
    ['time that goes back, not to zero', [at('905.1'), at('400.5')], [[1, 2, null, null]], 1],
    [
      'dates',
      [
        `[Sun Nov 22 12:00:00 2026] ${FAULT}`,
        `[Sun Nov 22 11:00:00 2026] ${FAULT}`,
        `Nov 20 00:00:00 board kernel: ${FAULT}`,
      ],
      [[1, 3, null, null]],
      1,
    ],
    [
      'dates with banners',
      [
        `[Sun Nov 22 12:00:00 2026] ${UNSTAMPED}`,
        `[Sun Nov 22 12:00:05 2026] ${FAULT}`,
        `[Sun Nov 22 13:00:00 2026] ${UNSTAMPED}`,
      ],
      [
        [1, 2, '6.1.55', null],
        [3, 3, '6.1.55', null],
      ],
      1,
    ],
    ['/proc/version on the console', [banner('6.1.55'), at('5.1'), UNSTAMPED, at('9.1')], [[1, 4, '6.1.55', null]], 1],
    ['a note of the kernel below a line', [FAULT, UNSTAMPED], [[1, 2, '6.1.55', null]], 1],
    [
      "journalctl's own line",
      [at('5.1'), `-- Boot ${'0123456789abcdef'.repeat(2)} --`, at('6.2')],
      [
        [1, 1, null, null],
        [2, 3, null, null],
      ],
      2,
    ],
  ];
  it.each(BOOTS)('%s', (_, lines, expected, faults) => {
    const text = `${lines.join('\n')}\n`;
    const stream = new LogStream();
    stream.push(Buffer.from(text));
    for (const { boots, facts } of [readLog(text), stream.end()]) {
      expect(
        boots.map(({ from, to, kernel }) => [from, to, kernel.version?.text ?? null, kernel.cmdline?.text ?? null]),
      ).toEqual(expected);
      expect(facts.length).toBe(faults);
    }
  });

  it('compares the last that tells of groups, and shows the facts of its kernel', () => {
    const group = at('1.5', 'platform a.client: Adding to iommu group 0');
    const { compared, kernel } = readLog(
      [banner('6.1.55'), group, banner('6.12.1'), group, banner('7.3.1')].join('\n'),
    );
    expect([compared, kernel.version?.text]).toEqual([1, '6.12.1']);
  });
});

describe('nothing throws', () => {
  const safe = (bytes: Uint8Array): void => {
    try {
      readLog(bytes);
      const stream = new LogStream();
      stream.push(bytes);
      stream.end();
    } catch (error) {
      if (!(error instanceof UnreadableLog)) throw error;
    }
  };
  it('arbitrary bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 4096 }), safe), { numRuns: 500 });
  });
  it('pieces of real lines, mixed', () => {
    const parts = fc.constantFrom(
      ...[
        FAULT,
        'event 0x10 received:',
        '\t0x0000000800000010',
        'deferred probe pending: ',
        ' sid=99999999999(0x',
        'iova=0xffffffffffffffffffff',
        'platform ',
        '\n',
        '[',
        ']',
        ': ',
        '{"MESSAGE":',
        '- {',
        'SID=0x',
        'FAR    = ',
        'errs:0x da:',
        'Fault 13 devid: ',
        'Adding to iommu group ',
        '\0',
        '\u{1f600}',
        'mc-err: (',
        'SysMMU READ',
      ],
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 60 }), (list) => safe(Buffer.from(list.join('')))),
      { numRuns: 500 },
    );
  });
});
