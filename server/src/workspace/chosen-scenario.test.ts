import { expect, test } from 'vitest';
import { chosenScenario } from './chosen-scenario';
import type { Disk } from './disk';

const files = new Set(['/w/lab/camera.smmu.json', '/w/boards/beside.smmu.json']);
const disk = { stat: (path: string) => (files.has(path) ? { file: true } : null) } as unknown as Disk;

test.each<[string, Record<string, string>, string | null]>([
  ['by its file name, relative to the folder', { 'b.dts': 'lab/camera.smmu.json' }, '/w/lab/camera.smmu.json'],
  ['by the end of its path', { 'boards/b.dts': 'lab/camera.smmu.json' }, '/w/lab/camera.smmu.json'],
  ['by its whole path', { '/w/boards/b.dts': 'lab/camera.smmu.json' }, '/w/lab/camera.smmu.json'],
  ['relative to the board first', { 'b.dts': 'beside.smmu.json' }, '/w/boards/beside.smmu.json'],
  ['absolute', { 'b.dts': '/elsewhere/x.smmu.json' }, '/elsewhere/x.smmu.json'],
  ['one that is not there is named all the same', { 'b.dts': 'no.smmu.json' }, '/w/boards/no.smmu.json'],
  ['another board', { 'a.dts': 'lab/camera.smmu.json' }, null],
  ['a name that only ends alike', { 'xb.dts': 'a.json', '.dts': 'a.json' }, null],
  ['an empty one is none', { 'b.dts': '' }, null],
])('%s', (_, chosen, expected) => expect(chosenScenario('/w/boards/b.dts', chosen, ['/w'], disk)).toBe(expected));
