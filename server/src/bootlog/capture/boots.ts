/** Where one boot ends and the next begins in a log that holds several. */

/** printk's time goes back to less than this many seconds at a new boot, and by more than so many: CPUs reorder far less. */
const NEAR_ZERO = 1;
const BACK = 1;

/** Follows the boots of a log, line by line. */
export class BootWatch {
  /** The greatest time of this boot, in seconds; null while no line of it had one. */
  private latest: number | null = null;
  /** How the banner of this boot was written; null while there was none. */
  private banner: { readonly stamped: boolean; readonly version: string } | null = null;
  /** Something was said that is of this boot. */
  private said = false;

  /** Takes the time of a line (null: it has none); true: a new boot begins with it. */
  time(seconds: number | null): boolean {
    if (seconds === null) return false;
    if (this.latest !== null && seconds < NEAR_ZERO && this.latest - seconds > BACK) {
      this.renew();
      this.latest = seconds;
      return true;
    }
    if (this.latest === null || seconds > this.latest) this.latest = seconds;
    return false;
  }

  /** Something is said in this boot. */
  fact(): void {
    this.said = true;
  }

  /** A line that stands at the beginning of a boot ("Booting Linux on physical CPU"); `stamped` as for a banner. */
  mark(stamped: boolean): 'begins' | 'same' {
    return this.next(stamped);
  }

  /**
   * The banner "Linux version": `begins` a boot, is of the `same`, or is an `echo` of it (`cat /proc/version` in a console's
   * log has no stamp).
   */
  version(version: string, stamped: boolean): 'begins' | 'same' | 'echo' {
    if (this.banner?.stamped && !stamped && this.banner.version === version) return 'echo';
    const next = this.next(stamped);
    this.banner = { stamped, version };
    return next;
  }

  private next(stamped: boolean): 'begins' | 'same' {
    // Lines without stamps before the first banner can be notes on this very boot: their order says nothing.
    const before = this.banner !== null || (this.latest !== null && this.latest >= NEAR_ZERO) || (this.said && stamped);
    if (!before) return 'same';
    this.renew();
    return 'begins';
  }

  private renew(): void {
    this.latest = null;
    this.banner = null;
    this.said = false;
  }
}
