/** The panel: draws the simulation report. */
export {};
