import { expect, test } from 'vitest';
import { snapshotOfTexts } from '../../../test/helpers/board';
import { nodeAt } from '../../devicetree/read';
import { mergedText } from './merged-text';

const board = {
  'board.dts': `/dts-v1/;
#include "soc.dtsi"
&uart { status = "okay"; };
&{/soc} { /delete-node/ old; };
`,
  'soc.dtsi': `/ {
	soc {
		uart: serial@1000 { reg = <0x1000>; status = "disabled"; };
		old { };
	};
};
`,
};

test('prints the merged tree, each statement with its place', () => {
  const snapshot = snapshotOfTexts(board);
  const { text, lineOf } = mergedText(snapshot);
  expect(text).toContain('status = "okay"; // board.dts:3');
  expect(text).toContain('reg = <0x1000>; // soc.dtsi:3');
  expect(text).toContain('uart: serial@1000 { // soc.dtsi:3, board.dts:3');
  expect(text).not.toContain('old');
  expect(text).not.toContain('disabled');
  const uart = nodeAt(snapshot.tree, '/soc/serial@1000');
  expect(text.split('\n')[lineOf(uart!) ?? 0]).toContain('uart: serial@1000 {');
});

test('the text compiles to the same tree', () => {
  const { text } = mergedText(snapshotOfTexts(board));
  const again = snapshotOfTexts({ 'board.dts': text });
  expect(again.problems.filter((p) => p.severity === 'error')).toEqual([]);
  expect(nodeAt(again.tree, '/soc/serial@1000')?.properties.size).toBe(2);
});
