// Steps that the desktop's and the browser's checks take alike, on the phone board of examples/.
import assert from 'node:assert/strict';
import { placeOf } from './workbench.mjs';

/** Begins an `iommus` in the camera's node; returns what completion offers. */
export async function beginIommus(vs, board, shot) {
  await vs.goTo(board, placeOf(board, 'status = "okay"', { after: '&camera' }));
  await vs.page.keyboard.type('iommus = <&');
  const labels = await vs.suggestions();
  assert.match(labels[0], /smmu/);
  assert.match(labels[1], /smmu/);
  await vs.shot(shot);
  await vs.page.keyboard.press('Escape');
  return labels;
}

/** Shows the maps, drawn; returns the view's text. */
export async function showMaps(vs, shot) {
  await vs.command('SMMU Scope: Show IOVA Maps');
  await vs.panel().locator('.domain canvas.map').first().waitFor();
  const text = await vs.panelText();
  assert.match(text, /display@ae00000/);
  await vs.shot(shot);
  return text;
}
