/** The page of the panel: no inline script, no inline style sheet, nothing from the network. */

export interface PageParts {
  readonly nonce: string;
  readonly script: string;
  readonly style: string;
  /** Where the page's own files come from, as a source of a content security policy. */
  readonly source: string;
}

/** The SHA-256 of nothing: what an empty style element holds. */
const emptyStyle = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";

/**
 * The policy of the page: no inline style. The toolkit adopts constructed style sheets, and puts one empty style element into
 * the head that it fills through the object model: its hash, that of no text at all, is allowed, and nothing else. VS Code
 * writes the theme's colours into the style attribute of `html` in front of the policy, and later through the object model,
 * which no policy refuses.
 */
const policyOf = ({ nonce, source }: PageParts): string =>
  `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${source} ${emptyStyle}; img-src data:; font-src ${source}`;

export function pageOf(parts: PageParts): string {
  const { nonce, script, style } = parts;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyOf(parts)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>SMMU Scope</title>
</head>
<body>
<main id="panel"></main>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
