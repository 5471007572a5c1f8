/** What the engine uses of `node:path`, for paths with slashes: a browser has no other. */

export const sep = '/';
export const delimiter = ':';
export const isAbsolute = (path: string): boolean => path.startsWith('/');

/** `.`, `..` and double slashes folded; no slash at the end but for the root, as Node keeps one that was there. */
export function normalize(path: string): string {
  if (path === '') return '.';
  const out: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') out.push(part);
    else if (out.length > 0 && out.at(-1) !== '..') out.pop();
    else if (!isAbsolute(path)) out.push(part);
  }
  const folded = `${isAbsolute(path) ? '/' : ''}${out.join('/')}`;
  return (folded === '' ? '.' : folded) + (path.endsWith('/') && folded !== '/' ? '/' : '');
}

export function join(...parts: readonly string[]): string {
  return normalize(parts.filter((part) => part !== '').join('/'));
}

/** Like Node's, with `/` as the current folder: a browser has none. */
export function resolve(...parts: readonly string[]): string {
  let path = '';
  for (const part of parts) if (part !== '') path = isAbsolute(part) || path === '' ? part : `${path}/${part}`;
  const folded = normalize(isAbsolute(path) ? path : `/${path}`);
  return folded.length > 1 && folded.endsWith('/') ? folded.slice(0, -1) : folded;
}

const trimmed = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') || '/' : path);

export function dirname(path: string): string {
  const whole = trimmed(path);
  const slash = whole.lastIndexOf('/');
  if (slash < 0) return '.';
  if (slash === 0) return '/';
  // as Node and POSIX have it
  return slash === 1 && whole.startsWith('/') ? '//' : whole.slice(0, slash);
}

export function basename(path: string, suffix = ''): string {
  const whole = trimmed(path);
  const name = whole === '/' ? '' : whole.slice(whole.lastIndexOf('/') + 1);
  return suffix !== '' && name !== suffix && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

export function extname(path: string): string {
  const name = basename(path);
  const dot = name.lastIndexOf('.');
  return dot <= 0 || name === '..' ? '' : name.slice(dot);
}

export function relative(from: string, to: string): string {
  const a = resolve(from).split('/').filter(Boolean);
  const b = resolve(to).split('/').filter(Boolean);
  let same = 0;
  while (same < a.length && same < b.length && a[same] === b[same]) same++;
  return [...a.slice(same).map(() => '..'), ...b.slice(same)].join('/');
}

export const posix = { sep, isAbsolute, normalize, join, resolve, dirname, basename, extname, relative };
