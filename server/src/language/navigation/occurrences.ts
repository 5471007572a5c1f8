/** Every place of one file where a name is written: labels, their references, macros. Made once for each file version. */
import type { SourceFile, Span } from '../../source/file';
import { CHARACTER, COMMENT, DIRECTIVE, PUNCTUATION, REFERENCE, STRING, tokensOf, WORD } from '../structure/tokens';

export interface Occurrence {
  readonly span: Span;
  readonly use: 'definition' | 'reference';
}

interface FileNames {
  readonly labels: ReadonlyMap<string, readonly Occurrence[]>;
  readonly words: ReadonlyMap<string, readonly Occurrence[]>;
}

const cache = new WeakMap<SourceFile, FileNames>();

/** `label:` and `&label` of a file, in order; also those in the bodies of macros. */
export function labelOccurrences(file: SourceFile, label: string): readonly Occurrence[] {
  return namesOf(file).labels.get(label) ?? [];
}

/** Identifiers that may be macros, in values and directives. */
export function macroOccurrences(file: SourceFile, name: string): readonly Occurrence[] {
  return namesOf(file).words.get(name) ?? [];
}

function namesOf(file: SourceFile): FileNames {
  let names = cache.get(file);
  if (names === undefined) {
    names = scan(file);
    cache.set(file, names);
  }
  return names;
}

const IN_DIRECTIVE = /\/\*[\s\S]*?\*\/|\/\/.*|"(?:[^"\\\n]|\\.)*"|&([A-Za-z_]\w*)|([A-Za-z_]\w*)/g;
const DEFINES = /^#[ \t]*(?:define|undef)[ \t]+([A-Za-z_]\w*)/;

function scan(file: SourceFile): FileNames {
  const { text } = file;
  const tokens = tokensOf(file);
  const labels = new Map<string, Occurrence[]>();
  const words = new Map<string, Occurrence[]>();
  const add = (map: Map<string, Occurrence[]>, start: number, end: number, use: Occurrence['use']): void => {
    const name = text.slice(start, end);
    const list = map.get(name);
    const entry = { span: { file, start, end }, use };
    if (list === undefined) map.set(name, [entry]);
    else list.push(entry);
  };
  for (let i = 0; i < tokens.count; i++) {
    const kind = tokens.kind[i] ?? -1;
    const start = tokens.start[i] ?? 0;
    const end = tokens.end[i] ?? 0;
    if (kind === COMMENT || kind === STRING || kind === CHARACTER) continue;
    if (kind === REFERENCE) {
      if (end - start > 1 && text[start + 1] !== '{') add(labels, start + 1, end, 'reference');
    } else if (kind === DIRECTIVE) {
      const line = text.slice(start, end);
      const defined = DEFINES.exec(line)?.[1];
      let first = true;
      for (const match of line.matchAll(IN_DIRECTIVE)) {
        const at = start + match.index;
        if (match[1] !== undefined) add(labels, at + 1, at + 1 + match[1].length, 'reference');
        else if (match[2] !== undefined) {
          const definition = first && match[2] === defined && match.index > 0;
          if (definition) first = false;
          add(words, at, at + match[2].length, definition ? 'definition' : 'reference');
        }
      }
    } else if (kind === WORD) {
      const next = i + 1;
      const colon = next < tokens.count && tokens.kind[next] === PUNCTUATION && text[tokens.start[next] ?? 0] === ':';
      // `a ? b : c` has blanks before its colon
      if (colon && tokens.start[next] === end && !isConditional(text, start)) add(labels, start, end, 'definition');
      else if (/^[A-Za-z_]\w*$/.test(text.slice(start, end))) add(words, start, end, 'reference');
    }
  }
  return { labels, words };
}

/** Whether a word stands behind a `?` of the same expression. */
function isConditional(text: string, start: number): boolean {
  for (let at = start - 1; at >= 0 && start - at < 200; at--) {
    const c = text[at];
    if (c === '?') return true;
    if (c === ';' || c === '{' || c === '}' || c === '<' || c === '\n') return false;
  }
  return false;
}
