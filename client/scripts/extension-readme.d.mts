/** The Markdown with its local pictures left out, and local links as plain text. */
export function extensionReadme(markdown: string): string;
