/** The masters that an IOMMU's driver would not take, with what stood in their way: what the kernel says with an errno alone. */
import type { SimDevice } from '../contract/device';
import type { Errno } from '../contract/errno';
import type { ReportRefusal } from '../report';

export class Refusals {
  private readonly found = new Map<SimDevice, ReportRefusal>();

  /**
   * @param why a sentence without its full stop, about the master's own streams
   * @param others who holds what it wants
   * @returns the errno, for the driver to answer with
   */
  note(device: SimDevice, error: Errno, why: string, others: readonly SimDevice[] = []): Errno {
    this.found.set(device, { device: device.ref, error, why, others: others.map(({ ref }) => ref) });
    return error;
  }

  /** It tries again: what stood in its way before does not count. */
  forget(device: SimDevice): void {
    this.found.delete(device);
  }

  /** For the report, in the order of the last attempts; absent where nobody was refused. */
  report(): { readonly refused?: readonly ReportRefusal[] } {
    return this.found.size === 0 ? {} : { refused: [...this.found.values()] };
  }
}
