/** A view as text for a mail or a bug: what can be read of it, without what is only there to be used. */

/** What a person uses, and what a drawing needs beside it. */
const left = '.bar, .legend, .map-hint, .play, select, button.sign-button, textarea, vscode-button, vscode-checkbox';
const blocks =
  'address, article, dd, details, div, dl, dt, fieldset, figure, h1, h2, h3, header, li, ol, p, section, summary, ul';

/**
 * @param root the view's element; it is not changed
 * @returns lines; a row of a table is one line, its cells parted by tabs
 */
export function viewText(root: HTMLElement): string {
  const lines: string[] = [];
  let line = '';
  const end = () => {
    const text = line.replaceAll(/[ \n]+/g, ' ').trim();
    if (text !== '') lines.push(text);
    line = '';
  };
  const walk = (node: Node): void => {
    if (node instanceof Text) line += node.data;
    if (!(node instanceof Element) || node.matches(left) || !node.checkVisibility()) return;
    if (node instanceof HTMLTableRowElement) {
      end();
      const cells = [...node.cells].map((cell) => viewText(cell).replaceAll(/\s*\n\s*/g, ', '));
      lines.push(cells.join('\t').trimEnd());
      return;
    }
    // a title is drawn nowhere, it only explains what is
    if (node.tagName === 'title') return;
    const block = node.matches(blocks) || node.tagName === 'g';
    if (block) end();
    if (node.tagName === 'H2' && lines.length > 0) lines.push('');
    for (const child of node.childNodes) walk(child);
    if (block) end();
    else if (node instanceof HTMLSpanElement || node.tagName === 'text') line += ' ';
  };
  for (const child of root.childNodes) walk(child);
  end();
  return lines.join('\n');
}
