/** What the floors above use of this room: what can be written at the cursor. */
export { completion, resolveCompletion } from './completion';
export { signatureHelp } from './signature-help';
