/** Of the package, a bundle for a browser knows its version; pages of rules are opened by the client. */
import type * as node from '../workspace/package-files';

/** Set by the build. */
declare const SMMU_SCOPE_VERSION: string;

export const packagePage: typeof node.packagePage = () => null;
export const packageVersion: typeof node.packageVersion = () => SMMU_SCOPE_VERSION;
