/** Times the IOVA allocator: 1,000,000 mixed operations, in several mixes. Run by `npm run bench`. */
import { IovaDomain } from '../src/simulator/dma/iova/iova';

const OPERATIONS = 1_000_000;

/** A small deterministic generator (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

function run(name: string, live: number, sizeOf: (random: number) => number, limits: readonly number[]): void {
  const random = generator(1);
  const domain = new IovaDomain(4096, 1);
  const frames: number[] = [];
  const sizes: number[] = [];
  const before = process.memoryUsage().heapUsed;
  const start = process.cpuUsage();
  let failed = 0;
  for (let i = 0; i < OPERATIONS; i++) {
    if (frames.length < live && (frames.length === 0 || random() % 16 < 9)) {
      const size = sizeOf(random());
      const frame = domain.allocateFast(size, limits[random() % limits.length] as number, true);
      if (frame === 0) failed++;
      else {
        frames.push(frame);
        sizes.push(size);
      }
    } else {
      const at = random() % frames.length;
      domain.freeFast(frames[at] as number, sizes[at] as number);
      frames[at] = frames[frames.length - 1] as number;
      sizes[at] = sizes[sizes.length - 1] as number;
      frames.pop();
      sizes.pop();
    }
  }
  // CPU time: what else runs on the machine does not count.
  const used = process.cpuUsage(start);
  const ms = (used.user + used.system) / 1000;
  const bytes = process.memoryUsage().heapUsed - before;
  console.log(
    `iova ${name}: ${OPERATIONS} operations in ${ms.toFixed(0)} ms of CPU time, ${domain.ranges} ranges (${failed} refused), ${(bytes / Math.max(1, domain.ranges)).toFixed(0)} bytes a range`,
  );
}

run('small, 32-bit', 20_000, (r) => 1 + (r % 32), [0xfffff]);
run('small, many live', 500_000, (r) => 1 + (r % 4), [0xfffffffff]);
run('large', 20_000, (r) => 33 + (r % 1000), [0xfffffffff]);
run(
  'mixed sizes and masks',
  50_000,
  (r) => (r % 8 === 0 ? 33 + (r % 400) : 1 + (r % 32)),
  [0xfff, 0xfffff, 0xfffff, 0xfffffffff],
);
run('space nearly full', 1_000_000, (r) => 1 + (r % 48), [0xfffff]);
