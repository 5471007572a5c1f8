/** What is no regular file is never waited for, and folders that cannot be made are told. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FileStore, toUri } from './files';
import { IncludeGraph } from './graph';
import { liveTree } from './live-tree';
import { realDisk } from './real-disk';
import { isStream, makeFolders, NotRegular, namedBytes, regularBytes, whyUnreadable } from './regular-file';
import { treeOf } from './trees';

const root = mkdtempSync(join(tmpdir(), 'regular-'));
const at = (name: string): string => join(root, name);
let server: Server;
beforeAll(async () => {
  execFileSync('mkfifo', [at('pipe.dts')]);
  symlinkSync('pipe.dts', at('link.dts'));
  symlinkSync('/dev/zero', at('zero.dts'));
  mkdirSync(at('folder.dts'));
  writeFileSync(at('file.dtsi'), '/ { };');
  writeFileSync(at('board.dts'), '#include "file.dtsi"\n');
  server = createServer();
  await new Promise<void>((done) => server.listen(at('socket.dts'), done));
});
afterAll(() => {
  server.close();
  rmSync(root, { recursive: true, force: true });
});

describe.each([
  ['pipe.dts', 'a named pipe'],
  ['link.dts', 'a named pipe'],
  ['socket.dts', 'a socket'],
  ['zero.dts', 'a device'],
  ['folder.dts', 'a folder'],
])('%s', (name, kind) => {
  test('is read by nobody', () => {
    expect(() => regularBytes(at(name))).toThrow(NotRegular);
    expect(() => namedBytes(at(name))).toThrow(kind);
    expect(realDisk.bytes(at(name))).toBeNull();
    expect(new FileStore().read(toUri(at(name)))).toBeNull();
    expect(new FileStore(realDisk).read(toUri(at(name)))).toBeNull();
    expect(liveTree(at(name))).toBeNull();
    expect(isStream(at(name))).toBe(false);
  });
  test('is named for what it is', () => expect(whyUnreadable(at(name))).toBe(` (${kind}, no file)`));
});

test('a walk over a folder that has them finds the boards among the files', () => {
  expect(new IncludeGraph().boardsOf(at('file.dtsi'), treeOf(at('file.dtsi'), null), false)).toEqual([at('board.dts')]);
});

describe('a file', () => {
  test('is read whole', () => expect(regularBytes(at('file.dtsi')).toString()).toBe('/ { };'));
  test('up to a limit', () => expect(() => regularBytes(at('file.dtsi'), 3)).toThrow(/more than/));
  test('that is not there is no special file', () => {
    expect(whyUnreadable(at('nowhere'))).toBe('');
    expect(() => regularBytes(at('nowhere'))).toThrow(/ENOENT/);
  });
});

describe('a folder', () => {
  test('is made with those above it, and may be there', () => {
    for (let twice = 0; twice < 2; twice++) makeFolders(at('a/b/c'));
    expect(statSync(at('a/b/c')).isDirectory()).toBe(true);
  });
  test.each([
    ['below a file', () => at('board.dts/x')],
    ['where a file is', () => at('board.dts')],
    ['in /proc', () => '/proc/nope/x'],
  ])('%s cannot be made', (_, path) => {
    if (path().startsWith('/proc') && !existsSync('/proc/self')) return;
    expect(() => makeFolders(path())).toThrow(/E[A-Z]+/);
  });
});
