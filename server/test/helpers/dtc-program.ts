/** Which rules a dtc that is installed follows. */
import { spawnSync } from 'node:child_process';
import { type DtcRules, NEWEST_DTC } from '../../src/devicetree/dtc';
import { DTC_1_7 } from './old-dtc';

/**
 * By what it does, as its version says too little: it refuses an empty node name from 1.8.0 on, and so do those of kernels that
 * took it over earlier.
 */
export function rulesOfProgram(dtc: string): DtcRules {
  const input = '/dts-v1/; / { @1 { }; };';
  const { status } = spawnSync(dtc, ['-q', '-q', '-I', 'dts', '-O', 'dtb', '-o', '/dev/null', '-'], { input });
  return status === 0 ? DTC_1_7 : NEWEST_DTC;
}
