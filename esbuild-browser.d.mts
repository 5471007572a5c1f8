import type { Plugin } from 'esbuild';

/** Our own files that need Node, without their extension. */
export const STAND_INS: readonly string[];
export const forBrowser: Plugin;
