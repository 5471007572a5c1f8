/** Findings as SARIF 2.1.0, the format code-scanning services read. */
import { rulePage, rules } from '../language/rules';
import type { CheckFinding } from './finding';

const LEVEL = { error: 'error', warning: 'warning', information: 'note', hint: 'note' } as const;

/** One run with every rule described and every finding as a result. */
export function sarif(findings: readonly CheckFinding[]): unknown {
  const location = (f: { file: string; line: number; column: number; endLine?: number; endColumn?: number }) => ({
    physicalLocation: {
      artifactLocation: { uri: f.file.replace(/\\/g, '/') },
      region: {
        startLine: f.line,
        startColumn: f.column,
        ...(f.endLine === undefined ? {} : { endLine: f.endLine, endColumn: f.endColumn }),
      },
    },
  });
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'smmu-scope',
            rules: rules.map((rule) => ({
              id: `smmu/${rule.code}`,
              shortDescription: { text: rule.title },
              fullDescription: { text: rule.why },
              help: { text: rule.fix, markdown: rulePage(rule) },
              defaultConfiguration: { level: LEVEL[rule.severity] },
            })),
          },
        },
        results: findings.map((f) => ({
          ruleId: f.code,
          level: LEVEL[f.severity],
          message: { text: f.message },
          locations: [location(f)],
          relatedLocations: f.related.map((r, id) => ({ id, ...location(r), message: { text: r.message } })),
          properties: { board: f.board },
        })),
      },
    ],
  };
}
