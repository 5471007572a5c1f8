/** The interface for other extensions, over a client that writes down what it is asked. */
import { expect, test, vi } from 'vitest';

vi.mock('vscode', () => {
  class Uri {
    constructor(private readonly text: string) {}
    static parse(value: string): Uri {
      return new Uri(value);
    }
    get scheme(): string {
      return this.text.split(':')[0] ?? '';
    }
    get path(): string {
      return this.text.replace(/^\w+:\/\//, '');
    }
    with(): Uri {
      return this;
    }
    toString(): string {
      return this.text;
    }
  }
  return { Uri, EventEmitter: class {}, CancellationTokenSource: class {} };
});

vi.mock('vscode-languageclient/node', () => ({
  CancellationToken: {},
  LSPErrorCodes: {},
  ResponseError: class {},
  WorkDoneProgress: {},
}));

test('simulate, translate, explain, onReport', async () => {
  const { Uri } = await import('vscode');
  const { makeApi } = await import('../src/api');
  const asked: unknown[][] = [];
  const client = {
    sendRequest: (...args: unknown[]) => {
      asked.push(args.slice(0, 2));
      return Promise.resolve({ report: {}, text: 'explained', result: 'translated' });
    },
  };
  let heard: ((change: unknown) => void) | null = null;
  const changes = (listener: (change: unknown) => void) => {
    heard = listener;
    return { dispose() {} };
  };
  const api = makeApi(client as never, changes as never);
  const file = Uri.parse('file:///b.dts');
  await api.simulate(file);
  expect(await api.translate(file, { master: 'gpu', iova: '0x1000' })).toMatchObject({ result: 'translated' });
  expect((await api.explain('a log', null)).text).toBe('explained');
  expect(asked).toEqual([
    ['smmuScope/simulate', { textDocument: { uri: 'file:///b.dts' } }],
    [
      'smmuScope/translate',
      { textDocument: { uri: 'file:///b.dts' }, by: { master: 'gpu' }, iova: '0x1000', write: false },
    ],
    ['smmuScope/explainLog', { log: { text: 'a log' }, textDocument: null }],
  ]);
  const events: unknown[] = [];
  api.onReport((event) => events.push(event.version));
  const tell = heard as ((change: unknown) => void) | null;
  tell?.({ uri: 'file:///b.dts', board: { uri: 'file:///b.dts' }, version: 3 });
  tell?.({ uri: 'file:///b.dts', board: null, version: 4 });
  expect(events).toEqual([3]);
});
