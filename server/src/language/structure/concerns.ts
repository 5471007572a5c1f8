/** Whether a place of a text is about IOMMUs: what stays ours where another devicetree server works too. */
import type { SourceFile } from '../../source/file';
import { IOMMU_PROPERTIES } from '../properties';
import { cursorAt } from './cursor';

const NAMES = new RegExp(`^(?:${[...IOMMU_PROPERTIES].map((name) => name.replace('#', '\\#')).join('|')})$`);

/** In a property of our subject, or on the name of one that is being written. */
export function concernsIommus(file: SourceFile, offset: number): boolean {
  const { property, word, place } = cursorAt(file, offset);
  if (property !== null && NAMES.test(property.name)) return true;
  if (place !== 'body' && place !== 'property-name') return false;
  const typed = word?.text ?? '';
  return typed !== '' && [...IOMMU_PROPERTIES].some((name) => name.startsWith(typed));
}
