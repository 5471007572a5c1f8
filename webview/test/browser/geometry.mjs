// Whether any text of the page is cut or lies on other text: by the boxes that the browser gives, not by eye.

/** Runs in the page. Returns one line for each finding. */
export function geometryProblems() {
  const problems = [];
  const { clientWidth, scrollWidth } = document.documentElement;
  if (scrollWidth > clientWidth + 1) {
    const wide = [...document.querySelectorAll('body *')].filter(
      (each) => each.getBoundingClientRect().right > clientWidth + 1 && !each.closest('.table, .graph'),
    );
    problems.push(`the page is ${scrollWidth} wide in ${clientWidth}: ${wide.at(-1)?.outerHTML.slice(0, 120)}`);
  }
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (node.data.trim() === '' || parent === null || parent.closest('script, style, title, option, noscript'))
      continue;
    if (!parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const floating = parent.closest('.tooltip, .menu, .tab-menu, .tabs') !== null;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 1 || box.height < 1) continue;
      let clip = { left: box.left, right: box.right, top: box.top, bottom: box.bottom };
      for (let up = parent; up !== null && up !== document.documentElement; up = up.parentElement) {
        const style = getComputedStyle(up);
        if (up instanceof SVGElement && !(up instanceof SVGSVGElement)) continue;
        const [ox, oy] = [style.overflowX, style.overflowY];
        if (ox === 'visible' && oy === 'visible') continue;
        const frame = up.getBoundingClientRect();
        const scrolls = [ox, oy].some((value) => value === 'auto' || value === 'scroll');
        const said = style.textOverflow === 'ellipsis' && up.closest('[title], [aria-label]') !== null;
        const cut = box.right > frame.right + 1.5 || box.left < frame.left - 1.5 || box.bottom > frame.bottom + 3;
        if (cut && !scrolls && !said)
          problems.push(`cut: “${node.data.trim().slice(0, 60)}” in ${up.className || up.tagName}`);
        clip = {
          left: Math.max(clip.left, frame.left),
          right: Math.min(clip.right, frame.right),
          top: Math.max(clip.top, frame.top),
          bottom: Math.min(clip.bottom, frame.bottom),
        };
      }
      if (clip.right - clip.left < 1 || clip.bottom - clip.top < 1) continue;
      if (!floating) boxes.push({ ...clip, node, text: node.data.trim().slice(0, 40) });
    }
  }
  boxes.sort((a, b) => a.top - b.top);
  for (let i = 0; i < boxes.length && problems.length < 12; i++) {
    const a = boxes[i];
    for (let j = i + 1; j < boxes.length; j++) {
      const b = boxes[j];
      if (b.top >= a.bottom - 4) break;
      if (a.node === b.node) continue;
      const [x, y] = [Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - b.top];
      if (x > 2 && y > 4) problems.push(`overlap of ${x.toFixed(0)} by ${y.toFixed(0)}: “${a.text}” and “${b.text}”`);
    }
  }
  return problems;
}
