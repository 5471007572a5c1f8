#!/usr/bin/env bash
# GNU cpp 12.2 (Debian's cpp-12), `##` between tokens that make none, as `- ## name` does in node names of devicetrees.
# Expected: an error, as for C. Seen: with -x assembler-with-cpp neither error nor warning; the two tokens stay, and whether
# white space stands between them depends on how the macro was called, though an argument's leading space counts nowhere else.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
apt-get -qq download cpp-12=12.2.0-14+deb12u1 libisl23 libmpc3 libmpfr6 libgmp10 libzstd1 zlib1g 2>/dev/null
for deb in *.deb; do dpkg -x "$deb" .; done
export LD_LIBRARY_PATH; LD_LIBRARY_PATH=$(echo "$work"/usr/lib/*-linux-gnu | tr ' ' ':')
cpp=$(echo usr/bin/*cpp-12 | cut -d' ' -f1)
$cpp --version | sed -n 1p
printf '%s\n' '#define P(a, b) a ## b' '#define T(x) #x' '#define S(x) T(x)' 'S(P(-,x)) S(P(-, x)) S(P( -,x))' > a.S
c=0; $cpp -P -x c a.S >/dev/null 2>c.txt || c=$?
asm=0; out=$($cpp -P -x assembler-with-cpp a.S 2>asm.txt) || asm=$?
echo "as C: status $c, $(grep -c 'error:' c.txt) errors; as assembler: status $asm, $(wc -c <asm.txt) bytes of complaint, output: $out"
[ "$c" != 0 ] && [ "$asm" = 0 ] && [ ! -s asm.txt ] && [ "$out" = '"-x" "- x" "-x"' ]
