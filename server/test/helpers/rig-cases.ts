/**
 * What table tests of IOMMUs, groups and addresses have in common: nodes of the recordings' own test drivers, and the shape of
 * a case.
 */
import { it } from 'vitest';
import { type RigOptions, type RigResult, rig } from './rig';

/** The test IOMMU `oi` with one ID cell. */
export const iommu = (props = ''): string => `
  oi: iommu@a300000 { compatible = "oracle,iommu"; reg = <0 0xa300000 0 0x1000>; #iommu-cells = <1>; ${props} };`;

/** Operations of a test client: a page allocated, a page mapped, 64 KiB allocated. */
export const basic = '<1 0 4096 0>, <3 1 4096 0>, <1 2 65536 0>';

/** Where `basic` ends up from the top of 4 GiB down. */
export const first = ['alloc:0xfffff000', 'map:0xffffe000', 'alloc:0xfffe0000'];

/** The test client `cN`, which does `ops` when it has bound. */
export const client = (n: number, props: string, ops = basic, compatible = 'oracle,client'): string => `
  c${n}: client@a10${n}000 { compatible = "${compatible}"; reg = <0 0xa10${n}000 0 0x1000>; oracle,ops = ${ops}; ${props} };`;

/** The device name of `client(n, …)`. */
export const clientName = (n: number): string => `a10${n}000.client`;

/** A bus of two address and size cells around `child`. */
export const bus = (props: string, child: string): string => `
  bus: bus@b000000 { compatible = "simple-bus"; #address-cells = <2>; #size-cells = <2>; ranges; ${props} ${child} };`;

export interface Case {
  readonly what: string;
  readonly soc: string;
  readonly options?: RigOptions;
  readonly check: (result: RigResult) => void;
}

/** Runs as `it` cases. */
export function cases(list: readonly Case[]): void {
  it.each(list)('$what', ({ soc, options, check }) => check(rig(soc, options)));
}
