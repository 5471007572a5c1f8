// What single views tell and do: streams with refusals and requester IDs, faults on maps, two states compared, drafts kept.
import assert from 'node:assert/strict';
import { bootLog } from '../boot-log.mjs';
import { checksIn } from './check.mjs';

const stateOf = (report, version) => ({
  type: 'state',
  state: { state: 'report', uri: 'file:///b.dts', board: report.board, version, milliseconds: 1, report },
});

/** @param boards files of the reports' boards, for those whose engine is asked */
export function viewChecks(harness, reports, boards) {
  const check = checksIn(harness);
  const mapped = Object.entries(reports).filter(([, { ridMaps = [] }]) => ridMaps.length > 0);
  return [
    ...mapped.map(([name, report]) =>
      check(`streams: requester IDs of ${name} are drawn, a stretch a row, each where it lies`, async (panel, page) => {
        await panel.show(report, { view: 'streams' });
        const cards = page.locator('.rid-map');
        assert.equal(await cards.count(), report.ridMaps.length);
        for (const [i, { host, rows }] of report.ridMaps.entries()) {
          const card = cards.nth(i);
          const bars = await card.locator('.rid-bar rect.rid').evaluateAll((all) =>
            all.reverse().map((bar) => ({
              x: bar.x.baseVal.value,
              width: bar.width.baseVal.value,
              title: bar.querySelector('title').textContent,
            })),
          );
          assert.equal(bars.length, rows.length);
          for (const [n, { ridBase, length, idBase }] of rows.entries()) {
            assert.ok(
              Math.abs(bars[n].x - Math.min(99.4, (ridBase / 0x10000) * 100)) < 0.01,
              `where row ${n + 1} begins`,
            );
            assert.ok(bars[n].width >= (length / 0x10000) * 100 - 0.01, `how far row ${n + 1} goes`);
            assert.match(bars[n].title, new RegExp(`^row ${n + 1}: 0x${ridBase.toString(16)}\\b`));
            const cells = await card.locator('tbody tr').nth(n).locator('td').allInnerTexts();
            assert.match(cells[1], new RegExp(`^0x${ridBase.toString(16)}\\b`));
            assert.match(cells[2], new RegExp(`^0x${idBase.toString(16)}\\b`));
          }
          await card.locator('h2 button').click();
          const open = (await panel.posted('open')).at(-1);
          assert.deepEqual([open.device, open.property], [host, 'iommu-map']);
        }
        assert.deepEqual(await panel.axeViolations(), []);
      }),
    ),
    check('streams: who was refused, by which entry, and who holds it', async (panel, page) => {
      await panel.show(reports.phone, { view: 'streams' });
      const refused = page.locator('.refusals li');
      assert.equal(await refused.count(), 1);
      const words = await refused.innerText();
      assert.match(words, /refused: dsp@17300000/);
      assert.match(words, /Stream 0x1088 with mask 0x40 overlaps entry 2, 0x1080 with mask 0x1f/);
      assert.match(words, /Held by codec@aa00000/);
      const row = page.locator('.conflict-row');
      assert.equal(await row.count(), 1);
      assert.match(await row.innerText(), /0x1080[\s\S]*codec@aa00000/);
      await refused.locator('button').first().click();
      await refused.locator('button').last().click();
      const opened = (await panel.posted('open')).map(({ device, property }) => [device, property]);
      assert.deepEqual(opened, [
        ['/soc@0/dsp@17300000', 'iommus'],
        ['/soc@0/codec@aa00000', null],
      ]);
      await page.locator('vscode-text-field input').fill('0x800');
      assert.equal(await page.locator('.view tbody tr').count(), 1);
      await page.locator('vscode-text-field input').fill('no such stream');
      await page.locator('.view', { hasText: 'No stream of this IOMMU matches the filter.' }).waitFor();
    }),
    check('streams: an IOMMU whose registration one master took is told, with what it costs', async (panel, page) => {
      const consequence = { kind: 'registration-refused', device: '/soc@0/dsp@17300000', error: -22, others: [] };
      const alone = { kind: 'group-without-mapping', device: '/a', iommu: null, error: -19, others: ['/b', '/c'] };
      const iommu = reports.phone.providers[0].device;
      const consequences = [{ ...consequence, iommu }, alone];
      await panel.show({ ...reports.phone, consequences }, { view: 'streams' });
      await page.locator('.refusals li', { hasText: 'takes the IOMMU' }).first().waitFor();
      const loose = page.locator('.card', { hasText: 'Masters that no IOMMU took' });
      assert.match(await loose.innerText(), /shares its group with 2 others[\s\S]*With it: b, c/);
    }),
    check(
      'iova: faults of the boot and of the log are marked, and lead to where they are told',
      async (panel, page) => {
        const [group] = reports.phone.groups.filter(({ devices }) =>
          devices.some((device) => device.includes('display@')),
        );
        const [device] = group.devices;
        const fault = { master: device, stream: '0x800', iova: '0x1000', kind: 'translation', message: 'a fault' };
        await panel.show(reports.phone);
        const card = page.locator('.domain', { hasText: 'display@' });
        const pixels = () => card.locator('canvas.map').evaluate((canvas) => canvas.toDataURL());
        const before = await pixels();
        await panel.show({ ...reports.phone, faults: [fault] }, { version: 2 });
        assert.notEqual(await pixels(), before, 'the fault has a mark');
        await panel.send({ type: 'log', log: bootLog(device, group.id), from: null });
        const told = card.locator('.faults li');
        await told.nth(1).waitFor();
        assert.match(await told.nth(0).innerText(), /fault at 0x1000: translation, stream 0x800, this boot/);
        assert.match(await told.nth(1).innerText(), /fault at 0xfffe1000: .*boot log, line 3/);
        assert.deepEqual(await panel.axeViolations(), []);
        await told.nth(0).locator('button').click();
        await page.locator('.view[data-view="messages"]').waitFor();
        await panel.tab('iova');
        await told.nth(1).locator('button').click();
        await page.locator('.view[data-view="log"]').waitFor();
        // a log that is too long to be kept says so
        await page.locator('.log', { hasText: 'too long to be kept' }).waitFor();
      },
    ),
    check('iova: against another strategy: what is only there is listed', async (panel, page) => {
      await panel.show(reports.phone);
      await page.locator('select[aria-label="Compare with"]').selectOption('strategy S1');
      await page.locator('.gone-maps', { hasText: 'usb@a600000' }).waitFor();
      assert.match(await page.locator('.gone-maps').innerText(), /Only Strategy S1, early registration has it/);
      await page.locator('select[aria-label="Compare with"]').selectOption('strategy S2');
      const display = page.locator('.domain', { hasText: 'display@' });
      await display.locator('summary', { hasText: '4 new, 0 moved, 0 gone' }).waitFor();
      await page.locator('select[aria-label="Compare with"]').selectOption('');
      assert.equal(await page.locator('.gone-maps, .domain .change-added').count(), 0);
    }),
    check('iova: maps that were drawn follow the width of the panel', async (panel, page) => {
      await panel.show(reports.phone);
      const canvas = page.locator('.domain canvas.map').first();
      const wide = await canvas.evaluate((map) => map.getBoundingClientRect().width);
      await page.setViewportSize({ width: 420, height: 900 });
      await panel.settle();
      const narrow = await canvas.evaluate((map) => map.getBoundingClientRect().width);
      assert.ok(narrow < wide && narrow > 300, `${wide}, then ${narrow}`);
    }),
    check(
      'iova: where the user went from a fault to something else, an edit does not bring the fault back',
      async (panel, page) => {
        await panel.show(reports.phone, { address: '0x1000' });
        const field = page.locator('vscode-text-field input');
        assert.equal(await field.inputValue(), '0x1000');
        await field.fill('display');
        await panel.send(stateOf(reports.phone, 2));
        await panel.settle();
        assert.equal(await field.inputValue(), 'display');
      },
    ),
    check('compare: two strategies', async (panel, page) => {
      await panel.show(reports.phone, { view: 'strategies' });
      await page.locator('button', { hasText: 'Compare two of them' }).click();
      await page.locator('select[aria-label="First strategy"]').selectOption('S2');
      await page.locator('.card', { hasText: 'masters differ' }).waitFor();
      const display = page.locator('.card', { hasText: 'display@' }).last();
      await display.locator('summary', { hasText: '4 new, 0 moved, 0 gone' }).waitFor();
      await page.locator('select[aria-label="Second strategy"]').selectOption('S2');
      await page.locator('.mark.good', { hasText: 'No master differs' }).waitFor();
      await page.locator('select[aria-label="Second strategy"]').selectOption('S3');
      await page.locator('.view', { hasText: 'Neither makes an address space on this board.' }).waitFor();
      assert.deepEqual(await panel.axeViolations(), []);
    }),
    check('where no master is translated the views say so, and lead to the reasons', async (panel, page) => {
      const devices = reports.phone.devices.map((device) => ({
        ...device,
        ...{ group: null, translated: false, domain: null },
        untranslatedReason: device.group === null ? device.untranslatedReason : 'the IOMMU failed',
      }));
      const strategies = reports.phone.strategies.map((strategy) => ({ ...strategy, maps: null }));
      const nothing = { devices, strategies, groups: [], domains: [], providers: [], ridMaps: [] };
      for (const view of ['iova', 'groups', 'streams', 'translate']) {
        await panel.show({ ...reports.phone, ...nothing }, { view });
        await page.locator('.nothing', { hasText: 'No master is translated in this boot' }).waitFor();
        await page.locator('.nothing button').click();
        await page.locator('.device-row', { hasText: 'the IOMMU failed' }).first().waitFor();
      }
      await panel.show(reports.empty, { view: 'iova' });
      await page.locator('.nothing', { hasText: 'No device is behind an IOMMU' }).waitFor();
    }),
    check(
      'frame: a view that answers fill later is scrolled to where it was',
      async (panel, page) => {
        await panel.show(reports.phone, { view: 'translate', device: '/soc@0/display@ae00000' });
        await panel.answered();
        await page.evaluate(() => scrollTo(0, 150));
        await page.waitForTimeout(300);
        await page.reload();
        await page.waitForFunction(() => window.posted.some((message) => message.type === 'ready'));
        await panel.send(stateOf(reports.phone, 1));
        await page.locator('.walk-step').last().waitFor();
        await panel.answered();
        assert.equal(await page.evaluate(() => scrollY), 150);
      },
      { height: 260, board: boards.phone },
    ),
    check(
      'setup: a command line that is typed survives what draws the view anew, until it is applied',
      async (panel, page) => {
        await panel.show(reports.phone, { view: 'setup' });
        const field = page.locator('.setting vscode-text-field input');
        await field.fill('iommu.passthrough=1');
        await panel.send(stateOf(reports.phone, 2));
        await panel.answered();
        assert.equal(await field.inputValue(), 'iommu.passthrough=1');
        await page.locator('vscode-button', { hasText: 'Apply' }).click();
        const { setting, value } = (await panel.posted('ask')).at(-1).ask;
        assert.deepEqual([setting, value], ['cmdline', 'iommu.passthrough=1']);
      },
      { board: boards.phone },
    ),
    check(
      "setup: what a vendor's driver does otherwise stands once, with its IOMMUs; not among the hardware's facts",
      async (panel, page) => {
        const fact = {
          name: 'vendorDiffers',
          value: 'aperture: <b>39 bits</b>',
          assumed: true,
          source: 'not simulated; x.c',
        };
        const providers = reports.phone.providers.map((provider) => ({ ...provider, capacity: [fact] }));
        await panel.show({ ...reports.phone, providers: [...providers, ...providers] }, { view: 'setup' });
        const rows = page.locator('.view[data-view="setup"] li', {
          hasText: 'aperture: <b>39 bits</b> (not simulated; x.c)',
        });
        assert.equal(await rows.count(), 1);
        assert.equal((await rows.first().locator('.device-link, a, button').count()) > 1, true);
        assert.deepEqual(await panel.axeViolations(), []);
      },
    ),
    check('setup: a scenario is chosen, one that cannot be read is said', async (panel, page) => {
      await panel.show(reports.phone, { view: 'setup' });
      const setup = { kernels: ['6.12'], kernel: '', cmdline: '', config: '', scenario: '/w/lab.smmu.json' };
      await panel.answer('setup', { ...setup, scenarioExists: false, scenarioChosen: true });
      const row = page.locator('.setting', { hasText: 'Scenario' }).last();
      assert.match(await row.innerText(), /lab\.smmu\.json is chosen and cannot be read/);
      for (const [button, which] of [
        ['Choose another', 'pick'],
        ['Use the one beside', 'beside'],
      ]) {
        await row.locator('vscode-button', { hasText: button }).click();
        assert.deepEqual((await panel.posted('ask')).at(-1).ask, { kind: 'choose-scenario', which });
      }
      assert.deepEqual(await panel.axeViolations(), []);
    }),
    check(
      'compare: a review that was seen does not take the place of what the user chose since',
      async (panel, page) => {
        const report = {
          schema: 1,
          base: 'HEAD',
          head: 'working tree',
          reached: 0,
          different: 0,
          left: 0,
          groups: [],
          failed: [],
        };
        await panel.show(reports.phone, { view: 'compare' });
        const pressed = page.locator('.segments button[aria-pressed="true"]');
        await panel.send({ type: 'review', review: { report, own: null }, fresh: true });
        await panel.settle();
        assert.match(await pressed.innerText(), /Changes/);
        await page.locator('.segments button', { hasText: 'Two strategies' }).click();
        await panel.send({ type: 'review', review: { report, own: null }, fresh: false });
        await panel.settle();
        assert.match(await pressed.innerText(), /strategies/);
      },
    ),
    check('frame: a panel that was hidden compares with before the last edit too', async (panel, page) => {
      const { domains } = reports.phone;
      const edited = domains.map((domain) => ({ ...domain, regions: domain.regions.slice(0, -1) }));
      await panel.send({ type: 'before', report: { ...reports.phone, domains: edited } });
      await panel.show(reports.phone);
      await page.locator('select[aria-label="Compare with"]').selectOption('before');
      await page.locator('.domain summary', { hasText: '1 new, 0 moved, 0 gone' }).first().waitFor();
    }),
    check('out: text has a title and a line a row, and no controls', async (panel, page) => {
      await panel.show(reports.phone, { view: 'streams' });
      await page.locator('button[aria-label="Copy or save this view"]').click();
      await page.locator('[role="menuitem"]', { hasText: 'text' }).click();
      const { text } = await panel.answer('copy', null);
      assert.match(text, /^lab-m8-phone.*, Linux 6\.12.*: Streams\n/);
      assert.match(text, /\n2\t0x1080\t0x1f\ttrans\t2\t2\tcodec@aa00000\ttranslate\n/);
      assert.doesNotMatch(text, /Filter by/);
    }),
  ];
}
