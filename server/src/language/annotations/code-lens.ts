/** Code lenses: above masters and IOMMUs, how their boot went; a click opens the panel there. */

import type { CodeLens } from 'vscode-languageserver';
import type { DtNode } from '../../devicetree/model';
import { isEnabled } from '../../devicetree/read';
import { count } from '../../iommu/words';
import { STATUS_WORDS } from '../../simulator/words';
import { positionAt, type SourceFile } from '../../source/file';
import type { BoardSnapshot } from '../../workspace/board';
import { contextOf, nodeOf } from '../board-context';
import { outlineOf } from '../structure/outline';

/** What a lens opens; the client's command takes it as its argument. */
export interface LensTarget {
  readonly view: 'iova' | 'chains' | 'groups' | 'timeline';
  readonly device: string;
}

/** The lenses of a document; `command` makes the client's command from a title and a target. */
export function codeLenses(
  snapshot: BoardSnapshot,
  file: SourceFile,
  command: (title: string, target: LensTarget) => CodeLens['command'],
): CodeLens[] {
  const lenses: CodeLens[] = [];
  for (const written of outlineOf(file).nodes) {
    const node = nodeOf(snapshot, file, written);
    if (node === null) continue;
    const says = written.items.some(
      (i) => i.kind === 'property' && (i.name === 'iommus' || i.name === 'iommu-map' || i.name === '#iommu-cells'),
    );
    const concerned = says || (written.name.startsWith('&') && isOurs(snapshot, node));
    if (!concerned) continue;
    const at = positionAt(file, written.nameStart);
    const range = { start: at, end: positionAt(file, written.nameEnd) };
    for (const [title, target] of lensTexts(snapshot, node)) lenses.push({ range, command: command(title, target) });
  }
  return lenses;
}

function isOurs(snapshot: BoardSnapshot, node: DtNode): boolean {
  return (
    snapshot.view.provider(node) !== null || snapshot.view.master(node) !== null || snapshot.view.map(node) !== null
  );
}

function lensTexts(snapshot: BoardSnapshot, node: DtNode): [string, LensTarget][] {
  const { view, report } = snapshot;
  const context = contextOf(snapshot);
  const device = node.path;
  if (!isEnabled(node)) return [];
  const texts: [string, LensTarget][] = [];
  const provider = view.provider(node);
  if (provider !== null) {
    const uses = view.uses(provider);
    const masters = new Set(uses.filter((u) => u.enabled).map((u) => u.node)).size;
    const groups = report?.groups.filter((g) => g.provider === device).length;
    texts.push([
      `${count(masters, 'master')}${groups === undefined ? '' : `, ${count(groups, 'group')}`}`,
      { view: 'groups', device },
    ]);
  }
  const entry = context.device(node);
  if (entry === null) return texts;
  if (entry.group !== null && provider === null) {
    const others = (report?.groups.find((g) => g.id === entry.group)?.devices.length ?? 1) - 1;
    texts.push([
      `group ${entry.group}${others > 0 ? ` with ${count(others, 'other')}` : ''}${entry.domain === null ? '' : `, ${entry.domain}`}`,
      { view: 'iova', device },
    ]);
  } else if (provider === null && view.master(node) !== null && entry.status !== 'deferred')
    texts.push(['untranslated', { view: 'groups', device }]);
  if (entry.status === 'bound' && entry.boundAt !== null)
    texts.push([
      `probe ${entry.boundAt + 1}${entry.attempts > 1 ? ` after ${count(entry.attempts - 1, 'deferral')}` : ''}`,
      { view: 'timeline', device },
    ]);
  else if (entry.status === 'deferred')
    texts.push([
      `${STATUS_WORDS.deferred}${entry.deferReason ? `: ${entry.deferReason}` : ''}`,
      { view: 'chains', device },
    ]);
  else if (entry.status === 'no-driver') texts.push(['no driver', { view: 'timeline', device }]);
  else if (entry.status === 'failed' || entry.status === 'rejected')
    texts.push([`probe fails (${entry.error ?? '?'})`, { view: 'timeline', device }]);
  return texts;
}
