/** What the floors above use of this room: the findings of a board, and what each means. */
export { ruleCodes, rules } from './all';
export { rulePage } from './docs';
export { findingsElsewhere } from './elsewhere';
export { type Diagnosis, diagnose, holdsAlone, type SeveritySettings } from './findings';
export { isMissingInclude } from './missing';
export type { Fix, Severity } from './rule';
