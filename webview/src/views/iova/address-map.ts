/** One IOVA map on a canvas: zoom, pan, hover, and keys; what it shows stands in the list below too. */
import { formatSize } from '../../../../server/src/drawing/address';
import {
  type DomainMap,
  formatRange,
  groupName,
  type MapRegion,
  regionDetails,
} from '../../../../server/src/drawing/iova';
import { type MapPicture, mapPicture, usualMapHeight } from '../../../../server/src/drawing/iova-picture';
import { pan, showing, type Window, wholeAxis, zoom } from '../../../../server/src/drawing/window';
import { paint } from '../../canvas/paint';
import { onTheme, theme } from '../../canvas/theme';
import { signButton } from '../../controls';
import { h } from '../../dom';
import type { Tooltip } from './tooltip';

/** How high each map was when it was last drawn, so that it has that room before it is drawn again. Grows by what is looked at. */
const lastDrawn = new Map<string, { readonly height: number; readonly unlabelled: number }>();

export interface AddressMapOptions {
  /** Tells this map from the others of the panel, over updates. */
  readonly key: string;
  readonly window: Window;
  readonly onWindow: (window: Window) => void;
  /** An address to mark, or null. */
  readonly marked: bigint | null;
  readonly faults: readonly bigint[];
  readonly onHover: (region: MapRegion | null) => void;
  readonly onOpen: (region: MapRegion) => void;
}

export interface AddressMap {
  readonly element: HTMLElement;
  /** Zooms in, out, and back. */
  readonly buttons: HTMLElement;
  /** Draws for a width in pixels; does nothing when it has been drawn so. */
  resize(width: number): void;
  /** Emphasizes one region, or none. */
  highlight(region: MapRegion | null): void;
  /** Zooms to a region. */
  showRegion(region: MapRegion): void;
  /** The drawing as it is now. */
  picture(): MapPicture;
}

export function addressMap(map: DomainMap, tooltip: Tooltip, options: AddressMapOptions): AddressMap {
  const { marked, faults } = options;
  let window = options.window;
  let width = 0;
  let lit: MapRegion | null = null;
  let chosen = -1;
  let drawn: MapPicture | null = null;
  let rows = 0;
  let asked = false;
  const name = map.devices.join(', ') || groupName(map.domain);
  const canvas = h('canvas', {
    class: 'map',
    role: 'img',
    tabindex: 0,
    'aria-label': `IOVA map of ${name}, ${map.regions.length} regions; the list below has them all. Plus and minus zoom, left and right move, up and down go from region to region, Enter opens its source, 0 shows all.`,
  });
  const hint = h('p', { class: 'note map-hint', hidden: true });
  const showHint = (unlabelled: number): void => {
    hint.hidden = unlabelled === 0;
    hint.textContent = `${unlabelled} more gaps: zoom in to read their sizes, or open the list.`;
  };
  const before = lastDrawn.get(options.key);
  canvas.style.height = `${before?.height ?? usualMapHeight}px`;
  showHint(before?.unlabelled ?? 0);

  function draw(): void {
    asked = false;
    if (width === 0) return;
    drawn = mapPicture(map, { window, width, marked, faults, lit, rows });
    rows = drawn.rows;
    paint(canvas, drawn, theme());
    const { height, unlabelled } = drawn;
    showHint(unlabelled);
    lastDrawn.set(options.key, { height, unlabelled });
  }
  /** Draws with the next frame, once however often it is asked. */
  function drawSoon(): void {
    if (asked) return;
    asked = true;
    requestAnimationFrame(draw);
  }
  const themed = () => drawSoon();
  onTheme(themed);
  // the canvas keeps its listener alive
  Object.assign(canvas, { themed });

  const change = (next: Window) => {
    window = next;
    options.onWindow(next);
    drawSoon();
  };
  const middle = () => (window.from + window.to) / 2;
  const buttons = h(
    'span',
    { class: 'zoom' },
    signButton('minus', 'Zoom out', () => change(zoom(window, 0.5, middle()))),
    signButton('plus', 'Zoom in', () => change(zoom(window, 2, middle()))),
    signButton('whole', 'Show the whole aperture', () => change(wholeAxis)),
  );

  const hitAt = (x: number, y: number): MapRegion | null => {
    if (drawn === null || y < drawn.band.top || y > drawn.band.top + drawn.band.height) return null;
    // the last drawn lies on top
    return drawn.hits.filter(({ left, right }) => x >= left && x <= right).at(-1)?.region ?? null;
  };
  const positionAt = (x: number) =>
    drawn === null ? 0 : window.from + ((x - drawn.margin) / (width - 2 * drawn.margin)) * (window.to - window.from);

  function light(region: MapRegion | null): void {
    if (region === lit) return;
    lit = region;
    options.onHover(region);
    drawSoon();
  }

  canvas.addEventListener('pointermove', (event) => {
    if (dragged !== null && event.buttons === 1) return drag(event);
    const region = hitAt(event.offsetX, event.offsetY);
    light(region);
    canvas.style.cursor = region === null ? 'default' : 'pointer';
    if (region !== null) return tooltip.show(regionDetails(region), event.clientX, event.clientY);
    const at = positionAt(event.offsetX);
    const gap = map.layout.gaps.find(({ from, to }) => at >= from && at <= to);
    if (gap === undefined || event.offsetY > (drawn?.height ?? 0)) return tooltip.hide();
    tooltip.show(
      [`${formatSize(gap.size)} empty`, formatRange(gap), 'drawn shorter than it is'],
      event.clientX,
      event.clientY,
    );
  });
  canvas.addEventListener('pointerleave', () => {
    light(null);
    tooltip.hide();
  });
  canvas.addEventListener(
    'wheel',
    (event) => {
      // Plain scrolling stays with the page; zooming wants Ctrl, as in the editor's own zoom.
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      change(zoom(window, event.deltaY < 0 ? 1.5 : 1 / 1.5, positionAt(event.offsetX)));
    },
    { passive: false },
  );

  let dragged: number | null = null;
  let moved = false;
  function drag(event: PointerEvent): void {
    const part = (dragged! - event.clientX) / (width - 20);
    if (Math.abs(part) < 0.004) return;
    moved = true;
    canvas.setPointerCapture(event.pointerId);
    dragged = event.clientX;
    change(pan(window, part));
  }
  canvas.addEventListener('pointerdown', (event) => {
    dragged = event.clientX;
    moved = false;
  });
  canvas.addEventListener('pointerup', () => {
    dragged = null;
  });
  canvas.addEventListener('click', (event) => {
    const region = moved ? null : hitAt(event.offsetX, event.offsetY);
    if (region !== null) options.onOpen(region);
  });

  function step(by: number): void {
    if (map.regions.length === 0) return;
    chosen = Math.min(map.regions.length - 1, Math.max(0, chosen < 0 ? 0 : chosen + by));
    const region = map.regions[chosen]!;
    const [from, to] = [map.layout.from[chosen]!, map.layout.to[chosen]!];
    if (from < window.from || to > window.to) change(showing(from, to));
    light(region);
    const box = canvas.getBoundingClientRect();
    const hit = drawn?.hits.find((each) => each.region === region);
    tooltip.show(regionDetails(region), box.left + (hit?.left ?? width / 2), box.bottom - 20);
  }
  const keys: Readonly<Record<string, () => void>> = {
    '+': () => change(zoom(window, 2, middle())),
    '=': () => change(zoom(window, 2, middle())),
    '-': () => change(zoom(window, 0.5, middle())),
    '0': () => change(wholeAxis),
    ArrowLeft: () => change(pan(window, -0.25)),
    ArrowRight: () => change(pan(window, 0.25)),
    ArrowUp: () => step(-1),
    ArrowDown: () => step(1),
    Enter: () => lit !== null && options.onOpen(lit),
    Escape: () => {
      light(null);
      tooltip.hide();
    },
  };
  canvas.addEventListener('keydown', (event) => {
    const action = keys[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });
  canvas.addEventListener('blur', () => tooltip.hide());

  return {
    element: h('div', { class: 'map-frame' }, canvas, hint),
    buttons,
    resize(next) {
      if (next === width || next < 120) return;
      width = next;
      draw();
    },
    highlight(region) {
      light(region);
    },
    showRegion(region) {
      const at = map.regions.indexOf(region);
      chosen = at;
      change(showing(map.layout.from[at]!, map.layout.to[at]!));
      light(region);
      canvas.scrollIntoView({ block: 'nearest' });
    },
    picture: () => drawn ?? mapPicture(map, { window, width: width || 720, marked, faults, lit: null, rows }),
  };
}
