/** What the floors above use of this room: the shape of a text: outline, folding, selection, tokens, formatting. */
export { concernsIommus } from './concerns';
export { foldingRanges } from './folding';
export { formatRange } from './formatting';
export { selectionRanges } from './selection';
export { semanticTokens, TOKEN_MODIFIERS, TOKEN_TYPES } from './semantic-tokens';
