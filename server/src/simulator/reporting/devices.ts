/** The devices of the report: state, driver, attempts, group and domain. */
import type { DtNode } from '../../devicetree/model';
import { isAvailable } from '../../devicetree/read';
import type { DeviceDmaView } from '../contract';
import type { Device } from '../probe/device';
import { platformName } from '../probe/naming';
import type { DeviceStatus, ReportDevice } from '../report';
import { type ReportContext, reported, sourceOf } from './context';

export function statusOf(device: Device): DeviceStatus {
  if (device.bound) return 'bound';
  if (device.deferEntry.list !== null) return 'deferred';
  const result = device.last?.result ?? null;
  if (!device.canMatch || result === null) return 'no-driver';
  if (result === -517) return 'deferred';
  return result === -19 || result === -6 ? 'rejected' : 'failed';
}

const TRANSLATING = new Set(['DMA', 'DMA-FQ', 'unmanaged']);

function translated(view: DeviceDmaView): boolean {
  return view.domain !== null && TRANSLATING.has(view.domain);
}

/** Why a master has no translation, in a sentence; null when it has, or names no IOMMU. */
function untranslatedReason(device: Device, view: DeviceDmaView): string | null {
  if (translated(view)) return null;
  const property = device.node?.properties.has('iommus') ? 'iommus' : null;
  const mapped = device.pci?.host.node?.properties.has('iommu-map') === true;
  if (property === null && !mapped) return null;
  const what = mapped ? `iommu-map of ${device.pci?.host.ref ?? ''}` : `iommus of ${device.ref}`;
  if (view.domain === 'identity')
    return `${what}: the group is in an identity domain, addresses pass through unchanged.`;
  if (view.domain === 'blocked') return `${what}: the group is blocked, a DMA owner has claimed it.`;
  switch (view.configureResult) {
    case null:
      return device.canMatch
        ? `${device.ref} has not been probed, so ${what} was never looked at.`
        : `${device.ref} has no driver, so ${what} was never looked at.`;
    case -517:
      return `${what}: the IOMMU has not registered yet, so the probe is deferred.`;
    case -110:
      return `${what}: the IOMMU had not registered when the deferred-probe timeout expired; the device runs without it.`;
    case -19:
      return `${what}: no entry leads to an enabled IOMMU with #iommu-cells that has registered; the device runs without one.`;
    default:
      return `${what}: the IOMMU refused it with error ${view.configureResult}; the device runs without it.`;
  }
}

export function reportDevices(context: ReportContext): ReportDevice[] {
  const { machine } = context.outcome;
  const found: ReportDevice[] = reported(context.outcome).map((device) => {
    const view = machine.iommu.view(device);
    const status = statusOf(device);
    const result = device.last?.result ?? 0;
    return {
      device: device.ref,
      name: device.name,
      bus: device.bus,
      driver: device.driverName,
      status,
      attempts: device.attempts,
      boundAt: device.bound ? device.boundAt : null,
      deferReason: status === 'deferred' ? (device.deferReason ?? '') : null,
      error: result < 0 && status !== 'bound' ? result : null,
      group: view.group,
      domain: view.domain,
      translated: translated(view),
      untranslatedReason: untranslatedReason(device, view),
      source: sourceOf(device.node),
    };
  });
  for (const node of disabledNodes(context)) {
    found.push({
      device: node.path,
      name: platformName(node),
      bus: 'platform',
      driver: null,
      status: 'disabled',
      attempts: 0,
      boundAt: null,
      deferReason: null,
      error: null,
      group: null,
      domain: null,
      translated: false,
      untranslatedReason: null,
      source: sourceOf(node),
    });
  }
  return found;
}

/** Nodes that would be devices, were they not disabled: with a compatible, on a bus whose children became devices. */
function disabledNodes({ outcome }: ReportContext): DtNode[] {
  const { core } = outcome.machine;
  return core.tree.nodes.filter(
    (node) =>
      node.parent !== null &&
      node.properties.has('compatible') &&
      !isAvailable(node) &&
      core.fwnodes[node.parent.index]?.populatedBus === true,
  );
}
