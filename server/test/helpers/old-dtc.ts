/** The rules of dtc 1.7.0 (Linux 6.12's), for tests of what changed since. */
import { type DtcRules, NEWEST_DTC } from '../../src/devicetree/dtc';

export const DTC_1_7: DtcRules = {
  ...NEWEST_DTC,
  version: '1.7.0-gbcd02b52',
  symbolsAreLabels: false,
  takesUpFixups: false,
  refusesEmptyNames: false,
  findsI2cBusChild: false,
  childRangesNeedCells: false,
  interruptMapWantsCells: false,
  graphChildAddress: true,
  overlayAliasPaths: true,
};
