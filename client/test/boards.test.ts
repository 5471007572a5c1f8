/** Which file the status bar and the commands are about, whatever has the focus. */
import { beforeEach, expect, test, vi } from 'vitest';

interface Editor {
  readonly document: { readonly languageId: string; readonly uri: unknown };
}

const window = vi.hoisted(() => ({
  active: undefined as Editor | undefined,
  visible: [] as Editor[],
  text: '',
  turn: (_: Editor | undefined): void => undefined,
}));

vi.mock('vscode', () => {
  class Uri {
    readonly scheme = 'file';
    constructor(readonly path: string) {}
    static parse = (text: string): Uri => new Uri(text.replace('file://', ''));
    toString = (): string => `file://${this.path}`;
  }
  const item = {
    set text(text: string) {
      window.text = text;
    },
    show: () => undefined,
  };
  class MarkdownString {
    appendMarkdown = () => this;
    appendText = () => this;
  }
  class EventEmitter {
    event = () => ({ dispose: () => undefined });
    fire = () => undefined;
  }
  return {
    Uri,
    EventEmitter,
    MarkdownString,
    StatusBarAlignment: { Right: 2 },
    l10n: { t: (text: string) => text },
    workspace: { asRelativePath: String },
    window: {
      createStatusBarItem: () => item,
      get activeTextEditor() {
        return window.active;
      },
      get visibleTextEditors() {
        return window.visible;
      },
      onDidChangeActiveTextEditor: (listener: (editor: Editor | undefined) => void) => {
        window.turn = listener;
        return { dispose: () => undefined };
      },
    },
  };
});

/** A server on which every file is a board of its own. */
const client = {
  sendRequest: async (_: string, { textDocument: { uri } }: { textDocument: { uri: string } }) => ({
    uri,
    name: uri.slice(uri.lastIndexOf('/') + 1),
    tree: 'folder',
    kernel: '6.12',
  }),
  debug: () => undefined,
};

async function boardsOf(active: string | null, visible: readonly string[] = []) {
  const { Uri } = await import('vscode');
  const { Boards } = await import('../src/boards');
  const editor = (name: string, languageId = 'dts'): Editor => ({
    document: { languageId, uri: Uri.parse(`file:///${name}`) },
  });
  window.active = active === null ? undefined : editor(active);
  window.visible = visible.map((name) => editor(name, name.endsWith('.dts') ? 'dts' : 'c'));
  const boards = new Boards(client as never, () => ({ dispose: () => undefined }));
  return { boards, uri: (name: string) => Uri.parse(`file:///${name}`), editor };
}

const shown = (name: string) => vi.waitFor(() => expect(window.text).toContain(name));

beforeEach(() => {
  window.text = '';
});

test('the active editor counts; leaving it for a panel or another language changes nothing', async () => {
  const { editor } = await boardsOf('a.dts');
  await shown('a.dts');
  window.turn(undefined);
  window.turn(editor('main.c', 'c'));
  await Promise.resolve();
  expect(window.text).toContain('a.dts');
  window.turn(editor('b.dts'));
  await shown('b.dts');
});

test('after a reload with the focus elsewhere, an editor in sight counts', async () => {
  await boardsOf(null, ['main.c', 'a.dts']);
  await shown('a.dts');
});

test('after a reload without an editor, the panel that came back counts, in sight or not', async () => {
  const { boards, uri } = await boardsOf(null);
  boards.look(uri('panel.dts'), true);
  await shown('panel.dts');
  boards.look(uri('other.dts'), true);
  expect(boards.currentFile?.path).toBe('/panel.dts');
});

test('a panel that gets the focus is what commands are about', async () => {
  const { boards, uri } = await boardsOf('a.dts');
  boards.look(uri('panel.dts'));
  await shown('panel.dts');
  expect(boards.currentFile?.path).toBe('/panel.dts');
});
