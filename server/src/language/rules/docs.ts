/** The documentation page of a rule, from the rule itself. */
import type { Rule } from './rule';

/** The page of a rule, as a path from the root of the project and of the installed package. */
export function pageOf(code: string): string {
  return `docs/rules/${code}.md`;
}

/** An example without the marks of its finding. */
export function plainExample(text: string): string {
  return text.replace(/[«»]/g, '');
}

/** The page of a rule in Markdown. */
export function rulePage(rule: Rule): string {
  const lines = [`# smmu/${rule.code}`, '', `**${rule.title}.** Severity: ${rule.severity}.`, '', rule.why, ''];
  if (rule.bad !== '') lines.push('## Example', '', '```dts', plainExample(rule.bad), '```', '');
  if (rule.good !== '')
    lines.push(
      rule.bad === '' ? '## Example without the finding' : 'Without the finding:',
      '',
      '```dts',
      rule.good,
      '```',
      '',
    );
  lines.push(
    '## What to do',
    '',
    rule.fix,
    '',
    '## In the kernel',
    '',
    rule.kernel,
    '',
    '## To silence it',
    '',
    `On the line or the line above: \`// smmu-scope-ignore ${rule.code} the reason\`. For a whole project, in every editor and in CI: \`"severity": { "smmu/${rule.code}": "off" }\` in its \`smmu-scope.json\`; for oneself, the setting \`smmuScope.severity\` with the same.`,
    '',
  );
  return lines.join('\n');
}
