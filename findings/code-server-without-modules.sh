#!/usr/bin/env bash
# code-server 4.139.1 from npm. Expected: what the package holds can run. Seen: lib/vscode has a package.json with
# dependencies and no node_modules; the package's install script fetches them, so that `npm install --ignore-scripts`
# gives a server that ends at once with "Cannot find module".
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm pack --silent code-server@4.139.1 >/dev/null
tar -tzf code-server-*.tgz > list
modules=$(grep -c '^package/lib/vscode/node_modules/' list || true)
tar -xzf code-server-*.tgz package/package.json package/lib/vscode/package.json
node -e '
const own = require("./package/package.json"), code = require("./package/lib/vscode/package.json");
console.log(`version ${own.version}; VS Code ${code.version} inside wants ${Object.keys(code.dependencies).length} modules`);
console.log(`install script: ${own.scripts && own.scripts.postinstall}`);
process.exit(own.scripts && own.scripts.postinstall && Object.keys(code.dependencies).length > 10 ? 0 : 1);'
echo "files below lib/vscode/node_modules in the package: $modules"
[ "$modules" = 0 ]
