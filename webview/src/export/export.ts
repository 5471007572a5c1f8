/** A view out of the panel: as text to the clipboard, as SVG or PNG, or everything as a page of HTML. */
import type { Picture } from '../../../server/src/drawing/picture';
import { toSvg } from '../../../server/src/drawing/svg';
import type { SimulationReport } from '../../../server/src/simulator/report';
import { paint } from '../canvas/paint';
import { theme } from '../canvas/theme';
import { h } from '../dom';
import type { Host } from '../frame/host';
import type { MenuItem } from '../frame/menu';
import type { View } from '../messages';
import { viewRow } from '../views/registry';
import { viewPicture } from './pictures';
import { viewText } from './text';

/** PNG of twice the size is sharp on paper and in a mail. */
const sharpness = 2;

/** @param body the element that shows the view */
export function exportItems(host: Host, report: SimulationReport, view: View, body: HTMLElement): MenuItem[] {
  const picture = viewPicture(report, view, Math.max(400, body.clientWidth));
  const name = `${report.board.replace(/\.\w+$/, '')}-${view}`;
  const items: MenuItem[] = [
    {
      text: 'Copy this view as text',
      action: () => {
        const title = `${report.board}, Linux ${report.kernelChosen.text}: ${viewRow(view).title}`;
        return host.ask({ kind: 'copy', text: `${title}\n\n${viewText(body)}\n` });
      },
    },
  ];
  if (picture !== null) {
    items.push(
      {
        text: 'Save its drawings as SVG …',
        action: () => {
          const content = toSvg(picture, theme().palette, theme().background);
          return host.ask({ kind: 'save', name: `${name}.svg`, content, encoding: 'utf8' });
        },
      },
      {
        text: 'Save its drawings as PNG …',
        action: () => host.ask({ kind: 'save', name: `${name}.png`, content: pngOf(picture), encoding: 'base64' }),
      },
    );
  }
  items.push({ text: 'Save the whole report as HTML …', action: () => host.ask({ kind: 'save-page' }) });
  return items;
}

function pngOf(picture: Picture): string {
  const canvas = h('canvas', {});
  const { palette, background, font, mono } = theme();
  const paper = { shape: 'rect', x: 0, y: 0, width: picture.width, height: picture.height, fill: 'card' } as const;
  const onPaper = { ...picture, shapes: [paper, ...picture.shapes] };
  paint(canvas, onPaper, { palette: { ...palette, card: background }, background, font, mono }, sharpness);
  const url = canvas.toDataURL('image/png');
  return url.slice(url.indexOf(',') + 1);
}
