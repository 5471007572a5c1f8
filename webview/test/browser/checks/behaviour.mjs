// What the panel does when a person uses it: tabs, links, what is kept, what is dropped.
import assert from 'node:assert/strict';
import { bootLog } from '../boot-log.mjs';
import { checksIn } from './check.mjs';

/** A fault of the display at an address that nothing maps. */
const fault = ({ devices }) => ({
  master: devices.find(({ device }) => device.includes('display@')).device,
  stream: '0x800',
  iova: '0x1000',
  kind: 'translation',
  message: 'arm-smmu 15000000.iommu: Unhandled context fault',
});

/** @param boards files of the reports' boards, for those whose engine is asked */
export function behaviourChecks(harness, reports, boards) {
  const check = checksIn(harness);
  return [
    check(
      'frame: every tab can be reached by keyboard at 400 px',
      async (panel, page) => {
        await panel.show(reports.phone);
        const all = await page.locator('.tab').evaluateAll((tabs) => tabs.map((tab) => tab.dataset.view));
        const hidden = await page.locator('.tab').evaluateAll((tabs) => tabs.filter((tab) => tab.hidden).length);
        assert.ok(hidden > 0, 'some tabs are in the menu');
        for (const view of all) {
          const tab = page.locator(`#tab-${view}`);
          if (!(await tab.isVisible())) {
            await page.locator('#tab-more').focus();
            await page.keyboard.press('Enter');
            while ((await page.evaluate(() => document.activeElement.id)) !== `menu-${view}`)
              await page.keyboard.press('ArrowDown');
            await page.keyboard.press('Enter');
          } else {
            await tab.focus();
            await page.keyboard.press('Enter');
          }
          await page.locator(`.view[data-view="${view}"]`).waitFor();
          const chosen = page.locator('.tab[aria-selected="true"]');
          assert.ok(await chosen.isVisible(), `the active tab ${view} is in the row`);
          assert.equal(await chosen.getAttribute('data-view'), view);
        }
      },
      { width: 400 },
    ),
    check(
      'frame: arrow keys move between tabs',
      async (panel, page) => {
        await panel.show(reports.phone);
        await page.locator('#tab-iova').focus();
        await page.keyboard.press('ArrowRight');
        await page.locator('.view[data-view="chains"]').waitFor();
      },
      { width: 1600 },
    ),
    check('frame: counts lead to what they count', async (panel, page) => {
      await panel.show(reports.phone);
      await page.locator('.count', { hasText: 'deferred' }).click();
      await page.locator('.view[data-view="chains"]').waitFor();
      await page.locator('.count', { hasText: 'untranslated' }).click();
      await page.locator('.view[data-view="devices"]').waitFor();
      const rows = await page.locator('.device-row').count();
      const text = await page.locator('.count', { hasText: 'untranslated' }).innerText();
      assert.equal(rows, Number.parseInt(text, 10));
      await page.locator('.tag.verified').click();
      await page.locator('.view[data-view="setup"] .card.pointed', { hasText: 'verified' }).waitFor();
    }),
    check(
      'frame: filter, opened parts, tab and scroll come back after a reload',
      async (panel, page) => {
        await panel.show(reports.phone, { view: 'iova' });
        await panel.tab('timeline');
        await page.locator('vscode-text-field').locator('input').fill('smmu');
        await page.evaluate(() => scrollTo(0, 120));
        await page.waitForTimeout(300);
        await page.reload();
        await page.waitForFunction(() => window.posted.some((message) => message.type === 'ready'));
        const state = { state: 'report', uri: 'file:///b.dts', board: 'b', version: 1, milliseconds: 1 };
        await panel.send({ type: 'state', state: { ...state, report: reports.phone } });
        await page.locator('.view[data-view="timeline"]').waitFor();
        await panel.settle();
        assert.equal(await page.locator('vscode-text-field').locator('input').inputValue(), 'smmu');
        assert.equal(await page.evaluate(() => scrollY), 120);
      },
      { height: 300 },
    ),
    check('frame: what is no message changes nothing', async (panel, page) => {
      await panel.show(reports.phone, { view: 'groups' });
      for (const message of [
        null,
        7,
        {},
        '{ "type": ',
        { type: 'state' },
        { type: 'state', state: { state: 'report' } },
        { type: 'focus', focus: { view: 'nowhere', device: null } },
      ])
        await panel.send(message);
      await panel.settle();
      await page.locator('.view[data-view="groups"] .card').first().waitFor();
      assert.deepEqual(
        panel.errors.filter((line) => !line.includes('dropped')),
        [],
      );
    }),
    check('frame: loading, cancelled and failed say so', async (panel, page) => {
      for (const [state, words] of [
        [{ state: 'loading', board: 'b.dts' }, 'Simulating the boot of b.dts'],
        [{ state: 'cancelled' }, 'was cancelled'],
        [{ state: 'error', message: 'b.dts:3: no' }, 'b.dts:3: no'],
        [{ state: 'empty' }, 'Open a devicetree file'],
      ]) {
        await panel.send({ type: 'state', state });
        await page.locator('.notice', { hasText: words }).waitFor();
        assert.deepEqual(await panel.axeViolations(), []);
      }
      assert.deepEqual(await panel.refused(), []);
    }),
    check('devices: nobody is told that all came up when something failed', async (panel) => {
      await panel.show(reports.failed, { view: 'devices' });
      assert.doesNotMatch(await panel.text(), /came up/);
      await panel.tab('chains');
      assert.doesNotMatch(await panel.text(), /Every device with a driver came up/);
    }),
    check('devices: a device leads to its source', async (panel, page) => {
      await panel.show(reports.phone, { view: 'devices' });
      await page.locator('.device-row button.device').first().click();
      const [open] = await panel.posted('open');
      assert.ok(reports.phone.devices.some(({ device }) => device === open.device));
    }),
    check('log: pasted text is asked about, and what comes is shown with links', async (panel, page) => {
      await panel.show(reports.phone, { view: 'log' });
      await page.locator('textarea').fill('arm-smmu 15000000.iommu: a fault');
      await page.locator('vscode-button', { hasText: 'Explain' }).click();
      const asked = await panel.answer('explain', null);
      assert.deepEqual(asked.log, { text: 'arm-smmu 15000000.iommu: a fault' });
      const [domain] = reports.phone.domains.filter(({ type }) => type === 'DMA');
      const { devices } = reports.phone.groups.find(({ id }) => id === domain.group);
      await panel.send({ type: 'log', log: bootLog(devices[0], domain.group), from: { text: 'a log' } });
      const card = page.locator('.log-entry');
      await card.waitFor();
      assert.match(await page.locator('.log-summary').innerText(), /1 × fault/);
      assert.equal(await card.count(), 1, 'what is not wrong is left out');
      await page.locator('vscode-checkbox').click();
      assert.equal(await card.count(), 2);
      await card.locator('.log-links button').first().click();
      const [open] = await panel.posted('open');
      assert.deepEqual([open.device, open.property], [devices[0], 'iommus']);
      assert.deepEqual(await panel.axeViolations(), []);
      await card.locator('button', { hasText: '0xfffe1000' }).click();
      await page.locator('.view[data-view="iova"]').waitFor();
      const focused = (await panel.posted('focus')).at(-1).focus;
      assert.deepEqual([focused.address, focused.group], ['0xfffe1000', domain.group]);
      assert.equal(await page.evaluate(() => window.hacked), undefined);
      assert.deepEqual([...panel.errors, ...(await panel.refused())], []);
    }),
    check('log: a dropped file is read, and what the extension says against it is shown', async (panel, page) => {
      await panel.show(reports.phone, { view: 'log' });
      const transfer = await page.evaluateHandle(() => {
        const data = new DataTransfer();
        data.items.add(new File(['dropped lines'], 'boot.log'));
        return data;
      });
      await page.locator('.log').dispatchEvent('drop', { dataTransfer: transfer });
      const asked = await page.waitForFunction(() => window.posted.findLast(({ type }) => type === 'ask'));
      const { id, ask } = await asked.jsonValue();
      assert.deepEqual(ask.log, { text: 'dropped lines' });
      await panel.send({ type: 'refusal', id, message: 'The log cannot be read: this is a zip archive' });
      await page.locator('.log-problem', { hasText: 'zip archive' }).waitFor();
    }),
    check('frame: every view is rehearsed without a trace before there is a report', async (panel, page) => {
      await panel.show(reports.phone);
      const all = await page.locator('.tab').evaluateAll((tabs) => tabs.map((tab) => tab.dataset.view));
      await page.addInitScript(() => {
        window.rehearsed = 0;
        new MutationObserver((changes) => {
          for (const { addedNodes } of changes)
            for (const node of addedNodes) if (node.className === 'rehearsal') window.rehearsed++;
        }).observe(document, { childList: true, subtree: true });
      });
      for (const view of all) {
        await panel.tab(view);
        // what is kept is kept a little later
        await page.waitForFunction((wanted) => JSON.parse(sessionStorage.state).focus.view === wanted, view);
        await page.reload();
        await page.waitForFunction(() => window.rehearsed === 1);
        assert.equal(await page.locator('.rehearsal, .card, .tab').count(), 0, view);
        assert.deepEqual(
          (await page.evaluate(() => window.posted)).map(({ type }) => type),
          ['ready'],
          view,
        );
        await panel.show(reports.phone, { view });
      }
      assert.deepEqual(panel.errors, []);
    }),
    check('iova: the first frame has what is in sight, then all cards come, in order', async (panel, page) => {
      await page.evaluate(() => {
        new MutationObserver(() => {
          const count = document.querySelectorAll('.card.domain').length;
          if (count > 0) window.first ??= count;
        }).observe(document.body, { childList: true, subtree: true });
      });
      await panel.show(reports['regions-50'], { view: 'iova' });
      const first = await page.evaluate(() => window.first);
      assert.ok(first > 1 && first < 50, `${first} cards at first`);
      const cards = page.locator('.card.domain');
      assert.equal(await cards.count(), 50);
      const groups = await page.locator('.card.domain .facts').allInnerTexts();
      assert.deepEqual(
        groups.map((text) => Number(/group (\d+)/.exec(text)[1])),
        reports['regions-50'].domains.map(({ group }) => group),
      );
      // the last one is drawn when it comes into sight
      await cards.last().scrollIntoViewIfNeeded();
      await page.waitForFunction(() => [...document.querySelectorAll('canvas.map')].at(-1).width > 300);
      // whom an edit reaches loses no card and no place
      const place = await page.evaluate(() => scrollY);
      const height = await page.evaluate(() => document.documentElement.scrollHeight);
      await panel.show(reports['regions-50'], { view: 'iova', version: 2 });
      assert.equal(await page.evaluate(() => document.documentElement.scrollHeight), height);
      assert.equal(await page.evaluate(() => scrollY), place);
      assert.equal(await cards.count(), 50);
    }),
    check('iova: a panel that has no height yet, as one behind another, gets all its cards', async (panel, page) => {
      await page.evaluate(() => Object.defineProperty(document.documentElement, 'clientHeight', { value: 0 }));
      await panel.show(reports['regions-50'], { view: 'iova' });
      assert.equal(await page.locator('.card.domain').count(), 50);
    }),
    check('iova: a fault flies to its address, with and without 0x', async (panel, page) => {
      const report = { ...reports.phone, faults: [fault(reports.phone)] };
      await panel.show(report, { view: 'messages' });
      await page.locator('.card', { hasText: 'Faults' }).locator('button', { hasText: '0x1000' }).click();
      await page.locator('.view[data-view="iova"] .where', { hasText: '0x1000 is not mapped here' }).waitFor();
      await page.locator('vscode-text-field input').fill('8000000');
      await page.locator('.where', { hasText: '0x8000000 is byte 0x0 of' }).first().waitFor();
    }),
    check('iova: arrow keys go from region to region, Enter opens the source', async (panel, page) => {
      await panel.show(reports.phone);
      const map = page.locator('.domain', { hasText: 'display@' }).locator('canvas.map');
      await map.focus();
      for (const key of ['ArrowDown', 'ArrowDown', '+', 'ArrowLeft']) await page.keyboard.press(key);
      await panel.settle();
      await page.locator('.tooltip', { hasText: 'Coherent allocation' }).waitFor();
      await page.keyboard.press('Enter');
      const [open] = await panel.posted('open');
      assert.deepEqual([open.device, open.property], ['/soc@0/display@ae00000', 'iommus']);
    }),
    check('iova: what an edit changed is listed', async (panel, page) => {
      const { domains } = reports.phone;
      const edited = domains.map((domain) => ({ ...domain, regions: domain.regions.slice(0, -1) }));
      await panel.show({ ...reports.phone, domains: edited }, { version: 1 });
      await panel.show(reports.phone, { version: 2 });
      await page.locator('select[aria-label="Compare with"]').selectOption('before');
      await page
        .locator('.domain', { hasText: 'display@' })
        .locator('summary', { hasText: '1 new, 0 moved, 0 gone' })
        .waitFor();
    }),
    check('chains: 1,000 devices are folded, and a click shows more', async (panel, page) => {
      await panel.show(reports.deferred, { view: 'chains' });
      const before = await page.locator('.node').count();
      assert.ok(before < 60, `${before} nodes`);
      await page.locator('.node.folded').last().click();
      await panel.settle();
      assert.ok((await page.locator('.node').count()) > before);
    }),
    check('timeline: the boot is stepped through by keyboard', async (panel, page) => {
      await panel.show(reports.phone, { view: 'timeline' });
      await page.locator('.lanes-canvas').focus();
      await page.keyboard.press('ArrowRight');
      await page.locator('.now', { hasText: 'Step 1 of' }).waitFor();
      await page.keyboard.press('End');
      await page.locator('.now', { hasText: 'The whole boot' }).waitFor();
    }),
    check('messages: level and search', async (panel, page) => {
      await panel.show(reports.phone, { view: 'messages' });
      const all = await page.locator('.message').count();
      await page.locator('.segments button', { hasText: 'Warnings' }).click();
      assert.ok((await page.locator('.message').count()) < all);
      await page.locator('vscode-text-field input').fill('no such words');
      await page.locator('.message', { hasText: 'holds “no such words”' }).waitFor();
    }),
    check('power: the pairs are the report’s own', async (panel, page) => {
      const pairs = reports.phone.power.pairs.map((pair, i) => ({ ...pair, safe: i > 0 }));
      await panel.show({ ...reports.phone, power: { ...reports.phone.power, pairs } }, { view: 'power' });
      assert.equal(await page.locator('.unsafe-pair').count(), 1);
      assert.match(await page.locator('.unsafe-pair').innerText(), new RegExp(pairs[0].master.split('/').at(-1)));
    }),
    check(
      'translate: a walk level by level',
      async (panel, page) => {
        await panel.show(reports.phone, { view: 'translate', device: '/soc@0/display@ae00000' });
        await page.locator('.walk-step').last().waitFor();
        assert.match(await panel.text(), /Translated to 0x/);
        assert.deepEqual(await panel.axeViolations(), []);
      },
      { board: boards.phone },
    ),
    check(
      'compare: two kernels',
      async (panel, page) => {
        await panel.show(reports.phone, { view: 'compare' });
        await page.locator('select[aria-label="First kernel"]').selectOption('3.19');
        await page.locator('.card').first().waitFor();
        assert.match(await panel.text(), /differ/);
        assert.deepEqual(await panel.axeViolations(), []);
      },
      { board: boards.phone },
    ),
    check('out: text, SVG and PNG', async (panel, page) => {
      await panel.show(reports.phone);
      const item = async (text) => {
        await page.locator('button[aria-label="Copy or save this view"]').click();
        await page.locator('[role="menuitem"]', { hasText: text }).click();
      };
      await item('text');
      assert.match((await panel.answer('copy', null)).text, /display@ae00000/);
      await item('SVG');
      const svg = await panel.answer('save', null);
      assert.match(svg.content, /^<svg .*0xffffffffffff.*<\/svg>$/s);
      await item('PNG');
      const png = (await panel.posted('ask')).at(-1).ask;
      assert.equal(Buffer.from(png.content, 'base64').subarray(1, 4).toString(), 'PNG');
    }),
  ];
}
