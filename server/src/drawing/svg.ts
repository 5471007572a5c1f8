/** A picture as a file of SVG that needs nothing else. */
import type { Ink, Pattern, Picture, Shape } from './picture';
import { textSize } from './picture';

export type Palette = Readonly<Record<Ink, string>>;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
/** Text as it may stand in an element or in a quoted attribute; characters that no XML may hold become spaces. */
export const escapeMarkup = (text: string): string =>
  [...text].map((c) => escapes[c] ?? (c < ' ' && c !== '\n' && c !== '\t' ? ' ' : c)).join('');

/** Strokes of a pattern on a tile of `patternTile` by `patternTile`. */
export const patternTile = 8;
export const patternPaths: Readonly<Record<Pattern, string>> = {
  diagonal: 'M-2,2L2,-2M0,8L8,0M6,10L10,6',
  back: 'M-2,6L2,10M0,0L8,8M6,-2L10,2',
  cross: 'M0,0L8,8M0,8L8,0',
  dots: 'M2,2L3,2M6,6L7,6',
  rows: 'M0,2L8,2M0,6L8,6',
  columns: 'M2,0L2,8M6,0L6,8',
  grid: 'M0,4L8,4M4,0L4,8',
};

const n = (value: number): string => String(Math.round(value * 100) / 100);

function shapeSvg(shape: Shape, palette: Palette): string {
  switch (shape.shape) {
    case 'rect': {
      const box = `x="${n(shape.x)}" y="${n(shape.y)}" width="${n(shape.width)}" height="${n(shape.height)}"`;
      const dash = shape.dashed ? ' stroke-dasharray="3 2"' : '';
      const stroke = shape.stroke === undefined ? '' : ` stroke="${palette[shape.stroke]}"${dash}`;
      const opacity = shape.opacity === undefined ? '' : ` fill-opacity="${shape.opacity}"`;
      const fill = shape.fill === undefined ? 'none' : palette[shape.fill];
      const words = typeof shape.title === 'function' ? shape.title() : shape.title;
      const title = words === undefined ? '' : `<title>${escapeMarkup(words)}</title>`;
      const rect = `<rect ${box} fill="${fill}"${opacity}${stroke}>${title}</rect>`;
      if (shape.pattern === undefined) return rect;
      return `${rect}<rect ${box} fill="url(#p-${shape.pattern})" pointer-events="none"/>`;
    }
    case 'line': {
      const { x1, y1, x2, y2, ink, width = 1, dashed } = shape;
      const ends = `x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}"`;
      return `<line ${ends} stroke="${palette[ink]}" stroke-width="${width}"${dashed ? ' stroke-dasharray="4 3"' : ''}/>`;
    }
    case 'path': {
      const paint = shape.filled ? `fill="${palette[shape.ink]}"` : `fill="none" stroke="${palette[shape.ink]}"`;
      return `<path d="${escapeMarkup(shape.d)}" ${paint}/>`;
    }
    case 'text': {
      const { x, y, text, ink, anchor, mono, bold, title } = shape;
      const font = `${mono ? ' font-family="ui-monospace, monospace"' : ''}${bold ? ' font-weight="600"' : ''}`;
      const more = title === undefined ? '' : `<title>${escapeMarkup(title)}</title>`;
      return `<text x="${n(x)}" y="${n(y)}" text-anchor="${anchor}" fill="${palette[ink]}"${font}>${escapeMarkup(text)}${more}</text>`;
    }
  }
}

/** @param background the paper's colour; none: transparent */
export function toSvg(picture: Picture, palette: Palette, background?: string): string {
  const { width, height, label, shapes } = picture;
  const used = new Set(shapes.flatMap((shape) => (shape.shape === 'rect' && shape.pattern ? [shape.pattern] : [])));
  const patterns = [...used].map(
    (pattern) =>
      `<pattern id="p-${pattern}" width="${patternTile}" height="${patternTile}" patternUnits="userSpaceOnUse"><path d="${patternPaths[pattern]}" fill="none" stroke="${palette.text}" stroke-opacity="0.55"/></pattern>`,
  );
  const paper = background === undefined ? '' : `<rect width="100%" height="100%" fill="${background}"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${n(width)}" height="${n(height)}" viewBox="0 0 ${n(width)} ${n(height)}" role="img" aria-label="${escapeMarkup(label)}" font-family="system-ui, sans-serif" font-size="${textSize}">${
    patterns.length > 0 ? `<defs>${patterns.join('')}</defs>` : ''
  }${paper}${shapes.map((shape) => shapeSvg(shape, palette)).join('')}</svg>`;
}

/** Several pictures below each other, each under a title, as one. */
export function stack(parts: readonly { readonly title: string; readonly picture: Picture }[], label: string): Picture {
  const shapes: Shape[] = [];
  let y = 0;
  for (const { title, picture } of parts) {
    shapes.push({ shape: 'text', x: 4, y: y + 16, text: title, ink: 'text', anchor: 'start', bold: true });
    y += 24;
    shapes.push(...picture.shapes.map((shape) => moved(shape, y)));
    y += picture.height + 10;
  }
  return { width: Math.max(120, ...parts.map(({ picture }) => picture.width)), height: Math.max(20, y), label, shapes };
}

function moved(shape: Shape, by: number): Shape {
  switch (shape.shape) {
    case 'rect':
    case 'text':
      return { ...shape, y: shape.y + by };
    case 'line':
      return { ...shape, y1: shape.y1 + by, y2: shape.y2 + by };
    case 'path': {
      let second = false;
      const d = shape.d.replace(/-?\d+(\.\d+)?/g, (number) => {
        second = !second;
        return second ? number : n(Number(number) + by);
      });
      return { ...shape, d };
    }
  }
}
