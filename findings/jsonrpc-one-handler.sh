#!/usr/bin/env bash
# vscode-jsonrpc 10.0.0: two handlers for one notification. Expected: both hear it, or the second is refused.
# Seen: only the second hears it; registering it says nothing, and disposing of it does not bring the first one back.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts vscode-jsonrpc@10.0.0
cat > try.cjs <<'JS'
const { PassThrough } = require('node:stream');
const rpc = require('vscode-jsonrpc/node');
const there = new PassThrough(), back = new PassThrough();
const a = rpc.createMessageConnection(new rpc.StreamMessageReader(back), new rpc.StreamMessageWriter(there));
const b = rpc.createMessageConnection(new rpc.StreamMessageReader(there), new rpc.StreamMessageWriter(back));
const heard = [];
b.onNotification('changed', () => heard.push('first'));
const second = b.onNotification('changed', () => heard.push('second'));
a.listen(); b.listen();
(async () => {
  await a.sendNotification('changed');
  await new Promise((done) => setTimeout(done, 100));
  const both = heard.splice(0).join(' ');
  second.dispose();
  await a.sendNotification('changed');
  await new Promise((done) => setTimeout(done, 100));
  console.log(`version ${JSON.parse(require('node:fs').readFileSync('node_modules/vscode-jsonrpc/package.json', 'utf8')).version}`);
  console.log(`heard with two handlers: ${both || 'nobody'}; after the second was disposed of: ${heard.join(' ') || 'nobody'}`);
  process.exit(both === 'second' && heard.length === 0 ? 0 : 1);
})();
JS
node try.cjs
