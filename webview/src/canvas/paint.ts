/** Paints a picture on a canvas in the theme's colours. */
import type { Ink, Pattern, Picture, Shape } from '../../../server/src/drawing/picture';
import { textSize } from '../../../server/src/drawing/picture';
import { patternPaths, patternTile } from '../../../server/src/drawing/svg';
import type { Theme } from './theme';

const tiles = new Map<string, CanvasPattern | null>();

function tile(context: CanvasRenderingContext2D, pattern: Pattern, ink: string): CanvasPattern | null {
  const key = `${pattern} ${ink}`;
  const known = tiles.get(key);
  if (known !== undefined) return known;
  const canvas = new OffscreenCanvas(patternTile, patternTile);
  const small = canvas.getContext('2d');
  if (small === null) return null;
  small.strokeStyle = ink;
  small.globalAlpha = 0.5;
  small.stroke(new Path2D(patternPaths[pattern]));
  const made = context.createPattern(canvas, 'repeat');
  tiles.set(key, made);
  return made;
}

function paintShape(context: CanvasRenderingContext2D, shape: Shape, theme: Theme): void {
  const ink = (name: Ink) => theme.palette[name];
  switch (shape.shape) {
    case 'rect': {
      const { x, y, width, height } = shape;
      if (shape.fill !== undefined) {
        context.globalAlpha = shape.opacity ?? 1;
        context.fillStyle = ink(shape.fill);
        context.fillRect(x, y, width, height);
        context.globalAlpha = 1;
      }
      const pattern = shape.pattern === undefined ? null : tile(context, shape.pattern, ink('text'));
      if (pattern !== null) {
        context.fillStyle = pattern;
        context.fillRect(x, y, width, height);
      }
      if (shape.stroke !== undefined) {
        context.strokeStyle = ink(shape.stroke);
        context.lineWidth = 1;
        context.setLineDash(shape.dashed ? [3, 2] : []);
        context.strokeRect(x + 0.5, y + 0.5, Math.max(0, width - 1), Math.max(0, height - 1));
        context.setLineDash([]);
      }
      return;
    }
    case 'line':
      context.strokeStyle = ink(shape.ink);
      context.lineWidth = shape.width ?? 1;
      context.setLineDash(shape.dashed ? [4, 3] : []);
      context.beginPath();
      context.moveTo(shape.x1, shape.y1);
      context.lineTo(shape.x2, shape.y2);
      context.stroke();
      context.setLineDash([]);
      return;
    case 'path': {
      const path = new Path2D(shape.d);
      context.fillStyle = ink(shape.ink);
      context.strokeStyle = ink(shape.ink);
      context.lineWidth = 1;
      if (shape.filled) context.fill(path);
      else context.stroke(path);
      return;
    }
    case 'text':
      context.fillStyle = ink(shape.ink);
      context.font = `${shape.bold ? '600 ' : ''}${textSize}px ${shape.mono ? theme.mono : theme.font}`;
      context.textAlign = shape.anchor === 'middle' ? 'center' : shape.anchor;
      context.fillText(shape.text, shape.x, shape.y);
  }
}

/** @param ratio pixels of the canvas to one of the picture */
export function paint(
  canvas: HTMLCanvasElement,
  picture: Picture,
  theme: Theme,
  ratio = globalThis.devicePixelRatio || 1,
): void {
  const [width, height] = [Math.round(picture.width * ratio), Math.round(picture.height * ratio)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.style.width = `${picture.width}px`;
  canvas.style.height = `${picture.height}px`;
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, picture.width, picture.height);
  for (const shape of picture.shapes) paintShape(context, shape, theme);
}
