// The README of the extension's page (dist/README.md): that of the project without what cannot be shown or opened there. The page has
// no folder of its own, so pictures and links that are files of the project would be broken.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const there = (target) => /^(https:|#)/.test(target);

/** The Markdown with its local pictures left out, and local links as plain text. */
export function extensionReadme(markdown) {
  return markdown
    .replace(/^!\[[^\]]*\]\(([^)]*)\)\n\n?/gm, (whole, target) => (there(target) ? whole : ''))
    .replace(/\[([^\]]*)\]\(([^)]*)\)/g, (whole, text, target) => (there(target) ? whole : text));
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  mkdirSync('dist', { recursive: true });
  writeFileSync('dist/README.md', extensionReadme(readFileSync('README.md', 'utf8')));
}
