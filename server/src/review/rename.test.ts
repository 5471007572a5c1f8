import { describe, expect, test } from 'vitest';
import { Renames } from './rename';

describe('nodes with another name', () => {
  test.each<[string, string[], string[], Record<string, string>]>([
    ['a leading zero', ['/soc/a@01'], ['/soc/a@1'], { '/soc/a@01': '/soc/a@1' }],
    ['capital letters and several parts', ['/bus/x@01,0A'], ['/bus/x@1,a'], { '/bus/x@01,0A': '/bus/x@1,a' }],
    ['another word for the same place', ['/soc/sdhci@8'], ['/soc/mmc@8'], { '/soc/sdhci@8': '/soc/mmc@8' }],
    [
      'below a node with another name',
      ['/bus@02', '/bus@02/x', '/bus@02/y@03', '/bus@02/z'],
      ['/bus@2', '/bus@2/x', '/bus@2/y@3'],
      { '/bus@02': '/bus@2', '/bus@02/x': '/bus@2/x', '/bus@02/y@03': '/bus@2/y@3', '/bus@02/z/more': '/bus@2/z/more' },
    ],
    [
      'two nodes at one address',
      ['/a@01', '/a-gpr@01'],
      ['/a@1', '/a-gpr@1'],
      { '/a@01': '/a@1', '/a-gpr@01': '/a-gpr@1' },
    ],
    ['another address is another node', ['/soc/a@1'], ['/soc/a@2'], { '/soc/a@1': '/soc/a@1' }],
    ['one that splits into two is no other name', ['/soc/a@1'], ['/soc/b@1', '/soc/c@1'], { '/soc/a@1': '/soc/a@1' }],
    [
      'two that become one neither',
      ['/soc/a@1', '/soc/b@1'],
      ['/soc/c@1'],
      { '/soc/a@1': '/soc/a@1', '/soc/b@1': '/soc/b@1' },
    ],
    [
      'moved below another node, with what stands below it',
      ['/hdmi@1', '/hdmi@1/port', '/phy'],
      ['/soc', '/soc/hdmi@1', '/soc/hdmi@1/port', '/soc/phy'],
      { '/hdmi@1': '/soc/hdmi@1', '/hdmi@1/port': '/soc/hdmi@1/port', '/phy': '/phy' },
    ],
    ['of two that moved nobody knows', ['/a/x@1', '/b/x@1'], ['/c/x@1', '/d/x@1'], { '/a/x@1': '/a/x@1' }],
    ['no unit address, another name', ['/regulator-a'], ['/regulator-b'], { '/regulator-a': '/regulator-a' }],
  ])('%s', (_, gone, fresh, expected) => {
    const renames = new Renames(gone, fresh);
    for (const [before, now] of Object.entries(expected)) {
      expect(renames.after(before)).toBe(now);
      expect(renames.before(now)).toBe(before);
    }
  });

  test('nodes that are not alike', () => {
    const renames = new Renames(['/soc/usb@1', '/x@2'], ['/soc/hub@1', '/soc/x@2'], () => false);
    expect(renames.none).toBe(true);
  });

  test('texts', () => {
    const renames = new Renames(['/soc/i2c@01', '/soc/i2c@01/pmic@3'], ['/soc/i2c@1', '/soc/i2c@1/pmic@3']);
    expect(renames.text('/soc/i2c@01/pmic@3/vdd waits for /soc/i2c@01, and /soc/i2c@012.')).toBe(
      '/soc/i2c@1/pmic@3/vdd waits for /soc/i2c@1, and /soc/i2c@012.',
    );
    expect([...renames.own()]).toEqual([{ path: '/soc/i2c@1', before: '/soc/i2c@01' }]);
  });
});
