/** The golden file of stream findings, and the reasons that people wrote for them (reasons.txt). */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { DeviceTree, DtNode } from '../../../src/devicetree/model';
import { iommuView } from '../../../src/iommu/view';
import { defaultScenario } from '../../../src/simulator/scenario';
import { simulate } from '../../../src/simulator/simulate';
import { toPath } from '../../../src/workspace/files';
import { collectFindings, type StreamFinding } from './collect';

const GOLDEN = resolve('server/test/truths/streams/golden/upstream-6.12.txt');
const REASONS = resolve('server/test/truths/streams/reasons.txt');

/** What devices map makes no difference to who is refused. */
const WITHOUT_WORKLOADS = { ...defaultScenario, workloads: false };

/** A finding with the boards that have it. */
interface Row extends StreamFinding {
  enabledOn: number;
  disabledOn: number;
}

interface Reason {
  readonly kind: string;
  /** A pattern on file, provider and what. */
  readonly pattern: RegExp;
  readonly text: string;
  /** Written for a finding that is an error on an enabled pair. */
  readonly justifies: boolean;
  used: boolean;
}

/** Reads `kind | pattern | reason` lines; a reason that starts with `JUSTIFIED:` covers errors too. */
function readReasons(): Reason[] {
  return readFileSync(REASONS, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [kind = '', pattern = '', text = ''] = line.split(' | ').map((part) => part.trim());
      return {
        kind,
        pattern: new RegExp(pattern),
        text: text.replace(/^JUSTIFIED: */, ''),
        justifies: text.startsWith('JUSTIFIED:'),
        used: false,
      };
    });
}

/** Gathers the findings of boards, one tree after the other. */
export class StreamGolden {
  private readonly rows = new Map<string, Row>();
  private readonly boards = new Map<string, Set<string>>();
  private looked = 0;

  constructor(private readonly root: string) {}

  /** Adds a board; one without IOMMUs costs nothing. */
  add(path: string, tree: DeviceTree): void {
    this.looked++;
    const view = iommuView(tree);
    if (view.masters.length + view.maps.length === 0) return;
    const report = simulate(tree, { board: path, path, kernel: '6.12', scenario: WITHOUT_WORKLOADS });
    const fileOf = (node: DtNode, property: string): string => {
      const span = node.properties.get(property)?.span;
      const file = span == null ? null : toPath(span.file.uri);
      return file === null ? path : relative(this.root, file);
    };
    for (const finding of collectFindings(tree, view, report, fileOf)) {
      const key = `${finding.kind} | ${finding.file} | ${finding.provider} | ${finding.what}`;
      let row = this.rows.get(key);
      if (row === undefined) {
        row = { ...finding, enabledOn: 0, disabledOn: 0 };
        this.rows.set(key, row);
        this.boards.set(key, new Set());
      } else if (finding.error && !row.error) {
        row = Object.assign(row, { error: true });
      }
      const seen = this.boards.get(key);
      if (seen === undefined || seen.has(path)) continue;
      seen.add(path);
      if (finding.enabled) row.enabledOn++;
      else row.disabledOn++;
    }
  }

  /** The golden text, and what is wrong with it: findings without a reason, reasons without a finding. */
  render(): { readonly text: string; readonly problems: readonly string[] } {
    const reasons = readReasons();
    const problems: string[] = [];
    const kinds = new Map<string, string[]>();
    const all = [...this.rows].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    for (const [key, row] of all) {
      const reason = reasons.find((entry) => entry.kind === row.kind && entry.pattern.test(key));
      if (reason === undefined) problems.push(`no reason: ${key}`);
      else if (row.error && !reason.justifies) problems.push(`an error on an enabled pair needs JUSTIFIED: ${key}`);
      if (reason !== undefined) reason.used = true;
      const on = [
        row.enabledOn > 0 ? `enabled on ${row.enabledOn}` : '',
        row.disabledOn > 0 ? `disabled on ${row.disabledOn}` : '',
      ];
      const line = `${row.error ? 'ERROR ' : ''}${row.file} | ${row.provider} | ${row.what} | ${on.filter((part) => part !== '').join(', ')} | ${reason?.text ?? '???'}`;
      const list = kinds.get(row.kind);
      if (list === undefined) kinds.set(row.kind, [line]);
      else list.push(line);
    }
    for (const reason of reasons)
      if (!reason.used) problems.push(`a reason without a finding: ${reason.kind} | ${reason.pattern.source}`);
    const summary = [...kinds].map(([kind, lines]) => {
      const boards = new Set(
        all.filter(([, row]) => row.kind === kind).flatMap(([key]) => [...(this.boards.get(key) ?? [])]),
      );
      const enabled = all.filter(([, row]) => row.kind === kind && row.enabledOn > 0).length;
      return `# ${kind}: ${lines.length} findings on ${boards.size} boards, ${enabled} of them with both sides enabled somewhere`;
    });
    const head = `# ${this.looked} boards; file | IOMMU | what | boards | reason (server/test/truths/streams/README.md)`;
    const body = [...kinds].flatMap(([kind, lines]) => ['', `== ${kind}`, ...lines]);
    return { text: `${[head, ...summary, ...body].join('\n')}\n`, problems };
  }

  /** Compares with the golden file, or writes it (BLESS=1). The lines say what is wrong. */
  check(): readonly string[] {
    const { text, problems } = this.render();
    if (process.env.BLESS !== undefined) writeFileSync(GOLDEN, text);
    const golden = existsSync(GOLDEN) ? readFileSync(GOLDEN, 'utf8') : '';
    if (golden === text) return problems;
    const old = new Set(golden.split('\n'));
    const now = new Set(text.split('\n'));
    return [
      ...problems,
      ...[...now].filter((line) => !old.has(line)).map((line) => `new: ${line}`),
      ...[...old].filter((line) => !now.has(line)).map((line) => `gone: ${line}`),
      'the findings differ from server/test/truths/streams/golden/upstream-6.12.txt (BLESS=1 npm run test:streams writes it)',
    ];
  }
}
