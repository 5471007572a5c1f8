/** The extension: starts the language server and hosts the panel. */
export function activate(): void {}
