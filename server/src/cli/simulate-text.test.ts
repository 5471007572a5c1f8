import { expect, test } from 'vitest';
import { boardOf } from '../../test/helpers/vendor-board';
import { parseScenario } from '../scenario/parse';
import { simulate } from '../simulator/simulate';
import { reportText } from './simulate-text';

const text = (compatible: string, nodes = ''): string => {
  const { tree } = boardOf(`
    s: iommu@1 { compatible = "${compatible}"; reg = <1 1>; interrupts = <1>; interrupt-parent = <&gic>; #iommu-cells = <0>; };
    t: iommu@2 { compatible = "${compatible}"; reg = <2 1>; interrupts = <2>; interrupt-parent = <&gic>; #iommu-cells = <0>; };
    gic: gic { compatible = "arm,cortex-a15-gic"; interrupt-controller; #interrupt-cells = <1>; };
    a@3 { compatible = "v,a"; reg = <3 1>; iommus = <&s>; ${nodes} };`);
  const drivers = [{ name: 'iommu', compatible: [compatible], provider: 'hardware' }];
  const { scenario } = parseScenario(JSON.stringify({ schema: 1, kernel: '6.1', drivers }));
  return reportText(simulate(tree, { board: 'b', scenario }), null);
};

test.each([
  ['samsung,sysmmu-v9', '', ['/iommu@1, /iommu@2: Samsung SysMMU v8 and v9', '(simulated; ', '(not simulated; ']],
  ['samsung,sysmmu-v7', '', ["no public copy of Samsung's driver was found", 'taken to do as']],
  ['mediatek,m4u', '', ['registers no IOMMU with the kernel']],
  ['rockchip,iommu', '', []],
])('what is assumed of %s', (compatible, nodes, expected) => {
  const shown = text(compatible, nodes);
  for (const part of expected) expect(shown).toContain(part);
  expect(shown.includes('simulated; ')).toBe(expected.length > 0);
});
