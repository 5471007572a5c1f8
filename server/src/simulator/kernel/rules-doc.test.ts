/** docs/kernel-models.md is written from the rules: `BLESS=1 npx vitest run rules-doc` after a rule has changed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { KernelRule } from './flags/rule';
import type { KernelFlags } from './model';
import { KERNEL_RULES, kernelModel } from './rules';
import { KERNEL_VERSIONS } from './versions';

const page = 'docs/kernel-models.md';

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `\`${text.replaceAll('|', '\\|')}\``;
}

function pageText(): string {
  const lines = [
    '# Kernel models',
    '',
    `SMMU Scope predicts the kernels ${KERNEL_VERSIONS.join(', ')}; another version gets the nearest model, by the number of releases between. What differs`,
    'between them is one rule a row. "Recorded" names the versions whose recordings confirm the rule: Linux 3.19.8 (32-bit ARM), 6.1.192 (arm64),',
    '6.12.117 and 7.3.4 (arm64 and 32-bit ARM); everything else is read in the sources of 3.19.8, 4.12.0, 5.10.223, 5.15.100,',
    '6.1.192, 6.6.87, 6.12.117, 6.18.2 and 7.3.4. A value holds from its version until the next one named.',
    '',
    '| Rule | What differs | Values | Decided in | Recorded |',
    '|---|---|---|---|---|',
  ];
  for (const [flag, rule] of Object.entries(KERNEL_RULES) as [keyof KernelFlags, KernelRule<unknown>][]) {
    const values = Object.entries(rule.since).map(([version, value]) => `${version}: ${show(value)}`);
    lines.push(
      `| \`${flag}\` | ${rule.what} | ${values.join('; ')} | ${rule.source} | ${rule.recorded.join(', ') || 'no'} |`,
    );
  }
  lines.push('', '## What is verified', '');
  for (const version of KERNEL_VERSIONS)
    for (const sentence of kernelModel(version).verified) lines.push(`- ${sentence}`);
  lines.push(
    '',
    '## What the models leave out',
    '',
    '- Two drivers attach their masters to an ARM mapping of their own: IPMMU in 4.12 and MediaTek generation one to 6.6.',
    '  In 3.19, Exynos makes a group for every platform device and arm-smmu reads `mmu-masters`. Here these masters have none.',
    '- From 6.15 on a device that probes while its IOMMU is still being registered defers (iommu_device.ready). Here nothing',
    '  probes at that moment.',
    '- From 7.0 on arm and arm64 kernels let the deferred-probe worker run in the middle of initcalls and probes: a boot then has',
    '  one of several right orders. Here the worker waits until nothing else runs, which is one of them.',
    '- arch_setup_dma_ops of 3.19 replaces dma_ops that are set already. Nothing here sets them before it.',
    '- A group whose drivers wish for different domain types: no driver that is modelled can differ within one group.',
    '- A Rockchip master of 3.19 and 4.12 joins its group when its own IOMMU registers, not already at rk_iommu_init.',
    '- Drivers and default configurations come from three releases: 6.1 for it and every model before it, 6.12 for 6.12 and 6.18,',
    '  6.6 has those of 6.1, 7.3 its own. Which drivers existed in another release, and their link order, is not modelled, save what',
    '  `driverLevels`, `driversAdded` and `plainBusesBind` say; a kernel tree of your own has its own drivers.',
    '- 5.10: the regulators that a board leaves on and other effects of sync_state are not followed beyond the callback.',
    '',
  );
  return lines.join('\n');
}

it('docs/kernel-models.md says what the rules say', () => {
  const text = pageText();
  if (process.env.BLESS !== undefined) writeFileSync(page, text);
  expect(readFileSync(page, 'utf8')).toBe(text);
});
