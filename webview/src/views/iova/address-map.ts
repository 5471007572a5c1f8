/** One IOVA map drawn in SVG: regions on a compressed address axis, with zoom, hover texts and keys. */
import { scaleLinear } from 'd3-scale';
import { signButton } from '../../controls';
import { h, svg } from '../../dom';
import { formatAddress, formatSize } from '../../model/address';
import { chooseTicks } from '../../model/address-axis';
import { type DomainMap, formatRange, groupName, type MapRegion, regionDetails } from '../../model/iova';
import { pan, showing, type Window, wholeAxis, zoom } from '../../model/window';

const band = { top: 8, height: 44 };
const total = { height: 84 };
const margin = 10;
const least = 2;

export interface AddressMapOptions {
  readonly window: Window;
  readonly onWindow: (window: Window) => void;
  /** An address to mark, or null. */
  readonly marked: bigint | null;
  readonly onHover: (region: MapRegion | null) => void;
  readonly onOpen: (region: MapRegion) => void;
}

export interface AddressMap {
  readonly element: HTMLElement;
  /** Zooms in, out, and back. */
  readonly buttons: HTMLElement;
  /** Draws for a width in pixels. */
  resize(width: number): void;
  /** Marks one region, or none. */
  highlight(region: MapRegion | null): void;
  /** Zooms to a region. */
  showRegion(region: MapRegion): void;
}

export function addressMap(map: DomainMap, tooltip: HTMLElement, options: AddressMapOptions): AddressMap {
  let window = options.window;
  let width = 600;
  const last = map.axis.segments.at(-1)!;
  const labelRoom = 20 + 7.4 * formatAddress(last.start + last.size - 1n).length;
  const shapes = new Map<MapRegion, SVGElement>();
  const label = `IOVA map of ${map.devices.join(', ') || groupName(map.domain)}. Plus and minus zoom, arrows move, 0 shows all.`;
  const canvas = svg('svg', { class: 'map', height: total.height, role: 'group', 'aria-label': label, tabindex: 0 });

  const change = (next: Window) => {
    window = next;
    options.onWindow(next);
    draw();
  };
  const middle = () => (window.from + window.to) / 2;
  const buttons = h(
    'span',
    { class: 'zoom' },
    signButton('minus', 'Zoom out', () => change(zoom(window, 0.5, middle()))),
    signButton('plus', 'Zoom in', () => change(zoom(window, 2, middle()))),
    signButton('whole', 'Show the whole aperture', () => change(wholeAxis)),
  );

  function draw(): void {
    const x = scaleLinear()
      .domain([window.from, window.to])
      .range([margin, width - margin]);
    const clampX = (position: number) => Math.min(width - margin, Math.max(margin, x(position)));
    const inner = [
      svg('rect', { class: 'aperture', x: margin, y: band.top, width: width - 2 * margin, height: band.height }),
    ];
    const parts: SVGElement[] = [...inner];
    shapes.clear();
    for (const segment of map.axis.segments) {
      if (!segment.broken || segment.to <= window.from || segment.from >= window.to) continue;
      const drawn = gap(clampX(segment.from), clampX(segment.to), formatSize(segment.size));
      const lines = [`${formatSize(segment.size)} empty`, formatRange(segment), 'drawn shorter than it is'];
      drawn.addEventListener('mousemove', (event) => explain(lines, event.clientX, event.clientY));
      drawn.addEventListener('mouseleave', () => explain(null, 0, 0));
      parts.push(drawn);
    }
    for (const region of map.regions) {
      const from = map.axis.position(region.start);
      const to = map.axis.position(region.start + region.size);
      if (to <= window.from || from >= window.to) continue;
      const left = clampX(from);
      const shape = svg('rect', {
        class: `region kind-${region.kind}${region.assumption === null ? '' : ' assumed'}`,
        x: left,
        y: band.top,
        width: Math.max(least, clampX(to) - left - 1),
        height: band.height,
        rx: 2,
        tabindex: -1,
        role: 'img',
        'aria-label': regionDetails(region).join('. '),
        onmousemove: (event: MouseEvent) => hover(region, event.clientX, event.clientY),
        onmouseleave: () => hover(null, 0, 0),
        onclick: () => options.onOpen(region),
      });
      shapes.set(region, shape);
      parts.push(shape);
    }
    const bottom = band.top + band.height;
    const ticks = chooseTicks(map.axis, x, width, labelRoom);
    for (const { address, x: at, labelX } of ticks) {
      parts.push(svg('line', { class: 'tick', x1: at, x2: at, y1: bottom, y2: bottom + 6 }));
      const text = svg('text', { class: 'tick-label', x: labelX, y: bottom + 19, 'text-anchor': 'middle' });
      text.textContent = formatAddress(address);
      parts.push(text);
    }
    if (options.marked !== null) {
      const at = x(map.axis.position(options.marked));
      if (at >= margin && at <= width - margin) {
        parts.push(svg('line', { class: 'marked', x1: at, x2: at, y1: 1, y2: bottom + 4 }));
      }
    }
    canvas.setAttribute('viewBox', `0 0 ${width} ${total.height}`);
    canvas.setAttribute('width', String(width));
    canvas.replaceChildren(...parts);
  }

  function hover(region: MapRegion | null, clientX: number, clientY: number): void {
    options.onHover(region);
    explain(region === null ? null : regionDetails(region), clientX, clientY);
  }

  /** Shows lines at the pointer, the first one strong, the second an address range; null hides them. */
  function explain(lines: readonly string[] | null, clientX: number, clientY: number): void {
    if (lines === null) {
      tooltip.hidden = true;
      return;
    }
    const [title, range, ...rest] = lines;
    const others = rest.map((line) => h('div', {}, line));
    tooltip.replaceChildren(h('strong', {}, title), h('div', { class: 'mono' }, range), ...others);
    tooltip.hidden = false;
    const box = tooltip.getBoundingClientRect();
    const left = Math.min(clientX + 14, document.documentElement.clientWidth - box.width - 8);
    const below = clientY + 18 + box.height < document.documentElement.clientHeight;
    tooltip.style.left = `${Math.max(4, left)}px`;
    tooltip.style.top = `${below ? clientY + 18 : clientY - box.height - 12}px`;
  }

  canvas.addEventListener(
    'wheel',
    (event) => {
      // Plain scrolling stays with the page; zooming wants Ctrl, as in the editor's own zoom.
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = canvas.getBoundingClientRect();
      const part = (event.clientX - box.left - margin) / (box.width - 2 * margin);
      change(zoom(window, event.deltaY < 0 ? 1.5 : 1 / 1.5, window.from + part * (window.to - window.from)));
    },
    { passive: false },
  );
  const keys: Readonly<Record<string, () => Window>> = {
    '+': () => zoom(window, 2, middle()),
    '=': () => zoom(window, 2, middle()),
    '-': () => zoom(window, 0.5, middle()),
    '0': () => wholeAxis,
    ArrowLeft: () => pan(window, -0.25),
    ArrowRight: () => pan(window, 0.25),
  };
  canvas.addEventListener('keydown', (event) => {
    const next = keys[event.key];
    if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    change(next());
  });
  let dragged: number | null = null;
  canvas.addEventListener('pointerdown', (event) => {
    dragged = event.clientX;
  });
  canvas.addEventListener('pointermove', (event) => {
    if (dragged === null || event.buttons !== 1) return;
    const moved = (dragged - event.clientX) / (width - 2 * margin);
    if (Math.abs(moved) < 0.005) return;
    canvas.setPointerCapture(event.pointerId);
    dragged = event.clientX;
    change(pan(window, moved));
  });
  canvas.addEventListener('pointerup', () => {
    dragged = null;
  });

  draw();
  return {
    element: h('div', { class: 'map-frame' }, canvas),
    buttons,
    resize(next) {
      if (next === width || next < 120) return;
      width = next;
      draw();
    },
    highlight(region) {
      for (const [each, shape] of shapes) shape.classList.toggle('lit', each === region);
    },
    showRegion(region) {
      change(showing(map.axis.position(region.start), map.axis.position(region.start + region.size)));
      this.highlight(region);
      canvas.scrollIntoView({ block: 'nearest' });
    },
  };
}

/** A stretch of empty space drawn short: two slanted strokes and its true size. */
function gap(left: number, right: number, size: string): SVGElement {
  const middle = (left + right) / 2;
  const y = band.top;
  const group = svg('g', { class: 'gap' });
  group.append(svg('rect', { x: left, y, width: Math.max(0, right - left), height: band.height }));
  if (right - left > 9) {
    for (const shift of [-3, 2]) {
      group.append(svg('path', { d: `M${middle + shift - 2},${y + band.height}L${middle + shift + 4},${y}` }));
    }
  }
  if (right - left > 64) {
    const text = svg('text', { x: middle, y: y + band.height / 2 + 4, 'text-anchor': 'middle' });
    text.textContent = size;
    const box = svg('rect', {
      class: 'gap-label',
      x: middle - size.length * 3.6 - 4,
      y: y + band.height / 2 - 9,
      width: size.length * 7.2 + 8,
      height: 18,
    });
    group.append(box, text);
  }
  return group;
}

/** One sentence for a marked address. */
export const whereIs = (address: bigint, region: MapRegion | null): string =>
  region === null
    ? `${formatAddress(address)} is not mapped here`
    : `${formatAddress(address)} is byte ${formatAddress(address - region.start)} of ${formatRange(region)}`;
