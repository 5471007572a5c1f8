/** The kinds of facts that are compared. To add one: a file beside this one, a line here. */
import { attempts } from './attempts';
import { complete } from './complete';
import { cycles } from './cycles';
import { api, dma, domainFacts, mappings } from './dma';
import { bound, deferred, domains, groups, links, waiting } from './dumps';
import { events } from './events';
import { faults } from './faults';
import type { FactKind } from './kind';
import { powerList, resumeOrder, shutdownList, suspendOrder } from './power';
import { probeOrder } from './probe-order';
import { registerDumps } from './register-dumps';
import { pageTables, registers } from './registers';

export const kinds: readonly FactKind[] = [
  complete,
  attempts,
  probeOrder,
  events,
  deferred,
  bound,
  links,
  waiting,
  cycles,
  groups,
  domains,
  dma,
  domainFacts,
  mappings,
  api,
  suspendOrder,
  resumeOrder,
  powerList,
  shutdownList,
  registers,
  pageTables,
  registerDumps,
  // Last: it goes on with the machine after the events.
  faults,
];
