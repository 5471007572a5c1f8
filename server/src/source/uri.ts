/**
 * URIs of files as the editor writes them (`file:///a/b%2Cc.dtsi`), and joining of relative names. Text only: nothing here
 * touches a file system, so it works for any scheme and on any platform.
 */

const UNRESERVED_EXTRA = /[!'()*]/g;
/** Segments that stand in a URI as they are. */
const PLAIN = /^[A-Za-z0-9._~-]*$/;
const SLASH = 47;
const COLON = 58;
const DOT = 46;
const PLAIN_PATH = /^[A-Za-z0-9._~/-]*$/;

/** One path segment percent-encoded as VS Code's Uri.toString() does it: everything but A-Z a-z 0-9 - . _ ~ */
function encodeSegment(segment: string): string {
  if (PLAIN.test(segment)) return segment;
  return encodeURIComponent(segment).replace(UNRESERVED_EXTRA, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The file URI of an absolute path (`/a/b` or `C:\a\b`). */
export function uriOfPath(path: string): string {
  if (path.startsWith('/') && PLAIN_PATH.test(path)) return `file://${path}`;
  const slashes = path.replace(/\\/g, '/');
  const rooted = slashes.startsWith('/') ? slashes : `/${slashes[0]?.toLowerCase() ?? ''}${slashes.slice(1)}`;
  return `file://${rooted.split('/').map(encodeSegment).join('/')}`;
}

/** The path of a file URI, decoded; other schemes give the part after the authority; anything else comes back unchanged. */
export function pathOfUri(uri: string): string {
  if (uri.startsWith('file:///') && !uri.includes('%') && uri.charCodeAt(9) !== COLON) return uri.slice(7);
  const match = /^[a-z][a-z0-9+.-]*:\/\/[^/]*(\/.*)$/i.exec(uri);
  if (match === null) return uri;
  const path = decode(match[1] ?? '');
  return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path;
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The folder of a URI or path, without a slash at its end. */
export function folderOf(uri: string): string {
  const slash = uri.lastIndexOf('/');
  return slash < 0 ? '.' : uri.slice(0, slash);
}

/** A relative name as written in an include, seen from a folder; `.` and `..` are folded. Absolute names replace the folder. */
export function joinUri(folder: string, name: string): string {
  if (PLAIN_PATH.test(name) && !name.includes('./') && !name.includes('//') && name !== '' && name[0] !== '/') {
    const last = name.charCodeAt(name.length - 1);
    if (last !== SLASH && last !== DOT && !folder.endsWith('/')) return `${folder}/${name}`;
  }
  const scheme = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(folder)?.[0];
  const segments = (scheme === undefined ? name : name.split('/').map(encodeSegment).join('/')).split('/');
  const absolute = name.startsWith('/');
  const base = scheme === undefined ? folder : folder.slice(scheme.length);
  const out = absolute ? [] : base.split('/');
  for (const segment of segments) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..' && out.length > 0 && out[out.length - 1] !== '..') out.pop();
    else out.push(segment);
  }
  const path = out.join('/');
  return `${scheme ?? ''}${absolute && !path.startsWith('/') ? '/' : ''}${path}`;
}
