// Explained boot logs that the panel is tried on.

/** An explained log, as the server makes one. */
export function bootLog(device, group) {
  const entry = {
    type: 'fault',
    line: 3,
    lastLine: 9,
    count: 2,
    repeats: '2 times, lines 3 to 9',
    text: 'arm-smmu 15000000.iommu: <img src=x onerror="window.hacked=1"> Unhandled context fault',
    printedBy: 'arm_smmu_context_fault',
    headline: 'arm-smmu: translation fault on a write at IOVA 0xfffe1000, stream 0x1080',
    details: ['FSR.TF: translation fault'],
    finding: true,
    links: [{ role: 'master', device, property: 'iommus', place: null }],
    address: { iova: '0xfffe1000', range: ['0xfffe1000', '0xfffe1000'], text: 'past the end', device, group },
    causes: [{ text: '<b>a buffer is too short</b>', because: 'the boot on paper' }],
  };
  const cycle = { ...entry, type: 'cycle', finding: false, address: null, causes: [], headline: 'a and b' };
  const compared = { device, line: 1, actual: 2, predicted: group, verdict: 'same', text: 'as predicted' };
  return {
    kernel: ['kernel:  Linux 6.12.1 (line 1)'],
    entries: [entry, cycle],
    comparison: { devices: [compared], sameOrder: false, deferred: {}, agrees: false },
    found: true,
  };
}
