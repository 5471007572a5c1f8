/** What cpp's __DATE__, __TIME__ and __TIMESTAMP__ give now. */
import { statSync } from 'node:fs';
import type { BuildTime } from '../source/options';
import { toPath } from './files';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

const two = (value: number, fill = '0'): string => String(value).padStart(2, fill);

/**
 * The time of this process, or that of SOURCE_DATE_EPOCH (seconds, UTC), which cpp takes for the first two only. Files that cannot be
 * looked at have no time.
 */
export function buildTime(sourceDateEpoch: string | undefined): BuildTime {
  const fixed = sourceDateEpoch !== undefined && /^\d{1,12}$/.test(sourceDateEpoch) ? Number(sourceDateEpoch) : null;
  const at = fixed === null ? new Date() : new Date(fixed * 1000);
  // local time by the offset, so that one set of getters does for both
  const shifted = fixed === null ? localTime(at) : at;
  return {
    date: `${MONTHS[shifted.getUTCMonth()]} ${two(shifted.getUTCDate(), ' ')} ${shifted.getUTCFullYear()}`,
    time: clock(shifted),
    changed: (uri) => {
      const path = toPath(uri);
      const stat = path === null ? undefined : statSync(path, { throwIfNoEntry: false });
      if (stat === undefined) return null;
      const then = localTime(stat.mtime);
      const day = `${DAYS[then.getUTCDay()]} ${MONTHS[then.getUTCMonth()]} ${two(then.getUTCDate(), ' ')}`;
      return `${day} ${clock(then)} ${then.getUTCFullYear()}`;
    },
  };
}

const localTime = (date: Date): Date => new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
const clock = (date: Date): string =>
  `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
