#!/usr/bin/env bash
# GNU grep 3.8: `grep -c` with its output in /dev/null. Expected: it reads all of its input, as with any other output.
# Seen: it stops at the first match, so that a timing of `grep -c … >/dev/null` times the first block of the file.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
apt-get -qq download grep=3.8-5 2>/dev/null
dpkg -x grep_*.deb .
grep=./bin/grep
$grep --version | sed -n 1p
# Whether the writer of 8 MB into the file that grep is given was cut off (not 0: the reader went away) or could write all (0).
mkfifo input
writer() {
  $grep -c match input >"$1" &
  local ended=0
  head -c 7999998 "$work/text" >input 2>complaint.txt || ended=$?
  wait $!
  echo "$ended"
}
yes match | head -c 7999998 >text || true
file=$(writer count.txt) null=$(writer /dev/null)
echo "to a file: the writer ended with $file, count $(cat count.txt); to /dev/null: the writer ended with $null"
[ "$file" = 0 ] && [ "$(cat count.txt)" = 1333333 ] && [ "$null" != 0 ]
