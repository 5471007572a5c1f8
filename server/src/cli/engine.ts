/**
 * The sub-commands that need more than the front end. They are a program of their own (dist/cli-engine.js), so that `compile`
 * starts without loading simulator, catalogue and language server.
 */
export const check = () => import('./check');
export const simulate = () => import('./simulate');
export const explain = () => import('./explain');
export const collect = () => import('./collect');
export const iommus = () => import('./iommus');
export const rules = () => import('./rules');
export const lsp = () => import('./lsp');
export const translate = () => import('./translate');
