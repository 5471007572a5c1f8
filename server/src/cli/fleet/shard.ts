/** Which boards are a machine's part of the work. */
import { createHash } from 'node:crypto';
import { UsageError } from '../options';

/** A shard without leading zeros, as documents have it. */
export const shardName = (shard: string): string => shard.split('/').map(Number).join('/');

/**
 * The names that belong to a shard `i/n` (from 1): by a hash of the name, so that every machine that is given the same names
 * agrees, and a name stays where it is when others come and go. All of them without a shard.
 */
export function shardOf(names: readonly string[], shard: string | undefined): readonly string[] {
  if (shard === undefined) return names;
  const match = /^(\d+)\/(\d+)$/.exec(shard);
  const index = Number(match?.[1]);
  const count = Number(match?.[2]);
  if (match === null || index < 1 || index > count) throw new UsageError('--shard takes i/n with 1 <= i <= n');
  return names.filter((name) => createHash('sha256').update(name).digest().readUInt32BE(0) % count === index - 1);
}
