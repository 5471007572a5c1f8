/** Which facts of a boot are one entry. */
import type { LogFact } from './facts';
import type { LogLine } from './lines/shape';

/** What makes two facts the same entry. */
export function keyOf(fact: LogFact, line: LogLine): string {
  switch (fact.type) {
    case 'fault':
      return `f|${fact.model}|${fact.iommu}|${fact.stream}|${fact.client}|${fact.bank}|${fact.kind}|${fact.write}|${fact.iova === null ? '' : fact.iova < 0x1000n}`;
    case 'deferral':
      return `d|${fact.device}|${fact.form}|${fact.reason}`;
    case 'group':
      return `g|${fact.device}|${fact.group}|${fact.removed}`;
    case 'refusal':
      return `r|${fact.device}|${fact.why}`;
    case 'driver':
      return `e|${fact.device}|${fact.why}`;
    case 'sync-state':
      return `s|${fact.device}|${fact.consumer}`;
    case 'cycle':
      return fact.device < fact.other ? `c|${fact.device}|${fact.other}` : `c|${fact.other}|${fact.device}`;
    case 'unread':
      return `u|${line.driver}|${line.device}|${line.message.replace(/0x[0-9a-f]+|[0-9a-f]{6,}|\d+/g, '#').slice(0, 200)}`;
  }
}
