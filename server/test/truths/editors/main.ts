/**
 * Real editors with the set-ups of docs/editors.md, as they stand there: `npm run test:editors [-- --only NAME]`. Each opens a board with
 * mistakes in it and says what its client has got: findings, hover, completion, a quick fix that repairs. Run as root on Debian
 * it installs what it lacks; elsewhere an editor that is not there is said so, and is a failure in CI.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { kate } from './kate';

const root = resolve('.');
const only = process.argv[process.argv.indexOf('--only') + 1] ?? '';
const wanted = process.argv.includes('--only') ? (name: string) => name.includes(only) : () => true;

interface Editor {
  readonly name: string;
  readonly program: string;
  readonly packages: readonly string[];
  /** What is looked at, when it is not everything. */
  readonly keys?: readonly string[];
  /** The command, after the set-up and the check were written beside the board. */
  run(folder: string): readonly string[];
}

/** A code block of docs/editors.md by its name. */
function setUp(name: string): string {
  const doc = readFileSync(join(root, 'docs/editors.md'), 'utf8');
  const block = new RegExp(`\`\`\`\\w+ ${name.replace('.', '\\.')}\n([\\s\\S]*?)\n\`\`\``).exec(doc)?.[1];
  if (block === undefined) throw new Error(`docs/editors.md has no block ${name}`);
  return block;
}

const BOARD = 'lab-m8-phone.dts';
/** What every editor must have got; each line is printed by the checks as `KEY: VALUE`. */
const EXPECTED: Readonly<Record<string, RegExp>> = {
  findings: /smmu\/cell-count.*smmu\/stream-overlap|smmu\/stream-overlap.*smmu\/cell-count/s,
  hover: /apps_smmu|iommu@15000000/,
  completion: /&apps_smmu/,
  fixed: /<&apps_smmu M8_SID_CAMERA 0x0>/,
};

const LUA_CHECK = `
local function say(key, value) io.stdout:write(key .. ': ' .. tostring(value):gsub('\\n', ' ') .. '\\n') end
local function codes()
  local all = {}
  for _, d in ipairs(vim.diagnostic.get(0)) do all[#all + 1] = tostring(d.code or (d.user_data and d.user_data.lsp and d.user_data.lsp.code)) end
  return table.concat(all, ' ')
end
vim.wait(30000, function() return codes():find('smmu/cell%-count') ~= nil and codes():find('overlap') ~= nil end, 50)
say('findings', codes())
local function place(text, move)
  for n, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local at = line:find(text, 1, true)
    if at then return { line = n - 1, character = at - 1 + move } end
  end
end
local document = vim.lsp.util.make_text_document_params()
local function ask(method, params)
  for _, answer in pairs(vim.lsp.buf_request_sync(0, method, params, 30000) or {}) do
    if answer.result then return answer.result end
  end
end
local hover = ask('textDocument/hover', { textDocument = document, position = place('iommus = <&apps_smmu M8_SID_VIDEO', 2) })
say('hover', hover and hover.contents.value or 'none')
local list = ask('textDocument/completion', { textDocument = document, position = place('&apps_smmu M8_SID_VIDEO', 1) })
local labels = {}
for _, item in ipairs((list or {}).items or {}) do labels[#labels + 1] = item.label end
say('completion', table.concat(labels, ' '))
local at = place('&apps_smmu M8_SID_CAMERA', 2)
local actions = ask('textDocument/codeAction', { textDocument = document, range = { start = at, ['end'] = at }, context = { diagnostics = {} } })
for _, action in ipairs(actions or {}) do
  if action.isPreferred then vim.lsp.util.apply_workspace_edit(action.edit, 'utf-16') end
end
for _, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do if line:find('M8_SID_CAMERA', 1, true) then say('fixed', line) end end
vim.cmd('qa!')
`;

const ELISP_CHECK = `
(defun say (key value) (princ (format "%s: %s\\n" key (replace-regexp-in-string "\\n" " " (format "%s" value)))))
(defun wait-until (done) (let ((n 0)) (while (and (not (funcall done)) (< n 600)) (accept-process-output nil 0.05) (setq n (1+ n)))))
(setq eglot-sync-connect 30 eglot-connect-timeout 30)
(find-file "${BOARD}")
(wait-until (lambda () (ignore-errors (eglot-current-server))))
(unless (eglot-current-server) (call-interactively #'eglot))
(flymake-mode 1)
(flymake-start)
(defun texts () (mapconcat #'flymake-diagnostic-text (flymake-diagnostics) " "))
(wait-until (lambda () (flymake-start) (and (string-match-p "takes 2 cells" (texts)) (string-match-p "overlaps" (texts)))))
(say "findings" (replace-regexp-in-string "takes 2 cells" "smmu/cell-count" (replace-regexp-in-string "overlaps" "smmu/stream-overlap" (texts))))
(goto-char (point-min)) (search-forward "M8_SID_VIDEO") (search-backward "iommus") (forward-char 2)
(say "hover" (plist-get (plist-get (jsonrpc-request (eglot--current-server-or-lose) :textDocument/hover (eglot--TextDocumentPositionParams)) :contents) :value))
(search-forward "<&")
(say "completion" (mapconcat (lambda (item) (plist-get item :label)) (plist-get (jsonrpc-request (eglot--current-server-or-lose) :textDocument/completion (eglot--TextDocumentPositionParams)) :items) " "))
(goto-char (point-min)) (search-forward "&apps_smmu M8_SID_CAMERA") (backward-char 3)
(let ((actions (jsonrpc-request (eglot--current-server-or-lose) :textDocument/codeAction
                (list :textDocument (eglot--TextDocumentIdentifier)
                      :range (list :start (eglot--pos-to-lsp-position) :end (eglot--pos-to-lsp-position))
                      :context (list :diagnostics [])))))
  (seq-doseq (action actions)
    (when (eq (plist-get action :isPreferred) t) (eglot--apply-workspace-edit (plist-get action :edit)))))
(goto-char (point-min)) (search-forward "M8_SID_CAMERA")
(say "fixed" (buffer-substring-no-properties (line-beginning-position) (line-end-position)))
(kill-emacs 0)
`;

const EDITORS: readonly Editor[] = [
  {
    name: 'Neovim',
    program: 'nvim',
    packages: ['neovim'],
    run(folder) {
      const version = /v(\d+)\.(\d+)/.exec(spawnSync('nvim', ['--version'], { encoding: 'utf8' }).stdout);
      const old = version?.[1] === '0' && Number(version[2]) < 8;
      writeFileSync(join(folder, 'init.lua'), setUp(old ? 'neovim-0.7' : 'neovim'));
      writeFileSync(join(folder, 'check.lua'), LUA_CHECK);
      return ['nvim', '--headless', '-n', '-u', 'init.lua', BOARD, '-c', 'luafile check.lua'];
    },
  },
  {
    name: 'Emacs (Eglot)',
    program: 'emacs',
    packages: ['emacs-nox', 'elpa-eglot'],
    run(folder) {
      // Debian's packages of Emacs lie where a site's start file finds them, which --batch does not read
      const site =
        '(let ((d "/usr/share/emacs/site-lisp/elpa/")) (when (file-directory-p d) (dolist (p (directory-files d t "^[a-z]")) (add-to-list \'load-path p))))\n';
      writeFileSync(join(folder, 'init.el'), `${site}${setUp('emacs')}\n`);
      writeFileSync(join(folder, 'check.el'), ELISP_CHECK);
      return ['emacs', '--batch', '-l', 'init.el', '-l', 'check.el'];
    },
  },
  {
    name: 'Kate',
    program: 'kate',
    packages: ['kate', 'xvfb', 'xauth', 'xdotool', 'openbox', 'dbus-x11'],
    // its Quick Fix applies everything that is offered: docs/editors.md says so
    keys: ['findings', 'hover', 'completion'],
    run: (folder) => kate(folder, BOARD, setUp('kate-syntax'), setUp('kate')),
  },
];

const has = (program: string): boolean => spawnSync('which', [program]).status === 0;

function install(packages: readonly string[]): void {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  spawnSync('apt-get', ['-qq', '-y', '--no-install-recommends', 'install', ...packages], {
    stdio: 'ignore',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}

function check(editor: Editor): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'scope-editor-'));
  try {
    cpSync(join(root, 'examples/mmu500'), folder, { recursive: true });
    // the command by its name, as the set-ups have it
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(
      join(bin, 'smmu-scope'),
      `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'dist/cli.js')}" "$@"\n`,
    );
    chmodSync(join(bin, 'smmu-scope'), 0o755);
    const [program = '', ...args] = editor.run(folder);
    const { stdout, stderr, error } = spawnSync(program, args, {
      cwd: folder,
      encoding: 'utf8',
      timeout: 180_000,
      env: {
        ...process.env,
        PATH: `${bin}:${process.env.PATH}`,
        HOME: folder,
        XDG_CONFIG_HOME: join(folder, '.config'),
        XDG_DATA_HOME: join(folder, '.local/share'),
      },
    });
    const said = new Map(
      stdout
        .split(/\r?\n/)
        .map((line): [string, string] => [line.split(': ')[0] ?? '', line.slice(line.indexOf(': ') + 2)]),
    );
    const expected = Object.entries(EXPECTED).filter(([key]) => editor.keys?.includes(key) ?? true);
    const wrong = expected.flatMap(([key, pattern]) =>
      pattern.test(said.get(key) ?? '') ? [] : [`${key}: ${said.get(key) ?? 'nothing'} is not ${pattern}`],
    );
    return wrong.length === 0 ? [] : [...wrong, `${error ?? ''}${stderr}`.slice(0, 2000)];
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

let failed = 0;
for (const editor of EDITORS.filter(({ name }) => wanted(name))) {
  if (!has(editor.program) || editor.packages.length > 1) install(editor.packages);
  if (!has(editor.program)) {
    console.log(`${editor.name}: ${editor.program} is not here`);
    if (process.env.CI === 'true') failed++;
    continue;
  }
  const problems = check(editor);
  if (problems.length > 0) failed++;
  console.log(
    `${editor.name}: ${problems.length === 0 ? (editor.keys ?? Object.keys(EXPECTED)).join(', ') : `WRONG\n  ${problems.join('\n  ')}`}`,
  );
}
process.exitCode = failed === 0 ? 0 : 1;
