/**
 * A drawing as data: what the panel paints on a canvas, and what an export or the report page writes as SVG. Colours are
 * names of roles; who paints looks them up in the theme or in a palette of its own.
 */
import type { RegionKind } from '../simulator/report';

export type Ink =
  | 'text'
  | 'muted'
  | 'line'
  | 'soft'
  | 'card'
  | 'good'
  | 'care'
  | 'bad'
  | 'focus'
  | `kind-${RegionKind}`;

/** What tells kinds apart without colour. */
export type Pattern = 'diagonal' | 'back' | 'cross' | 'dots' | 'rows' | 'columns' | 'grid';

export interface RectShape {
  readonly shape: 'rect';
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly fill?: Ink;
  /** 0 to 1, of the fill. */
  readonly opacity?: number;
  readonly stroke?: Ink;
  readonly dashed?: boolean;
  readonly pattern?: Pattern;
  /** What it stands for, as a hover text in SVG: put together only where there is one, as most pictures are painted. */
  readonly title?: string | (() => string);
}

export interface LineShape {
  readonly shape: 'line';
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly ink: Ink;
  readonly width?: number;
  readonly dashed?: boolean;
}

export interface PathShape {
  readonly shape: 'path';
  /** As in SVG, with absolute commands M, L, C and Z. */
  readonly d: string;
  readonly ink: Ink;
  readonly filled?: boolean;
}

export interface TextShape {
  readonly shape: 'text';
  /** The baseline; `anchor` says which part of the text stands at x. */
  readonly x: number;
  readonly y: number;
  readonly text: string;
  readonly ink: Ink;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly mono?: boolean;
  readonly bold?: boolean;
  readonly title?: string;
}

export type Shape = RectShape | LineShape | PathShape | TextShape;

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** What it shows, for people who do not see it. */
  readonly label: string;
  readonly shapes: readonly Shape[];
}

/** Pixels of all text; a character of the fixed-width font is about this wide. */
export const textSize = 11;
export const charWidth = 6.7;
/** The width that a text may take, in pixels, in either font. */
export const roomOf = (text: string): number => text.length * charWidth;
