/** The editor features, one line each: what the server says it can, and the handler. */
import {
  type CallHierarchyItem,
  type CompletionItem,
  type InlayHintParams,
  InsertTextFormat,
} from 'vscode-languageserver/node';
import { nodeAt } from '../devicetree/read';
import { codeLenses, inlayHints } from '../language/annotations';
import { completion, resolveCompletion, signatureHelp } from '../language/completion';
import { hover } from '../language/hover';
import { consumersOf, deviceAt, hierarchyItem, suppliersOf } from '../language/navigation';
import { offsetAt } from '../source/file';
import { plainText } from './client';
import { codeActions } from './code-actions';
import type { Feature } from './feature';
import { navigationFeatures } from './navigation';
import { commands, type RevealArguments } from './protocol';
import { rangeOf } from './session';

/** An item for a client that has no places to fill in. */
function withoutSnippet(item: CompletionItem): CompletionItem {
  if (item.insertTextFormat !== InsertTextFormat.Snippet) return item;
  const { insertTextFormat: _, textEdit, ...rest } = item;
  return {
    ...rest,
    ...(textEdit === undefined ? {} : { textEdit: { ...textEdit, newText: plainText(textEdit.newText) } }),
  };
}

export const features: readonly Feature[] = [
  {
    capabilities: { hoverProvider: true },
    attach: (c, s) =>
      c.onHover(
        s.at(({ snapshot, file }, offset) => {
          if (s.leaves(file, offset)) return null;
          const found = hover(snapshot, file, offset, s.kernelOf(snapshot));
          return (
            found && {
              contents: { kind: 'markdown', value: found.markdown },
              range: rangeOf(file, found.start, found.end),
            }
          );
        }),
      ),
  },
  {
    capabilities: {
      completionProvider: { triggerCharacters: ['&', '<', ' ', '"', '#', ',', '{', '/'], resolveProvider: true },
    },
    attach: (c, s) => {
      c.onCompletion(
        s.at(({ snapshot, file }, offset) => {
          if (s.leaves(file, offset)) return null;
          const list = completion(snapshot, file, offset);
          return list === null || s.client.snippets ? list : { ...list, items: list.items.map(withoutSnippet) };
        }),
      );
      c.onCompletionResolve((item) => {
        const snapshot = s.workspace.snapshot((item.data as { uri?: string } | undefined)?.uri ?? '');
        return snapshot === null ? item : resolveCompletion(snapshot, item);
      });
    },
  },
  {
    capabilities: { codeActionProvider: { codeActionKinds: ['quickfix', 'source.fixAll'] } },
    attach: (c, s) => c.onCodeAction(s.document((place, params) => codeActions(s, place, params))),
  },
  {
    capabilities: { codeLensProvider: { resolveProvider: false } },
    attach: (c, s) =>
      c.onCodeLens(
        s.document(({ snapshot, file }) =>
          s.settings.codeLens
            ? codeLenses(snapshot, file, (title, target) => {
                const argument: RevealArguments = { uri: s.theirs(file.uri), ...target };
                return s.client.commands.has(commands.reveal)
                  ? { title, command: commands.reveal, arguments: [argument] }
                  : { title, command: '' };
              })
            : [],
        ),
      ),
  },
  {
    capabilities: { inlayHintProvider: true },
    attach: (c, s) =>
      c.languages.inlayHint.on(
        s.document(({ snapshot, file }, { range }: InlayHintParams) =>
          s.settings.inlayHints
            ? inlayHints(snapshot, file, offsetAt(file, range.start), offsetAt(file, range.end))
            : [],
        ),
      ),
  },
  {
    capabilities: { signatureHelpProvider: { triggerCharacters: ['<', ' ', '&'] } },
    attach: (c, s) =>
      c.onSignatureHelp(
        s.at(({ snapshot, file }, offset) => (s.leaves(file, offset) ? null : signatureHelp(snapshot, file, offset))),
      ),
  },
  {
    capabilities: { callHierarchyProvider: true },
    attach: (c, s) => {
      const itemFor = (item: CallHierarchyItem) => ({ ...item, uri: s.theirs(item.uri) });
      c.languages.callHierarchy.onPrepare(
        s.at(({ snapshot, file }, offset) => {
          const node = deviceAt(snapshot, file, offset);
          const item = node === null ? null : hierarchyItem(snapshot, node);
          return item === null ? null : [itemFor(item)];
        }),
      );
      const stepsOf = (item: CallHierarchyItem, steps: typeof suppliersOf) => {
        const { board, path } = item.data as { board: string; path: string };
        const snapshot = s.workspace.snapshot(board);
        const node = snapshot === null ? null : nodeAt(snapshot.tree, path);
        return snapshot === null || node === null ? [] : steps(snapshot, node);
      };
      c.languages.callHierarchy.onOutgoingCalls(({ item }, token) =>
        s.run(null, token, () =>
          stepsOf(item, suppliersOf).map((step) => ({
            to: itemFor(step.item),
            fromRanges: step.spans.map((span) => rangeOf(span.file, span.start, span.end)),
          })),
        ),
      );
      c.languages.callHierarchy.onIncomingCalls(({ item }, token) =>
        s.run(null, token, () =>
          stepsOf(item, consumersOf).map((step) => ({
            from: itemFor(step.item),
            fromRanges: step.spans.map((span) => rangeOf(span.file, span.start, span.end)),
          })),
        ),
      );
    },
  },
  ...navigationFeatures,
];
