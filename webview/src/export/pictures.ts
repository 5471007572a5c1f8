/** The drawings of a view as one picture, out of the report alone. */
import { chainPicture } from '../../../server/src/drawing/chain-picture';
import { causeNames, chainClusters } from '../../../server/src/drawing/chains';
import { domainMaps, faultAddresses, groupName, hasMap } from '../../../server/src/drawing/iova';
import { mapPicture } from '../../../server/src/drawing/iova-picture';
import type { Picture } from '../../../server/src/drawing/picture';
import { stack } from '../../../server/src/drawing/svg';
import { lanes, timelineAxis } from '../../../server/src/drawing/timeline';
import { timelinePicture } from '../../../server/src/drawing/timeline-picture';
import { wholeAxis } from '../../../server/src/drawing/window';
import type { SimulationReport } from '../../../server/src/simulator/report';
import type { View } from '../messages';

/** Drawings beyond this many are left out of one picture. */
const most = 60;

/** @param width pixels; null: the view draws nothing */
export function viewPicture(report: SimulationReport, view: View, width: number): Picture | null {
  switch (view) {
    case 'iova': {
      const maps = domainMaps(report).filter(({ domain }) => hasMap(domain));
      const options = { window: wholeAxis, width, marked: null, lit: null, rows: 0 };
      const parts = maps.slice(0, most).map((map) => ({
        title: `${map.devices.join(', ')} (${groupName(map.domain)}, ${map.domain.type})`,
        picture: mapPicture(map, { ...options, faults: faultAddresses(map, report) }),
      }));
      return parts.length === 0 ? null : stack(parts, `IOVA maps of ${report.board}`);
    }
    case 'chains': {
      const parts = chainClusters(report)
        .slice(0, most)
        .map((cluster) => ({
          title: `${cluster.root}: ${causeNames[cluster.cause]}`,
          picture: chainPicture(cluster, width),
        }));
      return parts.length === 0 ? null : stack(parts, `Defer chains of ${report.board}`);
    }
    case 'timeline': {
      const shown = lanes(report, most).lanes;
      return shown.length === 0 ? null : timelinePicture(shown, timelineAxis(report, shown), width);
    }
    default:
      return null;
  }
}
