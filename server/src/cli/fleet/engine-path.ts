/** The program that worker threads run. */
import { basename, dirname, join } from 'node:path';

/** dist/cli.js when this runs beside it in dist/cli-engine.js; null when run from source, where no thread could load it. */
export const ENGINE: string | null =
  typeof __filename === 'string' && basename(__filename) === 'cli-engine.js'
    ? join(dirname(__filename), 'cli.js')
    : null;
