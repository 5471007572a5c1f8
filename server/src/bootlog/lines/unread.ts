/** Lines that no row knows, and that are shown all the same. */
import type { LogLine } from './shape';

/** Drivers and devices that are IOMMUs by their name: what no row knows of them is shown as not understood. */
const IOMMU_NAME =
  /(?:^|[^a-z])(?:arm-)?(?:[a-z]*smmu|[a-z]*iommu|sysmmu|ipmmu|m4u|tegra-mc|mc-err)(?:$|[^a-z])|smmuv?\d|[a-z]-dart$|\bdart\b|\biommu\b/i;
const WRONG =
  /fail|error|\berr\b|unable|can(?:no|'|)t\b|could ?n.t|refus|reject|invalid|timed? ?out|timeout|missing|not found|unknown|unsupported|bad |-\d{1,3}$|iommu|\bdma\b|fault|stuck|dead/i;

/** Whether a line that no row knows is of an IOMMU, of device links, or a complaint of one of the board's `devices`. */
export function isUnread(line: LogLine, devices: ReadonlySet<string>): boolean {
  const { driver, device, message } = line;
  const text = message.trim();
  if (text === '') return false;
  const iommu =
    device === null
      ? /^(?:iommu|arm-smmu(?:-v3)?|[\w-]*iommu|[\w-]*smmu\w*|sysmmu|exynos-sysmmu): \S/.test(line.text)
      : IOMMU_NAME.test(driver ?? '') || (IOMMU_NAME.test(device) && WRONG.test(text));
  const links =
    /fw_devlink(?![.=])|sync_state\(|[Dd]evice link /.test(line.text) && !/\w=\S+ .*fw_devlink/.test(line.text);
  return iommu || links || (device !== null && devices.has(device) && WRONG.test(text));
}
