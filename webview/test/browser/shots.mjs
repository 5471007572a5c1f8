// npm run images: pictures of every view, of a kernel board where the source is present, and of examples/, into docs/images.
//   node webview/test/browser/shots.mjs [--out FOLDER] [--theme T]... [--width N]... [--board NAME]... [--view ID]...
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { launchChromium } from '../../../client/e2e/browser.mjs';
import { viewsOf } from './checks/look.mjs';
import { explained } from './engine.mjs';
import { Harness, root } from './page.mjs';
import { realBoards, realReports } from './reports.mjs';

/** Boot logs that are read against boards, for their view. */
const logs = {
  phone: `[    0.000000] Linux version 6.12.1 (lab@lab) #1 SMP
[    1.234567] platform ae00000.display: Adding to iommu group 1
[    5.345678] arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0xfffe1000, fsynr=0x11, cbfrsynra=0x1080, cb=2
[   12.400000] platform a600000.usb: deferred probe pending: platform: supplier 88e0000.phy not ready
`,
};

const many = { type: 'string', multiple: true };
const { values: options } = parseArgs({
  options: { out: { type: 'string' }, theme: many, width: many, board: many, view: many },
});
const out = options.out ?? join(root, 'docs/images/panel');
mkdirSync(out, { recursive: true });
const browser = await launchChromium(console.log);
const harness = await new Harness(browser).start();
const boards = realBoards();
const reports = realReports();
const documented = ['phone', 'crd'].filter((name) => name in reports);
for (const name of options.board ?? documented) {
  for (const theme of options.theme ?? ['dark']) {
    for (const width of options.width ?? ['960']) {
      const panel = await harness.open({ theme, width: Number(width), height: 820, board: boards[name] });
      await panel.show(reports[name]);
      for (const view of options.view ?? (await viewsOf(panel))) {
        if (view === 'log' && !(name in logs)) continue;
        if (view === 'log') await panel.send(await explained(boards[name], logs[name]));
        await panel.tab(view);
        // what the engine is asked comes a little later
        await panel.page.waitForTimeout(['translate', 'compare', 'setup', 'iova'].includes(view) ? 2500 : 150);
        const more = options.theme || options.width ? `-${theme}-${width}` : '';
        await panel.page.screenshot({ path: join(out, `${name}-${view}${more}.png`) });
      }
      await panel.close();
    }
  }
}
harness.stop();
await browser.close();
console.log(`pictures are in ${out}`);
