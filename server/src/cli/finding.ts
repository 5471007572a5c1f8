/** One finding as `--format json` prints it; lines and columns count from 1. */
export interface CheckFinding {
  /** The FILE given. */
  readonly board: string;
  /** The board through which an include was looked at; absent: the FILE is a board. */
  readonly through?: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly severity: 'error' | 'warning' | 'information' | 'hint';
  readonly code: string;
  readonly message: string;
  readonly rule: string | null;
  readonly related: readonly {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly message: string;
  }[];
}
