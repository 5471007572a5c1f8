// The Chromium that drives VS Code: SMMU_SCOPE_CHROMIUM, else Debian's, installed if need be.
import { existsSync, readdirSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { aptInstall } from '../scripts/debian.mjs';

const debian = '/usr/bin/chromium';

function chromiumPath(say) {
  const chosen = process.env.SMMU_SCOPE_CHROMIUM;
  if (chosen) return chosen;
  const missing = [];
  if (!existsSync(debian)) missing.push('chromium');
  const fonts = '/usr/share/fonts/truetype';
  if (!existsSync(fonts) || readdirSync(fonts).length === 0) missing.push('fonts-dejavu-core');
  if (missing.length > 0) aptInstall(missing, 'The end-to-end test', say);
  return debian;
}

/** Launches it without any network but this machine. */
export function launchChromium(say) {
  const offline = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1';
  const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update'];
  const args = ['--no-sandbox', '--disable-gpu', '--disable-sync', ...quiet, offline];
  return chromium.launch({ executablePath: chromiumPath(say), headless: true, args });
}
