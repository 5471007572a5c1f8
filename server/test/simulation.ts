/** The simulated boot as tests use it. */
import type { Simulate } from '../src/workspace/board';

export const simulateForTest: Simulate = () => null;
