// A check of the panel: a title, and a body that gets a panel of its own.
import assert from 'node:assert/strict';

/**
 * Makes checks in one harness. Each opens a panel, runs its body, holds that the panel refused no message, and closes it.
 * @returns `(title, body(panel, page), options)` → `[title, run]`; `options` are the harness's for opening
 */
export const checksIn = (harness) => (title, body, options) => [
  title,
  async () => {
    const panel = await harness.open(options);
    try {
      await body(panel, panel.page);
      assert.deepEqual(await panel.refused(), []);
    } finally {
      await panel.close();
    }
  },
];
