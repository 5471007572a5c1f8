/**
 * What dtc's versions do differently, as far as a blob or a check shows it. A kernel carries a dtc of its own (scripts/dtc), which
 * is often ahead of the release that its version names: what it does is told by its code, not by its number.
 */

/** One dtc. */
export interface DtcRules {
  /** As its `--version` prints it, without the word DTC. */
  readonly version: string;
  /** Names in a hand-written __symbols__ become labels of the nodes they lead to (generate_labels_from_tree; 1.8.0). */
  readonly symbolsAreLabels: boolean;
  /** A hand-written __fixups__ or __local_fixups__ is taken up, and nothing is entered there twice (fixup_phandles; 1.8.0). */
  readonly takesUpFixups: boolean;
  /** A node name that is only a unit address is an error (check_node_name_not_empty; 1.8.0). */
  readonly refusesEmptyNames: boolean;
  /** An I2C controller with an i2c-bus child is no bus itself (check_i2c_bus_bridge compares the right length; 1.8.0). */
  readonly findsI2cBusChild: boolean;
  /** A child's `ranges` makes #address-cells necessary (check_avoid_unnecessary_addr_size; 1.8.0). */
  readonly childRangesNeedCells: boolean;
  /** An interrupt-map's parent without #address-cells is warned about (check_interrupt_map; 1.8.0). */
  readonly interruptMapWantsCells: boolean;
  /** check_graph_child_address is there (up to 1.7.2). */
  readonly graphChildAddress: boolean;
  /** The paths of an overlay's aliases are checked, though they lead outside (check_alias_paths, up to 1.7.2). */
  readonly overlayAliasPaths: boolean;
  /** The checks that the tree's build switches off (`-Wno-…` in DTC_FLAGS); absent: those of Linux 7.3. */
  readonly silent?: readonly string[];
  /** The further ones that it switches off for this board alone (DTC_FLAGS_board). */
  readonly silentHere?: readonly string[];
}

/** dtc 1.8.1, which is Linux 7.3's too: for sources that stand in no tree with a dtc. */
export const NEWEST_DTC: DtcRules = {
  version: '1.8.1',
  symbolsAreLabels: true,
  takesUpFixups: true,
  refusesEmptyNames: true,
  findsI2cBusChild: true,
  childRangesNeedCells: true,
  interruptMapWantsCells: true,
  graphChildAddress: false,
  overlayAliasPaths: false,
};

/** The checks that a line of flags for dtc switches off. */
export const switchedOff = (flags: string): string[] => [...flags.matchAll(/-Wno-(\w+)/g)].map(([, name = '']) => name);

/**
 * The rules of a dtc from its source: `checks` and `livetree` are the texts of checks.c and livetree.c, `versionHeader` that of
 * version_gen.h (null when it is not there).
 */
export function dtcOfSource(checks: string, livetree: string, versionHeader: string | null): DtcRules {
  return {
    version: /DTC_VERSION\s+"(?:DTC )?([^"]*)"/.exec(versionHeader ?? '')?.[1] ?? 'unknown',
    symbolsAreLabels: livetree.includes('generate_labels_from_tree('),
    takesUpFixups: livetree.includes('append_unique_u32_to_property('),
    refusesEmptyNames: checks.includes('node_name_not_empty'),
    findsI2cBusChild: /child->basenamelen,\s*"i2c-bus"/.test(checks),
    childRangesNeedCells: /get_property\(child,\s*"ranges"\)/.test(checks),
    interruptMapWantsCells: checks.includes('using 0 as fallback'),
    graphChildAddress: checks.includes('check_graph_child_address'),
    overlayAliasPaths: !/DTSF_PLUGIN\)[^;]{0,200}get_node_by_path/s.test(checks),
  };
}
