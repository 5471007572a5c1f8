/** DMA channels that are IOMMU masters of their own: the GPC DMA of Tegra with `iommu-map` (7.3 on). */
import { u32 } from '../../../devicetree/read';
import { EINVAL, type Errno } from '../../contract/errno';
import type { DriverCore } from '../driver-core';
import type { Device, RegisteredDriver } from './device';

const DRIVER = 'tegra-gpcdma';
/** nr_channels of every part, and TEGRA_GPCDMA_DEFAULT_CHANNEL_MASK. */
const CHANNELS = 32;
const DEFAULT_MASK = 0xfffffffe;

/**
 * The end of tegra_dma_probe(): each channel of `dma-channel-mask` becomes a device of the DMA class, which gets its IOMMU
 * through of_dma_configure_id() with the channel's number as ID. 0, -EPROBE_DEFER, or -EINVAL: a channel without a stream ID.
 */
export function addDmaChannels(machine: DriverCore, device: Device, driver: RegisteredDriver): Errno {
  const { node } = device;
  if (node === null || driver.model.name !== DRIVER || !machine.kernel.model.gpcdmaChannels) return 0;
  if (!node.properties.has('iommu-map')) return 0;
  const mask = u32(node, 'dma-channel-mask', DEFAULT_MASK);
  const controller = machine.controllerNumber(device, 'dma');
  for (let channel = 0; channel < CHANNELS; channel++) {
    if (((mask >>> channel) & 1) === 0) continue;
    const name = `dma${controller}chan${channel}`;
    const made = machine.addDevice({ node: null, name, bus: '', parent: device, compatibles: [] });
    device.created ??= [];
    device.created.push(made);
    const result = machine.iommu.configureId(made, node, channel);
    if (result === 0) continue;
    if (result === EINVAL) machine.core.message('err', made, `Failed to get stream ID for channel ${channel}`);
    return result;
  }
  return 0;
}
