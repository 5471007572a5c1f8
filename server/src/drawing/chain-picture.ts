/** The drawing of one cluster of defer chains: who waits for whom, and by which property. */
import { cut } from './address';
import { type ChainCluster, edgePath, fittingGraph, maxNote, type PlacedEdge } from './chains';
import { charWidth, type Picture, roomOf, type Shape } from './picture';

/** @param room pixels there are from left to right */
export function chainPicture(cluster: ChainCluster, room: number): Picture {
  const placed = fittingGraph(cluster, charWidth, room);
  const shapes: Shape[] = [];
  for (const edge of placed.edges) {
    shapes.push({ shape: 'path', d: edgePath(edge.points, placed.direction), ink: 'muted' });
    const head = arrow(edge, placed.direction);
    if (head !== null) shapes.push({ shape: 'path', d: head, ink: 'muted', filled: true });
    const text = edge.properties.join(', ');
    if (text === '') continue;
    const { x, y } = edge.label;
    const width = roomOf(text) + 6;
    shapes.push({ shape: 'rect', x: x - width / 2, y: y - 9, width, height: 18, fill: 'card' });
    shapes.push({ shape: 'text', x, y: y + 4, text, ink: 'muted', anchor: 'middle', mono: true });
  }
  for (const { x, y, width, height, label, note, role, id } of placed.nodes) {
    const box = { x: x - width / 2, y: y - height / 2, width, height };
    const stroke = role === 'root' ? 'bad' : role === 'folded' ? 'muted' : 'care';
    shapes.push({ shape: 'rect', ...box, fill: 'card', stroke, dashed: role === 'folded', title: id });
    const top = note === '' ? y + 4 : y - 3;
    shapes.push({ shape: 'text', x, y: top, text: label, ink: 'text', anchor: 'middle', mono: true });
    if (note !== '')
      shapes.push({ shape: 'text', x, y: y + 13, text: cut(note, maxNote), ink: 'muted', anchor: 'middle' });
  }
  return { width: placed.width, height: placed.height, label: `What waits for ${cluster.root}`, shapes };
}

/** The head at the end of an edge. */
function arrow({ points }: PlacedEdge, direction: 'LR' | 'TB'): string | null {
  const end = points.at(-1);
  if (end === undefined) return null;
  const { x, y } = end;
  return direction === 'LR'
    ? `M${x - 7},${y - 4}L${x},${y}L${x - 7},${y + 4}Z`
    : `M${x - 4},${y - 7}L${x},${y}L${x + 4},${y - 7}Z`;
}
