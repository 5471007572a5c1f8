/** Imports point down only: the floors of ARCHITECTURE.md, lowest first. */
const floors = [
  'source',
  'dts',
  'devicetree',
  'iommu',
  'simulator',
  'drawing',
  'scanner',
  'scenario',
  'bootlog',
  'workspace',
  'language',
  'review',
  'page',
  'lsp',
];
const upward = floors.map((floor, i) => ({
  name: `${floor}-imports-down-only`,
  severity: 'error',
  comment: 'A floor may import its own files and the floors below it.',
  from: { path: `^server/src/${floor}/`, pathNot: '\\.test\\.ts$' },
  to: { path: `^server/src/(${[...floors.slice(i + 1), 'cli'].join('|')})/` },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    ...upward,
    {
      name: 'library-is-pure',
      severity: 'error',
      comment: 'source to simulator are a library: no file system, no process, no editor packages.',
      from: {
        path: '^server/src/(source|dts|devicetree|iommu|simulator|drawing|scanner|language|page)/',
        pathNot: '\\.test\\.ts$',
      },
      to: {
        path: '^(node:)?(fs|fs/promises|child_process|os|process|net|http|worker_threads)$|^vscode$|node_modules/vscode-languageclient',
      },
    },
    {
      name: 'library-knows-no-editor',
      severity: 'error',
      from: { path: '^server/src/(source|dts|devicetree|iommu|simulator)/' },
      to: { path: 'node_modules/vscode-' },
    },
    {
      name: 'language-by-its-indexes',
      severity: 'error',
      comment: "The floors above a room of language/ use what the room's index offers.",
      from: { path: '^server/src/(review|lsp|cli)/', pathNot: '\\.test\\.ts$' },
      to: { path: '^server/src/language/[^/]+/', pathNot: '^server/src/language/[^/]+/index\\.ts$' },
    },
    {
      name: 'one-importer-of-the-ui-toolkit',
      severity: 'error',
      comment: '@vscode/webview-ui-toolkit is sunset upstream: one file stands between it and the panel.',
      from: { pathNot: '^webview/src/controls\\.ts$' },
      to: { path: 'node_modules/@vscode/webview-ui-toolkit' },
    },
    {
      name: 'client-and-panel-know-only-types',
      severity: 'error',
      comment: 'The panel and the client know the report, its names and drawings and the protocol, not the engine.',
      from: { path: '^(client|webview)/src/' },
      to: {
        path: '^server/src/',
        dependencyTypesNot: ['type-only'],
        pathNot: '^server/src/(lsp/protocol\\.ts$|review/overlay-name\\.ts$|drawing/)',
      },
    },
    {
      name: 'product-knows-no-tests',
      severity: 'error',
      from: { path: '/src/', pathNot: '\\.test\\.ts$' },
      to: { path: '/test/|\\.test\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // esbuild.mjs: what imports the package of that name resolves to our own file.
    exclude: { path: '(^|/)(fixtures|golden)/|^esbuild\\.mjs$' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
