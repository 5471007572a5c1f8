/** What the floors above use of this room: where things are written and used. */
export { consumersOf, deviceAt, hierarchyItem, suppliersOf } from './call-hierarchy';
export { type Definitions, declaration, definition, typeDefinition } from './definition';
export { documentLinks } from './links';
export { highlights, references } from './references';
export { LabelRename, prepareRename } from './rename';
export { documentSymbols, workspaceSymbols } from './symbols';
