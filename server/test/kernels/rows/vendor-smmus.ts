/** What vendors make of the Arm SMMU. */
import { domainType, master, realSmmu, v2 } from '../boards';
import type { Row } from '../row';

/** A Qualcomm SMMU with a master, and the firmware that its driver waits for. */
const qcom = (smmu: string, client: string): Pick<Row, 'soc' | 'options' | 'see'> => ({
  soc: `scm: scm { compatible = "qcom,scm"; };${v2.replace('"arm,smmu-v2"', `"${smmu}", "arm,mmu-500"`)}${master(0, '', `oracle,client", "${client}`)}`,
  options: { ...realSmmu, config: { CONFIG_ARM_SMMU_QCOM: 'y', CONFIG_QCOM_SCM: 'y' } },
  see: domainType,
});
/** NVIDIA's, without the memory controller that it may ask for. */
const nvidia = (part: string, blocks: 1 | 2): Pick<Row, 'soc' | 'options' | 'see'> => ({
  soc: v2
    .replace('"arm,smmu-v2"', `"nvidia,${part}-smmu", "nvidia,smmu-500"`)
    .replace('0x20000>;', `0x20000>${blocks === 2 ? ', <0 0xd000000 0 0x20000>' : ''};`),
  options: { ...realSmmu, config: { CONFIG_TEGRA_MC: null } },
  see: (report) => report.devices.find((d) => d.name === 'c000000.iommu')?.status,
});

export const VENDOR_SMMUS: readonly Row[] = [
  {
    flag: 'qcomSmmus',
    from: '4.12',
    to: '5.10',
    ...qcom('qcom,sdm845-smmu-500', 'qcom,sdm845-mdss'),
    expect: ['DMA', 'identity', 'DMA'],
  },
  {
    flag: 'qcomSmmus',
    from: '5.10',
    to: '5.15',
    ...qcom('qcom,sm8350-smmu-500', 'qcom,mdss'),
    expect: ['DMA', 'identity', 'DMA'],
  },
  {
    flag: 'qcomSmmus',
    from: '5.15',
    to: '6.1',
    ...qcom('qcom,sm8450-smmu-500', 'qcom,mdss'),
    expect: ['DMA', 'identity', 'DMA'],
  },
  {
    flag: 'qcomSmmus',
    from: '6.1',
    to: '6.6',
    ...qcom('qcom,sm8550-smmu-500", "qcom,smmu-500', 'qcom,mdss'),
    expect: ['DMA', 'identity', 'DMA'],
  },
  {
    flag: 'qcomIdentityMasters',
    from: '4.12',
    to: '5.10',
    ...qcom('qcom,sdm845-smmu-500', 'qcom,sdm845-mdss'),
    expect: ['DMA', 'identity', 'DMA'],
  },
  {
    flag: 'qcomIdentityMasters',
    from: '5.10',
    to: '5.15',
    ...qcom('qcom,sdm845-smmu-500', 'qcom,sc8180x-mdss'),
    expect: ['DMA', 'identity', 'DMA'],
  },
  {
    flag: 'qcomIdentityMasters',
    from: '5.15',
    to: '6.1',
    ...qcom('qcom,sm8250-smmu-500', 'qcom,sm8250-mdss'),
    expect: ['DMA', 'identity', 'DMA'],
  },
  { flag: 'nvidiaSmmus', from: '4.12', to: '5.10', ...nvidia('tegra194', 1), expect: ['bound', 'rejected', 'bound'] },
  { flag: 'nvidiaSmmus', from: '5.10', to: '5.15', ...nvidia('tegra194', 2), expect: ['bound', 'rejected', 'bound'] },
  { flag: 'nvidiaSmmus', from: '5.15', to: '6.1', ...nvidia('tegra234', 2), expect: ['bound', 'rejected', 'bound'] },
  ...(['6.1', '6.18'] as const).map(
    (from): Row => ({
      flag: 'qcomIdentityMasters',
      from,
      to: from === '6.1' ? '6.6' : '7.3',
      soc: `scm: scm { compatible = "qcom,scm"; };${v2.replace('"arm,smmu-v2"', '"qcom,sm8550-smmu-500", "qcom,smmu-500", "arm,mmu-500"')}${master(0, '', `oracle,client", "qcom,${from === '6.1' ? 'sm8450' : 'glymur'}-mdss`)}`,
      options: { ...realSmmu, config: { CONFIG_ARM_SMMU_QCOM: 'y', CONFIG_QCOM_SCM: 'y' } },
      see: domainType,
      expect: ['DMA', 'identity', 'DMA'],
    }),
  ),
];
