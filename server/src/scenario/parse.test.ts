/** What a scenario says wrongly is said back with its place: names that nothing reads, values of the wrong shape. */
import { describe, expect, it } from 'vitest';
import { HARDWARE_FACTS } from '../iommu/hardware-facts';
import { parseScenario } from './parse';
import schema from './scenario.schema.json';

const problems = (text: string): string[] =>
  parseScenario(text).problems.map((p) => `${p.line}:${p.column} ${p.severity} ${p.message}`);

describe('names that nothing reads', () => {
  it.each([
    ['{ "evnets": [] }', '1:3 warning unknown property evnets (did you mean events?)'],
    [
      '{ "devices": [{ "device": "/a",\n  "hardware": { "sidbits": 8 } }] }',
      '2:17 warning devices[0].hardware: unknown property sidbits (did you mean sidBits?)',
    ],
    [
      '{ "devices": [{ "device": "/a", "hardware": { "wibble": 8 } }] }',
      '1:47 warning devices[0].hardware: unknown property wibble',
    ],
    [
      '{ "devices": [{ "device": "/a", "hardware": { "registers": { "IDR0": 8 } } }] }',
      '1:62 warning devices[0].hardware.registers: unknown property IDR0',
    ],
    [
      '{ "devices": [{ "device": "/a", "delya": 8 }] }',
      '1:33 warning devices[0]: unknown property delya (did you mean delay?)',
    ],
    [
      '{ "drivers": [{ "name": "x", "modul": true }] }',
      '1:30 warning drivers[0]: unknown property modul (did you mean module?)',
    ],
    [
      '{ "drivers": [{ "name": "x", "requires": [{ "proprty": "a" }] }] }',
      '1:45 warning drivers[0].requires[0]: unknown property proprty (did you mean property?)',
    ],
    [
      '{ "drivers": [{ "name": "x", "creates": [{ "nmae": "a" }] }] }',
      '1:44 warning drivers[0].creates[0]: unknown property nmae (did you mean name?)',
    ],
    ['{ "pci": [{ "hots": "/p", "devices": [] }] }', '1:13 warning pci[0]: unknown property hots (did you mean host?)'],
    [
      '{ "pci": [{ "host": "/p", "devices": [{ "bdf": "00:01.0", "dmabits": 64 }] }] }',
      '1:59 warning pci[0].devices[0]: unknown property dmabits (did you mean dmaBits?)',
    ],
    [
      '{ "dma": [{ "device": "/a", "ops": [{ "op": "map", "size": 1, "ofset": 16 }] }] }',
      '1:63 warning dma[0].ops[0]: unknown property ofset (did you mean offset?)',
    ],
    [
      '{ "dma": [{ "device": "/a", "ops": [{ "op": "map-sg", "segments": [{ "sze": 16 }] }] }] }',
      '1:70 warning dma[0].ops[0].segments[0]: unknown property sze (did you mean size?)',
    ],
    [
      '{ "iommuApi": [{ "device": "/a", "op": [] }] }',
      '1:34 warning iommuApi[0]: unknown property op (did you mean ops?)',
    ],
    [
      '{ "events": [{ "event": "unbind", "devcie": "/a" }] }',
      '1:35 warning events[0]: unknown property devcie (did you mean device?)',
    ],
    [
      '{ "early": [{ "compatble": "a" }] }',
      '1:15 warning early[0]: unknown property compatble (did you mean compatible?)',
    ],
    ['{ "kernelDevices": [{ "name": "x", "lvl": 1 }] }', '1:36 warning kernelDevices[0]: unknown property lvl'],
    [
      '{ "config": { "CONFIG_ARM_SMUU": true } }',
      '1:15 warning config: unknown property CONFIG_ARM_SMUU (did you mean CONFIG_ARM_SMMU?)',
    ],
    ['{ "config": { "MODULES": false } }', '1:15 warning config: unknown property MODULES'],
    [
      '{ "cmdline": "quiet iommu.srtict=1" }',
      '1:21 warning cmdline: unknown parameter iommu.srtict (did you mean iommu.strict?)',
    ],
  ])('%s', (text, expected) => {
    expect(problems(text)).toContain(expected);
  });
});

describe('values of the wrong shape', () => {
  it.each([
    ['{ "kernel": "new" }', 'kernel must be a kernel version, for example "6.12"'],
    ['{ "devices": [{ "device": "/a", "hardware": [] }] }', 'devices[0].hardware must be an object'],
    [
      '{ "devices": [{ "device": "/a", "hardware": { "sidBits": "many" } }] }',
      'devices[0].hardware.sidBits must be a whole number, or "0x…"',
    ],
    [
      '{ "devices": [{ "device": "/a", "hardware": { "stage1": 1 } }] }',
      'devices[0].hardware.stage1 must be true or false',
    ],
    [
      '{ "devices": [{ "device": "/a", "hardware": { "groups": "al" } }] }',
      'devices[0].hardware.groups must be one of each, one, by-id, none, every-device',
    ],
    [
      '{ "devices": [{ "device": "/a", "hardware": { "registers": { "0x20": "x" } } }] }',
      'devices[0].hardware.registers.0x20 must be a whole number, or "0x…"',
    ],
  ])('%s', (text, expected) => {
    const found = parseScenario(text).problems.filter((p) => p.severity === 'error');
    expect(found.map((p) => p.message)).toEqual([expected]);
  });
});

it('says nothing of what is read', () => {
  const text = `{ "$schema": "x", "cmdline": "console=ttyS0 iommu.strict=1 pti=off fw_devlink=on",
    "config": { "CONFIG_ARM_SMMU": "m", "CONFIG_MODULES": true, "CONFIG_QUITE_DIFFERENT": true },
    "devices": [{ "device": "/a", "hardware": { "registers": [{ "0x20": "0x7c085e10" }], "msiStart": null, "aperture": ["0x0", 4096] } }] }`;
  expect(problems(text)).toEqual([]);
});

it('the schema knows the same facts of hardware', () => {
  const { hardware } = schema.properties.devices.items.properties;
  expect(Object.keys(hardware.properties).sort()).toEqual(Object.keys(HARDWARE_FACTS).sort());
});
