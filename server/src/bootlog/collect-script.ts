/**
 * `smmu-scope collect`: a POSIX shell script that gathers, on the board, everything that `explain` reads, into one text. It
 * needs a shell as busybox has it, and root only for what only root may read; what cannot be read is left out with a word.
 */

/** Marks before each part; `explain` reads parts by them. */
export const SECTION = '@@ smmu-scope: ';

export const COLLECT_SCRIPT = `#!/bin/sh
# Gathers what smmu-scope explain reads, into one text on standard output:
#   sh collect.sh > board.txt      (as root where possible; what cannot be read is said)
# ROOT=DIR reads a copied /sys, /proc and so on below DIR.
R=\${ROOT:-}
part() { printf '${SECTION}%s\\n' "$1"; }
text() { # name, file
  part "$1"
  if [ -r "$2" ]; then tr -d '\\000' < "$2"; printf '\\n'; else printf '(cannot read %s)\\n' "$2"; fi
}
text version "$R/proc/version"
text cmdline "$R/proc/cmdline"
text model "$R/proc/device-tree/model"
part groups
for g in "$R"/sys/kernel/iommu_groups/*; do
  [ -d "$g" ] || continue
  n=\${g##*/}
  type=
  [ -r "$g/type" ] && type=$(cat "$g/type")
  for d in "$g"/devices/*; do
    [ -e "$d" ] || [ -L "$d" ] || continue
    printf 'iommu_groups/%s/devices/%s type=%s\\n' "$n" "\${d##*/}" "$type"
  done
done
part devlink
for l in "$R"/sys/class/devlink/*; do
  [ -d "$l" ] || continue
  s=; t=
  [ -r "$l/status" ] && s=$(cat "$l/status")
  [ -r "$l/sync_state_only" ] && t=$(cat "$l/sync_state_only")
  printf 'devlink %s status=%s sync_state_only=%s\\n' "\${l##*/}" "$s" "$t"
done
D="$R/sys/kernel/debug"
if [ ! -r "$D/devices_deferred" ] && [ -z "$R" ] && [ "$(id -u)" = 0 ]; then mount -t debugfs none "$D" 2>/dev/null; fi
text devices_deferred "$D/devices_deferred"
text trace "$D/tracing/trace"
part dmesg
if [ -n "$R" ]; then cat "$R/dmesg" 2>/dev/null; else dmesg 2>/dev/null || printf '(dmesg needs root here)\\n'; fi
part fdt
if [ -r "$R/sys/firmware/fdt" ]; then
  if command -v base64 >/dev/null 2>&1; then base64 "$R/sys/firmware/fdt"
  elif command -v uuencode >/dev/null 2>&1; then uuencode -m "$R/sys/firmware/fdt" fdt
  else printf '(no base64 here)\\n'; fi
else printf '(cannot read /sys/firmware/fdt: run as root)\\n'; fi
part end
`;
