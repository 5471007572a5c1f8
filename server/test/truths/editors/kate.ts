/**
 * Kate with the set-up of docs/editors.md, in a window on an X server without a screen. What it gets and asks for is read from what
 * passes between it and the server.
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Its settings: no welcome page, the plugin on, and the answer to the question whether the command may run. */
const katerc = (command: string): string => `[General]
Startup Session=new
Show welcome view for new window=false

[Kate Plugins]
lspclientplugin=true

[lspclient]
AllowedServerCommandLines=${command}
`;

/** Passes everything on, and keeps what the server says. */
const server = (program: string, log: string): string => `#!/bin/sh
${program} "$@" | tee "${log}"
`;

/** Waits for words of the server, and looks and types as a person does. A window manager gives the window the focus. */
const drive = (board: string, log: string, line: number, column: number): string => `
said() { for i in $(seq 1 150); do grep -q "$1" "${log}" 2>/dev/null && return 0; sleep 0.2; done; return 1; }
openbox >/dev/null 2>&1 &
dbus-launch --exit-with-session kate -n --line ${line} --column ${column} "${board}" >/dev/null 2>&1 &
kate=$!
said smmu/cell-count && said smmu/stream-overlap
echo "findings: $(grep -ao 'smmu/[a-z-]*' "${log}" | sort -u | tr '\\n' ' ')"
sleep 2
xdotool key ctrl+space
said '"label":"&apps_smmu"'
echo "completion: $(grep -ao '"label":"[^"]*"' "${log}" | tr '\\n' ' ')"
xdotool key Escape; sleep 1; xdotool key Escape
eval $(xdotool getactivewindow getwindowgeometry --shell)
for y in $(seq $((Y + 110)) 12 $((Y + HEIGHT - 40))); do
  xdotool mousemove $((X + 225)) $y; sleep 0.2; xdotool mousemove_relative -- 2 1; sleep 1.3
  grep -aq '"contents":{.*apps_smmu' "${log}" && break
done
echo "hover: $(grep -ao '"contents":{.*' "${log}" | head -c 2000 | tr '\\n' ' ')"
kill $kate; wait $kate 2>/dev/null; sleep 1
`;

/** Writes the set-up below a home folder; the command that runs the check. `syntax` and `settings` are the blocks of the document. */
export function kate(folder: string, board: string, syntax: string, settings: string): readonly string[] {
  const write = (name: string, text: string): void => {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  const command = join(folder, 'bin/smmu-scope');
  const log = join(folder, 'server.log');
  write('bin/engine', readFileSync(command, 'utf8'));
  write('bin/smmu-scope', server(join(folder, 'bin/engine'), log));
  for (const name of ['engine', 'smmu-scope']) chmodSync(join(folder, 'bin', name), 0o755);
  write('.config/katerc', katerc(`${command} lsp --stdio`));
  write('.config/kate/lspclient/settings.json', settings);
  write('.local/share/org.kde.syntax-highlighting/syntax/dts.xml', syntax);
  const lines = readFileSync(join(folder, board), 'utf8').split('\n');
  const line = lines.findIndex((text) => text.includes('&apps_smmu M8_SID_VIDEO'));
  const column = (lines[line] ?? '').replace('\t', '    ').indexOf('&apps_smmu') + 2;
  write('drive.sh', drive(board, log, line + 1, column));
  return ['xvfb-run', '-a', 'bash', 'drive.sh'];
}
