/**
 * The sub-commands that need more than the front end. They are a program of their own (dist/cli-engine.js), so that `compile`
 * starts without loading simulator, catalogue and language server.
 */
import { isMainThread, workerData } from 'node:worker_threads';
import type { WorkerData } from './fleet/worker';

export const check = () => import('./check');
export const catalogue = () => import('./own-kernel/catalogue');
export const simulate = () => import('./simulate');
export const explain = () => import('./explain');
export const collect = () => import('./collect');
export const iommus = () => import('./iommus');
export const rules = () => import('./rules');
export const lsp = () => import('./lsp');
export const translate = () => import('./translate');
export const review = () => import('./fleet/review');
export const diff = () => import('./fleet/diff');
export const merge = () => import('./fleet/merge');

// this program is also that of the worker threads
const data = workerData as Partial<WorkerData> | null;
if (!isMainThread && data?.smmuScope !== undefined) void import('./fleet/worker').then(({ serve }) => serve());
