/**
 * Positions for clients that count bytes of UTF-8 (LSP 3.17, positionEncodings). The engine counts UTF-16 code units everywhere;
 * this stands around the connection and counts again what comes in and what goes out.
 */
import type { Connection } from 'vscode-languageserver/node';
import type { PositionEncoding } from './client';

/** The text of a document by the client's URI, or null. */
type TextOf = (uri: string) => string | null;
type Count = (line: string, character: number) => number;

/** Bytes of UTF-8 to UTF-16 code units in one line; beyond its end, the end. */
const fromBytes: Count = (line, bytes) => {
  let left = bytes;
  let units = 0;
  for (const char of line) {
    left -= byteLength(char);
    if (left < 0) break;
    units += char.length;
  }
  return units;
};

/** UTF-16 code units to bytes of UTF-8 in one line. */
export const toBytes: Count = (line, units) => byteLength(line.slice(0, units));

function byteLength(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** The offset in UTF-16 code units of a character of a line that starts at `start`, counted in the client's encoding. */
export function unitsAt(text: string, start: number, character: number, encoding: PositionEncoding): number {
  if (encoding === 'utf-16') return character;
  const end = text.indexOf('\n', start);
  return fromBytes(text.slice(start, end < 0 ? text.length : end), character);
}

class Lines {
  private readonly lines = new Map<string, readonly string[]>();
  constructor(private readonly textOf: TextOf) {}

  of(uri: string, line: number): string {
    let lines = this.lines.get(uri);
    if (lines === undefined) {
      lines = (this.textOf(uri) ?? '').split(/\r\n|\n/);
      this.lines.set(uri, lines);
    }
    return lines[line] ?? '';
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

const uriOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Counts every position in a message anew; `uri` is the document that positions without one belong to. */
function recount(value: unknown, uri: string, lines: Lines, count: Count): unknown {
  if (Array.isArray(value)) return value.map((each) => recount(each, uri, lines, count));
  if (!isObject(value)) return value;
  const { line, character } = value;
  if (typeof line === 'number' && typeof character === 'number')
    return { ...value, character: count(lines.of(uri, line), character) };
  const document = isObject(value.textDocument) ? uriOf(value.textDocument.uri) : null;
  const own = uriOf(value.uri) ?? document ?? uri;
  const target = uriOf(value.targetUri);
  // calls: the ranges of an incoming call stand in the caller
  const caller = isObject(value.from) ? uriOf(value.from.uri) : null;
  const made: Record<string, unknown> = {};
  for (const [key, each] of Object.entries(value)) {
    if (key === 'data') made[key] = each;
    else if (key === 'changes' && isObject(each) && !Array.isArray(each))
      made[key] = Object.fromEntries(Object.entries(each).map(([of, edits]) => [of, recount(edits, of, lines, count)]));
    else if (target !== null && (key === 'targetRange' || key === 'targetSelectionRange'))
      made[key] = recount(each, target, lines, count);
    else if (key === 'fromRanges' && caller !== null) made[key] = recount(each, caller, lines, count);
    else made[key] = recount(each, own, lines, count);
  }
  return made;
}

/** Semantic tokens: start and length of each, relative to the one before. */
function recountTokens(data: readonly number[], uri: string, lines: Lines): number[] {
  const made: number[] = [];
  let [line, start, counted] = [0, 0, 0];
  for (let i = 0; i + 4 < data.length; i += 5) {
    const [down = 0, right = 0, length = 0, type = 0, modifiers = 0] = data.slice(i, i + 5);
    if (down > 0) [line, start, counted] = [line + down, 0, 0];
    start += right;
    const text = lines.of(uri, line);
    const from = toBytes(text, start);
    made.push(down, from - counted, toBytes(text, start + length) - from, type, modifiers);
    counted = from;
  }
  return made;
}

/** The document that a request is about. */
function documentOf(params: unknown): string {
  if (!isObject(params)) return '';
  if (isObject(params.textDocument)) return uriOf(params.textDocument.uri) ?? '';
  // the steps of a call hierarchy
  return isObject(params.item) ? (uriOf(params.item.uri) ?? '') : (uriOf(params.uri) ?? '');
}

/** A connection whose handlers and diagnostics speak UTF-16, whatever the client counts in. */
export function encoded(
  connection: Connection,
  session: { readonly client: { readonly encoding: PositionEncoding }; text(uri: string): string | null },
  /** Called before each request's handler; what it throws is the answer. */
  admit: () => void = () => undefined,
): Connection {
  const textOf: TextOf = (uri) => session.text(uri);
  const wrap =
    (handler: (...args: unknown[]) => unknown, request: boolean) =>
    async (params: unknown, ...rest: unknown[]): Promise<unknown> => {
      if (request) admit();
      if (session.client.encoding === 'utf-16') return handler(params, ...rest);
      const uri = documentOf(params);
      const lines = new Lines(textOf);
      const result = await handler(recount(params, uri, lines, fromBytes), ...rest);
      // an edit may have come meanwhile: the answer is dropped then, or counts in the text as it is now
      const now = new Lines(textOf);
      if (isObject(result) && Array.isArray(result.data) && typeof (result.data[0] ?? 0) === 'number')
        return { ...result, data: recountTokens(result.data as number[], uri, now) };
      return recount(result, uri, now, toBytes);
    };
  const around = <T extends object>(of: T): T =>
    new Proxy(of, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (
          name === 'languages' ||
          name === 'semanticTokens' ||
          name === 'inlayHint' ||
          name === 'callHierarchy' ||
          name === 'diagnostics'
        )
          return isObject(value) ? around(value) : value;
        if (name === 'sendDiagnostics' && typeof value === 'function')
          return (params: { uri: string }) =>
            Reflect.apply(value, target, [
              session.client.encoding === 'utf-16' ? params : recount(params, params.uri, new Lines(textOf), toBytes),
            ]);
        if (typeof value !== 'function' || typeof name !== 'string' || !/^on/.test(name)) return value;
        return (...args: unknown[]) => {
          const handler = args.at(-1);
          const request = name !== 'onNotification' && !name.startsWith('onDid');
          if (typeof handler === 'function')
            args[args.length - 1] = wrap(handler as (...args: unknown[]) => unknown, request);
          return Reflect.apply(value, target, args) as unknown;
        };
      },
    });
  return around(connection);
}
