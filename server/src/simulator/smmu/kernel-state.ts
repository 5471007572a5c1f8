/** What the drivers of one simulated kernel share: static variables, page allocator, printk rate limits. */
import { PerObject } from '../../source/per-object';
import type { KernelView } from '../contract/kernel-view';
import type { MachineServices } from '../contract/machine';

/** A notional page allocator: table pages get addresses from here, never the real ones of a board. */
export class TableMemory {
  private next = 0x1_0000;

  /** The physical address of `bytes` of table memory, naturally aligned to a page and to its own size. */
  allocate(bytes: number): bigint {
    const pages = Math.max(1, Math.ceil(bytes / 4096));
    this.next = Math.ceil(this.next / pages) * pages;
    const page = this.next;
    this.next += pages;
    return BigInt(page) << 12n;
  }
}

/** lib/ratelimit.c: `burst` messages an `interval` (milliseconds); what was swallowed is told before the next one. */
export class RateLimit {
  private begin: number | null = null;
  private printed = 0;
  private missed = 0;

  constructor(
    private readonly machine: MachineServices,
    private readonly functionName: string,
    private readonly interval = 5000,
    private readonly burst = 10,
  ) {}

  /** ___ratelimit(): whether the caller may print now. */
  allows(): boolean {
    const now = this.machine.now();
    this.begin ??= now;
    if (now > this.begin + this.interval) {
      if (this.missed > 0) {
        this.machine.message('warn', null, `${this.functionName}: ${this.missed} callbacks suppressed`);
        this.missed = 0;
      }
      this.begin = now;
      this.printed = 0;
    }
    if (this.printed < this.burst) {
      this.printed++;
      return true;
    }
    this.missed++;
    return false;
  }
}

/** Static variables of the IOMMU drivers in one kernel, made at first use. */
export class KernelState {
  readonly tables = new TableMemory();
  private readonly limits = new Map<string, RateLimit>();
  private readonly statics = new Map<string, unknown>();

  constructor(private readonly machine: MachineServices) {}

  /** The rate limit of one call site; `functionName` is what the kernel prints for swallowed messages. */
  limit(functionName: string, site = functionName): RateLimit {
    let limit = this.limits.get(site);
    if (limit === undefined) {
      limit = new RateLimit(this.machine, functionName);
      this.limits.set(site, limit);
    }
    return limit;
  }

  /** A driver's static object, made by `make` at first use; `key` names the driver's variable. */
  static<T>(key: string, make: () => T): T {
    if (!this.statics.has(key)) this.statics.set(key, make());
    return this.statics.get(key) as T;
  }
}

const states = new PerObject<MachineServices, KernelState>();

/** The driver state of the kernel that `machine` runs. */
export function kernelState(machine: MachineServices): KernelState {
  let state = states.get(machine);
  if (state === undefined) {
    state = new KernelState(machine);
    states.set(machine, state);
  }
  return state;
}

/** Whether phys_addr_t of a kernel has 64 bits. */
export function widePhys(kernel: KernelView): boolean {
  return kernel.arch !== 'arm' || kernel.config('CONFIG_ARM_LPAE') === 'y';
}

/** `%pa`: a physical address as that kernel prints it. */
export function physText(kernel: KernelView, address: bigint): string {
  return `0x${address.toString(16).padStart(widePhys(kernel) ? 16 : 8, '0')}`;
}
