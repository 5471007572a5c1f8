#!/usr/bin/env bash
# npm 11.19.1, `npm sbom --omit dev`. Expected: every package that `npm ls --omit dev` lists. Seen: a package of `dependencies`
# is left out when a development dependency needs it too, so that a bill of materials lacks code that is shipped.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact semver@7.8.6
npm install --silent --no-audit --no-fund --ignore-scripts --save-exact --save-dev npm@11.19.1 make-dir@4.0.0
npm=node_modules/.bin/npm
echo "npm $($npm --version)"
count() { node -e 'const b = JSON.parse(require("fs").readFileSync(0)); console.log(b.components.filter(({ name }) => name === "semver").length)'; }
listed=$($npm ls --omit dev --parseable | grep -c '/semver$')
all=$($npm sbom --sbom-format cyclonedx | count)
omitted=$($npm sbom --sbom-format cyclonedx --omit dev | count)
echo "semver, a dependency that make-dir (development) needs too: ls --omit dev lists it $listed times, sbom $all, sbom --omit dev $omitted"
[ "$listed" = 1 ] && [ "$all" -ge 1 ] && [ "$omitted" = 0 ]
