/** The kernels that can be predicted, oldest first. */
export const KERNEL_VERSIONS = ['3.19', '4.12', '5.10', '5.15', '6.1', '6.6', '6.12', '6.18', '7.3'] as const;
export type KernelVersion = (typeof KERNEL_VERSIONS)[number];
