#!/usr/bin/env bash
# esbuild 0.28.2: `--watch` with standard input at its end. Expected: it watches until it is killed.
# Seen: it builds once and ends with status 0, so a watcher started from a script, a service or CI is gone at once;
# `--watch=forever` goes on.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund esbuild@0.28.2
echo 'console.log(1)' > in.js
esbuild=node_modules/.bin/esbuild
echo "version $($esbuild --version)"
status() { set +e; timeout 5 "$esbuild" in.js --outfile=out.js --log-level=error "$1" </dev/null >/dev/null 2>&1; echo $?; set -e; }
plain=$(status --watch); forever=$(status --watch=forever)
echo "--watch ended with status $plain; --watch=forever with $forever (124: still running after 5 s)"
[ "$plain" = 0 ] && [ "$forever" = 124 ]
