import { describe, expect, it } from 'vitest';
import { kernelView } from '../../kernel/view';
import { acsIsolates, type NamedFunction } from './acs';

const port: NamedFunction = { domain: 0, bus: 0, devfn: 0x10, id: '1b36:000c', upstream: null };
const below: NamedFunction = { domain: 0, bus: 1, devfn: 0, id: '1b36:000d', upstream: port };
const elsewhere: NamedFunction = { ...port, domain: 1 };

const isolates = (options: string, fn = port, requested = false): boolean =>
  acsIsolates(
    kernelView({ version: '6.12', arch: 'arm64', cmdline: `quiet pci=${options} ro`, config: () => null }),
    requested,
    fn,
  );

describe('pci_enable_acs', () => {
  it.each<[string, boolean, string, NamedFunction, boolean]>([
    ['nothing said, nobody asked', false, 'noats', port, false],
    ['nothing said, requested', true, 'noats', port, true],
    ['all flags by ID', false, 'config_acs=1111101@pci:1b36:c', port, true],
    ['all flags by any ID', false, 'config_acs=11101@pci:0:0', below, true],
    ['another ID', false, 'config_acs=11101@pci:1b36:5', port, false],
    ['by address', false, 'config_acs=11101@0000:00:02.0', port, true],
    ['by address without domain or leading zeros', false, 'config_acs=11101@0:2.0', port, true],
    ['the address of another domain', false, 'config_acs=11101@0:2.0', elsewhere, false],
    ['by path', false, 'config_acs=11101@0:2.0/0.0', below, true],
    ['by another path', false, 'config_acs=11101@0:3.0/0.0', below, false],
    ['second entry', false, 'config_acs=11101@0:1.0;11101@0:2.0', port, true],
    ['an entry without flags ends the list', false, 'config_acs=11101@0:1.0;0:2.0', port, false],
    ['a text that is no function ends the list', false, 'config_acs=11101@here;11101@0:2.0', port, false],
    ['a bit that nobody knows', false, 'config_acs=10011101@0:2.0', port, false],
    ['among other options', false, 'noats,config_acs=11101@0:2.0,nomsi', port, true],
    ['bits not given are firmware’s, whatever was requested', true, 'config_acs=x11x1@0:2.0', port, false],
    ['switched off', true, 'config_acs=0000000@0:2.0', port, false],
    ['redirection off', true, 'disable_acs_redir=0:2.0', port, false],
    ['redirection of another off', true, 'disable_acs_redir=0:3.0', port, true],
    ['config_acs has the last word', true, 'disable_acs_redir=0:2.0,config_acs=11101@0:2.0', port, true],
  ])('%s', (_name, requested, options, fn, expected) => {
    expect(isolates(options, fn, requested)).toBe(expected);
  });
});
