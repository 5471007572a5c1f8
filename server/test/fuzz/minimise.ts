/** Makes a failing text smaller. */

/**
 * The smallest text found that still fails: pieces are left out, lines first and then characters, halves before quarters, as long
 * as `fails` says yes and for at most `tries` questions.
 */
export function minimised(text: string, fails: (part: string) => boolean, tries: number): string {
  let left = tries;
  let best = text;
  for (const between of ['\n', '']) {
    let pieces = best.split(between);
    for (let size = Math.max(1, pieces.length >> 1); ; ) {
      let removed = false;
      for (let at = 0; at < pieces.length && left > 0; ) {
        const fewer = [...pieces.slice(0, at), ...pieces.slice(at + size)];
        left--;
        if (fails(fewer.join(between))) {
          pieces = fewer;
          removed = true;
        } else at += size;
      }
      if (left <= 0 || (size === 1 && !removed)) break;
      if (size > 1) size >>= 1;
    }
    best = pieces.join(between);
  }
  return best;
}
