/** The devices of the report: state, driver, attempts, group and domain. */
import type { DtNode } from '../../devicetree/model';
import { isAvailable, isEnabled, isLocalFixup } from '../../devicetree/read';
import type { DeviceDmaView } from '../contract/dma-core';
import type { Device } from '../probe/devices/device';
import { platformName } from '../probe/devices/naming';
import type { DeviceStatus, ReportDevice } from '../report';
import { type ReportContext, reported, sourceOf } from './context';

export function statusOf(device: Device): DeviceStatus {
  if (device.bound) return 'bound';
  if (device.deferred) return 'deferred';
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
  if (view.letGo) return `${what}: the IOMMU took it, and let it go again when its own registration failed.`;
  if (view.unknownStream)
    return `${what}: unknown, it has constants that nothing here defines (a header is missing); stream, group and map cannot be told.`;
  switch (view.configureResult) {
    case 0:
      return `${what}: the IOMMU took it, and nothing attached it to a domain.`;
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
  for (const node of disabledNodes(context)) found.push(withoutDevice(node, 'platform', 'disabled', null));
  const shown = new Set(found.map((row) => row.device));
  // what dtc notes of references has the names of their properties
  for (const node of machine.tree.nodes)
    if (node.properties.has('iommus') && !shown.has(node.path) && isEnabled(node) && !isLocalFixup(machine.tree, node))
      found.push(withoutDevice(node, '', 'no-driver', noDeviceReason(context, node)));
  return found;
}

/** The row of a node that is no device. */
function withoutDevice(node: DtNode, bus: string, status: DeviceStatus, reason: string | null): ReportDevice {
  return {
    device: node.path,
    name: platformName(node),
    bus,
    driver: null,
    status,
    attempts: 0,
    boundAt: null,
    deferReason: null,
    error: null,
    group: null,
    domain: null,
    translated: false,
    untranslatedReason: reason,
    source: sourceOf(node),
  };
}

/** Why no device was made for an enabled master: its node asks for none, or what is above it does not make its children. */
function noDeviceReason({ outcome }: ReportContext, node: DtNode): string {
  const what = `iommus of ${node.path} was never looked at`;
  if (!node.properties.has('compatible'))
    return `${node.path} has no compatible, so no device is made for it and ${what}; a driver above it may make one.`;
  for (let at = node.parent; at !== null; at = at.parent) {
    const above = outcome.machine.core.fwnodes[at.index]?.device;
    if (above == null) continue;
    return above.bound
      ? `No device is made for ${node.path} (${above.driverName ?? 'the driver'} of ${at.path} has not populated it), so ${what}.`
      : `No device is made for ${node.path} because ${at.path} is not bound, so ${what}.`;
  }
  return `No device is made for ${node.path}, so ${what}.`;
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
