/** What the floors above use of this room: what is shown beside the text. */
export { codeLenses } from './code-lens';
export { INACTIVE, inactiveText } from './inactive';
export { inlayHints } from './inlay-hints';
export { mergedText } from './merged-text';
