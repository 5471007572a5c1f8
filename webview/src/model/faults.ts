/** The faults that lie on a map: those of the simulated boot, and those of the boot log that was read. */
import { type DomainMap, faultsOn } from '../../../server/src/drawing/iova';
import type { SimulationReport } from '../../../server/src/simulator/report';
import type { BootLog } from '../messages';

export interface MapFault {
  readonly address: bigint;
  /** What happened, in a line. */
  readonly text: string;
  /** Where it is told: the view that has more of it. */
  readonly view: 'messages' | 'log';
  readonly where: string;
}

/** The simulated ones first; of a log those whose master's map this is. */
export function mapFaults(map: DomainMap, report: SimulationReport, log: BootLog | null): MapFault[] {
  const simulated = faultsOn(map, report).map(({ iova, kind, stream }): MapFault => {
    return { address: BigInt(iova), text: `${kind}, stream ${stream}`, view: 'messages', where: 'this boot' };
  });
  const read = (log?.entries ?? []).flatMap(({ type, address, headline, line, repeats }): MapFault[] => {
    if (type !== 'fault' || address === null) return [];
    const here =
      address.group === null ? map.devices.includes(address.device ?? '') : address.group === map.domain.group;
    const times = repeats === null ? '' : ` (${repeats})`;
    return here
      ? [{ address: BigInt(address.iova), text: `${headline}${times}`, view: 'log', where: `boot log, line ${line}` }]
      : [];
  });
  return [...simulated, ...read];
}
