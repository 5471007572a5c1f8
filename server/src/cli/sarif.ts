/** Findings as SARIF 2.1.0, the format code-scanning services read. */
import { createHash } from 'node:crypto';
import { isAbsolute } from 'node:path';
import { rulePage, rules } from '../language/rules';
import type { CheckFinding } from '../review/finding';
import type { Origin } from '../review/report';
import { uriOfPath } from '../source/uri';
import { packagePage, packageVersion } from '../workspace/package-files';

const LEVEL = { error: 'error', warning: 'warning', information: 'note', hint: 'note' } as const;
/** What relative file names are relative to: the folder that the program runs in. */
const BASE = 'SRCROOT';

/** A file as an artifact: percent-encoded; relative to BASE where it lies below the current folder. */
function artifact(file: string) {
  if (isAbsolute(file)) return { uri: uriOfPath(file) };
  // a first segment with a colon would read as a scheme
  const uri = file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
  return { uri, uriBaseId: BASE };
}

function location(f: { file: string; line: number; column: number; endLine?: number; endColumn?: number }) {
  return {
    physicalLocation: {
      artifactLocation: artifact(f.file),
      region: {
        startLine: f.line,
        startColumn: f.column,
        ...(f.endLine === undefined ? {} : { endLine: f.endLine, endColumn: f.endColumn }),
      },
    },
  };
}

/** The descriptors of our rules, then of every other code that was found: dtc's checks, the front end's. */
function descriptors(findings: readonly CheckFinding[]) {
  const ours = rules.map((rule) => {
    const page = packagePage(`docs/rules/${rule.code}.md`);
    return {
      id: `smmu/${rule.code}`,
      name: rule.code.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase()),
      shortDescription: { text: rule.title },
      fullDescription: { text: rule.why },
      help: { text: rule.fix, markdown: rulePage(rule) },
      ...(page === null ? {} : { helpUri: page }),
      defaultConfiguration: { level: LEVEL[rule.severity] },
    };
  });
  const known = new Set(ours.map((rule) => rule.id));
  const others = new Map<string, CheckFinding>();
  for (const finding of findings) if (!known.has(finding.code)) others.set(finding.code, finding);
  const rest = [...others.values()].map(({ code, severity }) => {
    const what = code.startsWith('cpp/')
      ? 'A problem that the C preprocessor finds'
      : code.startsWith('dts/')
        ? 'A problem in the text of a devicetree source'
        : 'A check of the devicetree compiler (dtc)';
    return {
      id: code,
      shortDescription: { text: `${what}: ${code.replace(/^\w+\//, '').replace(/[-_]/g, ' ')}` },
      defaultConfiguration: { level: LEVEL[severity] },
    };
  });
  return [...ours, ...rest];
}

/**
 * What a finding is, whatever line it moves to: the code, the file, and the message. Two equal ones are told apart by their
 * order in the file.
 */
function fingerprints(findings: readonly CheckFinding[]): string[] {
  const seen = new Map<string, number>();
  return findings.map(({ code, file, board, message }) => {
    const key = [code, file.replaceAll('\\', '/'), board, message].join('\n');
    const n = seen.get(key) ?? 0;
    seen.set(key, n + 1);
    return createHash('sha256').update(`${key}\n${n}`).digest('hex').slice(0, 32);
  });
}

/** One run with every rule described and every finding as a result. */
export function sarif(findings: readonly CheckFinding[], origin: Origin): unknown {
  const described = descriptors(findings);
  const indexes = new Map(described.map((rule, i) => [rule.id, i]));
  const marks = fingerprints(findings);
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'smmu-scope',
            version: packageVersion(),
            ...(/^\d+\.\d+\.\d+/.test(packageVersion()) ? { semanticVersion: packageVersion() } : {}),
            rules: described,
          },
        },
        columnKind: 'utf16CodeUnits',
        ...(Object.keys(origin).length === 0 ? {} : { properties: origin }),
        originalUriBaseIds: { [BASE]: { uri: `${uriOfPath(process.cwd())}/` } },
        results: findings.map((f, i) => ({
          ruleId: f.code,
          ruleIndex: indexes.get(f.code),
          level: LEVEL[f.severity],
          message: { text: f.message },
          locations: [location(f)],
          ...(f.related.length === 0
            ? {}
            : { relatedLocations: f.related.map((r, id) => ({ id, ...location(r), message: { text: r.message } })) }),
          partialFingerprints: { 'smmuScope/v1': marks[i] },
          properties: { board: f.board, ...(f.through === undefined ? {} : { through: f.through }) },
        })),
      },
    ],
  };
}
