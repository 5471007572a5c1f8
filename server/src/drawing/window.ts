/** The visible part of an axis: zoom and pan, as plain arithmetic. */

/** Two positions, 0 <= from < to <= 1. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

export const wholeAxis: Window = { from: 0, to: 1 };

/** The deepest zoom. */
const narrowest = 1 / 4096;

/** Zooms by a factor (above 1: closer) and keeps the position `at` where it is on screen. */
export function zoom(window: Window, factor: number, at: number): Window {
  const width = Math.min(1, Math.max(narrowest, (window.to - window.from) / factor));
  const part = (at - window.from) / (window.to - window.from);
  return clamped(at - part * width, width);
}

/** Moves by a part of the visible width; stops at the ends. */
export function pan(window: Window, part: number): Window {
  const width = window.to - window.from;
  return clamped(window.from + part * width, width);
}

/** Shows a stretch with a margin on both sides. */
export function showing(from: number, to: number): Window {
  const width = Math.min(1, Math.max(narrowest, (to - from) * 3));
  return clamped((from + to) / 2 - width / 2, width);
}

function clamped(from: number, width: number): Window {
  const start = Math.min(1 - width, Math.max(0, from));
  return { from: start, to: start + width };
}
