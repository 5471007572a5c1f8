/** All tables, in the order in which they are tried. */
import { armSmmu } from './arm-smmu';
import { armSmmuV3 } from './arm-smmu-v3';
import { clients } from './clients';
import { dma, groups, kernel } from './core';
import { driverCore } from './driver-core';
import { msm, omap, others, renesas } from './more-iommus';
import { rare } from './rare';
import type { Family, LogLine, Reading, Shape } from './shape';
import { exynos, mediatek, rockchip } from './soc-iommus';
import { tegra } from './tegra';

export const FAMILIES: readonly Family[] = [
  kernel,
  clients,
  armSmmuV3,
  armSmmu,
  tegra,
  rockchip,
  exynos,
  mediatek,
  renesas,
  msm,
  omap,
  others,
  groups,
  dma,
  driverCore,
  rare,
];

/** What the first row that knows a line makes of it; null when none does. */
export function readLine(line: LogLine): { readonly shape: Shape; readonly reading: Reading } | null {
  // dev_err_probe() puts the error in front of the driver's own words.
  const worded = /^error -(?!517\b|EPROBE_DEFER)(?:\d+|E[A-Z0-9]+): (?=\S)/.exec(line.message);
  if (worded !== null) {
    const own = rowOf({ ...line, message: line.message.slice(worded[0].length) });
    if (own !== null) return own;
  }
  return rowOf(line);
}

function rowOf(line: LogLine): { readonly shape: Shape; readonly reading: Reading } | null {
  for (const family of FAMILIES) {
    if (!family.anchor.test(line.text)) continue;
    for (const shape of family.shapes) {
      const match = shape.pattern.exec(shape.whole === true ? line.text : line.message);
      if (match === null) continue;
      const reading = shape.read(match, line);
      if (reading !== null) return { shape, reading };
    }
  }
  return null;
}
