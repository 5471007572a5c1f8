import { expect, test } from 'vitest';
import { overlayName, overlayOn } from './overlay-name';

test.each([
  [overlayName('dts/cam.dtso', 'a.dts'), 'dts/cam.dtso', 'a.dts'],
  [overlayName('x on y/cam.dtso', 'a.dts'), 'x on y/cam.dtso', 'a.dts'],
  ['dts/cam.dtso', 'dts/cam.dtso', null],
  ['dts/a on b.dts', 'dts/a on b.dts', null],
  ['dts/cam.dtso on x/a.dts', 'dts/cam.dtso on x/a.dts', null],
])('%s', (name, path, board) => {
  expect(overlayOn(name)).toEqual({ path, board });
});
