/** The first text of a scenario, made from the board's boot: valid, and open to be filled in with the schema's help. */

/** @param kernel the kernel that the settings ask for, or empty */
export const scenarioTemplate = (kernel: string): string => `{
  // What the devicetree cannot say: drivers outside the kernel's catalogue, what they do with DMA, facts of the hardware.
  // Every key is explained where you type it.
  "schema": 1,${kernel === '' ? '' : `\n  "kernel": ${JSON.stringify(kernel)},`}
  "dma": [
    // { "device": "/soc/ethernet@1000000", "dmaBits": 40, "ops": [{ "op": "alloc", "size": "0x10000" }] }
  ]
}
`;
