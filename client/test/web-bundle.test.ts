/** The bundles for a browser: nothing of Node is in them, and the language server works where there is nothing of Node. */
import { builtinModules } from 'node:module';
import { resolve } from 'node:path';
import vm from 'node:vm';
import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { forBrowser, STAND_INS } from '../../esbuild-browser.mjs';
import { raw } from '../../esbuild-raw.mjs';

const root = resolve(__dirname, '../..');

async function bundle(entry: string, contents?: string): Promise<{ readonly code: string; readonly meta: Metafile }> {
  const source =
    contents === undefined
      ? { entryPoints: [entry] }
      : { stdin: { contents, resolveDir: resolve(root, entry), loader: 'ts' as const } };
  const result = await build({
    ...source,
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    external: ['vscode'],
    inject: ['server/src/browser/globals.ts'],
    define: { SMMU_SCOPE_VERSION: '"1.2.3"' },
    plugins: [raw, forBrowser],
    logLevel: 'silent',
  });
  return { code: result.outputFiles[0]?.text ?? '', meta: result.metafile };
}

describe('what is bundled', () => {
  test.each(['client/src/extension.ts', 'server/src/browser/main.ts'])('%s: nothing of Node', async (entry) => {
    const { meta } = await bundle(entry);
    const inputs = Object.keys(meta.inputs);
    const imported = Object.values(meta.inputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    expect(imported.filter((path) => path.startsWith('node:') || builtinModules.includes(path))).toEqual([]);
    // threads, child processes and the disk are behind these
    for (const file of STAND_INS) expect(inputs).not.toContain(`${file}.ts`);
    expect(inputs.filter((path) => /own-kernel|\/node\/main\.js$/.test(path))).toEqual([]);
  });

  test.each([
    ["import { readFileSync } from 'node:fs'; readFileSync('x');", 'node:fs'],
    ["import { spawn } from 'child_process'; spawn('x');", 'child_process'],
    ["import { Worker } from 'node:worker_threads'; new Worker('x');", 'node:worker_threads'],
  ])('%s ends the build', async (source, name) => {
    await expect(bundle('server/src/lsp', source)).rejects.toThrow(`needs ${name}, which no browser has`);
  });
});

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly uri?: string; readonly folders?: readonly string[]; readonly files?: readonly string[] };
  readonly result?: { readonly contents?: { readonly value?: string }; readonly serverInfo?: unknown };
}

/** A web worker's world: what every browser has, and nothing of Node. */
class Browser {
  readonly asked: string[] = [];
  private readonly heard: Message[] = [];
  private waiting: (() => void)[] = [];
  private readonly scope: { onmessage: ((event: { data: unknown }) => void) | null };

  constructor(
    code: string,
    private readonly files: ReadonlyMap<string, string>,
  ) {
    const self: typeof this.scope & Record<string, unknown> = {
      onmessage: null,
      addEventListener: () => undefined,
      postMessage: (message: Message) => this.received(structuredClone(message)),
    };
    this.scope = self;
    const world = {
      self,
      ...{ TextDecoder, TextEncoder, MessageChannel, atob, btoa, performance, console },
      ...{ setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask, structuredClone },
    };
    vm.runInNewContext(code, world);
  }

  send(message: object): void {
    this.scope.onmessage?.({ data: { jsonrpc: '2.0', ...message } });
  }

  private received(message: Message): void {
    if (message.method === 'smmuScope/files' && message.id !== undefined) this.answer(message.id, message.params ?? {});
    else if (message.method !== undefined && message.id !== undefined) this.send({ id: message.id, result: null });
    this.heard.push(message);
    for (const wake of this.waiting.splice(0)) wake();
  }

  private answer(id: number, { folders = [], files = [] }: NonNullable<Message['params']>): void {
    this.asked.push(...folders, ...files);
    const listing = (folder: string) => {
      const below = [...this.files.keys()].filter((uri) => uri.startsWith(`${folder}/`));
      const names = below.map((uri) => uri.slice(folder.length + 1));
      if (names.length === 0) return null;
      return [...new Set(names.map((name) => name.split('/')[0] ?? ''))].map((name) => ({
        name,
        folder: names.some((each) => each.startsWith(`${name}/`)),
      }));
    };
    const content = (uri: string) => {
      const text = this.files.get(uri);
      return text === undefined ? null : Buffer.from(text).toString('base64');
    };
    this.send({ id, result: { folders: folders.map(listing), files: files.map(content) } });
  }

  async until(found: (message: Message) => boolean): Promise<Message> {
    for (let i = 0; i < 400; i++) {
      const message = this.heard.find(found);
      if (message !== undefined) return message;
      await new Promise<void>((wake) => {
        this.waiting.push(wake);
        setTimeout(wake, 50);
      });
    }
    throw new Error(`no such message among ${this.heard.map(({ method, id }) => method ?? id).join(', ')}`);
  }
}

describe('the language server in a worker', () => {
  const base = 'file:///%40memfs/-/work';
  const files = new Map([
    [
      `${base}/boards/board.dts`,
      '/dts-v1/;\n#include "soc.dtsi"\n#include <dt-bindings/ids.h>\n&dma { iommus = <&smmu SID_DMA>; };\n',
    ],
    [
      `${base}/boards/soc.dtsi`,
      `/ { #address-cells = <1>; #size-cells = <1>;
	smmu: iommu@10000 { compatible = "arm,mmu-500"; reg = <0x10000 0x10000>; #iommu-cells = <2>; #global-interrupts = <1>; };
	dma: dma@20000 { compatible = "arm,pl330"; reg = <0x20000 0x1000>; };
};
`,
    ],
    [`${base}/boards/include/dt-bindings/ids.h`, '#define SID_DMA 0x42\n'],
    [`${base}/smmu-scope.json`, '{ "includes": ["boards/include"] }\n'],
    [`${base}/secret.txt`, 'nobody asks for this'],
  ]);
  const uri = `${base}/boards/board.dts`;
  let browser: Browser;

  beforeAll(async () => {
    browser = new Browser((await bundle('server/src/browser/main.ts')).code, files);
    const params = {
      processId: null,
      rootUri: `${base}/`,
      // as the root of a virtual file system is written
      workspaceFolders: [{ uri: `${base}/`, name: 'work' }],
      capabilities: {},
    };
    browser.send({ id: 1, method: 'initialize', params });
  });

  test('says its version', async () => {
    const { result } = await browser.until(({ id, result }) => id === 1 && result !== undefined);
    expect(result?.serverInfo).toEqual({ name: 'smmu-scope', version: '1.2.3' });
    browser.send({ method: 'initialized', params: {} });
  });

  test('finds a mistake on a board whose includes come from the client', async () => {
    const text = files.get(uri);
    browser.send({
      method: 'textDocument/didOpen',
      params: { textDocument: { uri, languageId: 'dts', version: 1, text } },
    });
    const { params } = await browser.until(
      ({ method, params }) => method === 'textDocument/publishDiagnostics' && params?.uri === uri,
    );
    const { diagnostics } = params as unknown as { diagnostics: readonly { code: string; message: string }[] };
    // the one and only: nothing was published before the includes were there
    expect(diagnostics.map(({ code }) => code)).toContain('smmu/cell-count');
    expect(diagnostics.filter(({ message }) => /include|SID_DMA/.test(message))).toEqual([]);
  });

  test('answers hover with the value of a macro of an include', async () => {
    const position = { line: 3, character: 30 };
    browser.send({ id: 2, method: 'textDocument/hover', params: { textDocument: { uri }, position } });
    const { result } = await browser.until(({ id, result }) => id === 2 && result !== undefined);
    expect(result?.contents?.value).toContain('0x42');
  });

  test('reads a log', async () => {
    const log =
      'arm-smmu 10000.iommu: Unhandled context fault: fsr=0x402, iova=0xfffff000, fsynr=0x1, cbfrsynra=0x42, cb=3';
    browser.send({
      id: 3,
      method: 'smmuScope/explainLog',
      params: { log: { text: `${log}\n` }, textDocument: { uri } },
    });
    const { result } = await browser.until(({ id, result }) => id === 3 && result !== undefined);
    expect(JSON.stringify(result)).toContain('0xfffff000');
  });

  test('asks for each file and folder once, and for nothing outside of the workspace', () => {
    expect(browser.asked.length).toBeGreaterThan(3);
    expect(new Set(browser.asked).size).toBe(browser.asked.length);
    for (const asked of browser.asked) expect(asked === base || asked.startsWith(`${base}/`)).toBe(true);
    expect(browser.asked).not.toContain(`${base}/secret.txt`);
  });
});
