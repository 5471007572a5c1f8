/** All tables, in the order in which they are tried. */
import { armSmmu } from './arm-smmu';
import { armSmmuV3 } from './arm-smmu-v3';
import { dma, groups, kernel } from './core';
import { driverCore } from './driver-core';
import type { Family, LogLine, Reading, Shape } from './shape';
import { exynos, mediatek, msm, omap, others, renesas, rockchip } from './soc-iommus';
import { tegra } from './tegra';

export const FAMILIES: readonly Family[] = [
  kernel,
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
];

/** What the first row that knows a line makes of it; null when none does. */
export function readLine(line: LogLine): { readonly shape: Shape; readonly reading: Reading } | null {
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
