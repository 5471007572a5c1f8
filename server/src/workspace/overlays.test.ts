import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { overlaysOf } from './overlays';

const root = mkdtempSync(join(tmpdir(), 'scope-overlays-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
mkdirSync(join(root, 'overlays'));
for (const name of ['a.dts', 'b.dts', 'cam.dtso', 'lcd.dtso', 'loose.dtso', 'overlays/spi.dtso', 'soc.dtsi'])
  writeFileSync(join(root, name), '');
writeFileSync(
  join(root, 'Makefile'),
  'dtb-y += a.dtb b.dtb\na-cam-dtbs := a.dtb \\\n\tcam.dtbo\na-both-dtbs := a.dtb cam.dtbo lcd.dtbo\nb-lcd-dtbs := b.dtb lcd.dtbo\n',
);

test.each([
  [['a.dts'], ['cam.dtso', 'lcd.dtso']],
  [['b.dts'], ['lcd.dtso']],
  [
    ['a.dts', 'b.dts'],
    ['cam.dtso', 'lcd.dtso', 'loose.dtso', 'overlays/spi.dtso'],
  ],
])('overlays of %j', (boards, overlays) => {
  expect(overlaysOf(boards.map((b) => join(root, b)))).toEqual(overlays.map((o) => join(root, o)));
});
