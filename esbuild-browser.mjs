// Bundles for a browser: what stands for Node there, and no way in for anything else of Node.
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));

/** Modules by the name they are imported by, and what is bundled instead. */
const MODULES = {
  'node:path': 'server/src/browser/path.ts',
  'node:buffer': 'server/src/browser/buffer.ts',
  'vscode-languageserver/node': 'vscode-languageserver/browser',
  'vscode-languageclient/node': 'vscode-languageclient/browser',
};

/** Our own files that need Node, each with its stand-in in server/src/browser or client/src/browser. */
const FILES = {
  'server/src/workspace/real-disk': 'server/src/browser/real-disk.ts',
  'server/src/workspace/graph-cache': 'server/src/browser/graph-cache.ts',
  'server/src/workspace/log-file': 'server/src/browser/log-file.ts',
  'server/src/workspace/package-files': 'server/src/browser/package-files.ts',
  'server/src/lsp/kernels': 'server/src/browser/kernels.ts',
  'server/src/lsp/tidy': 'server/src/browser/tidy.ts',
  'client/src/server': 'client/src/browser/server.ts',
  'client/src/review/reviews': 'client/src/browser/review.ts',
};

export const STAND_INS = Object.keys(FILES);

const isBuiltin = (name) => name.startsWith('node:') || builtinModules.includes(name.split('/')[0]);

/** The plugin: a module of Node without a stand-in ends the build with the file that imports it. */
export const forBrowser = {
  name: 'for-browser',
  setup(build) {
    build.onResolve({ filter: /.*/ }, async (args) => {
      if (args.pluginData === forBrowser || args.kind === 'entry-point') return undefined;
      const own = args.path.startsWith('.') ? FILES[relative(root, resolve(args.resolveDir, args.path))] : undefined;
      // a stand-in may take the types of what it stands for, which leaves no import
      const other = own ?? MODULES[args.path];
      if (other !== undefined) {
        if (other.endsWith('.ts')) return { path: join(root, other) };
        return build.resolve(other, { resolveDir: args.resolveDir, kind: args.kind, pluginData: forBrowser });
      }
      if (!isBuiltin(args.path)) return undefined;
      const importer = relative(root, args.importer);
      return { errors: [{ text: `${importer} needs ${args.path}, which no browser has (esbuild-browser.mjs)` }] };
    });
  },
};
