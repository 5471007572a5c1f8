/** Catalogues in files, as `smmu-scope catalogue` writes them. */
import { type KernelCatalogue, ownCatalogue } from '../../simulator/kernel/catalogue';
import type { CatalogueData } from '../../simulator/kernel/catalogue/data';
import { namedBytes, whyUnreadable } from '../regular-file';

const LISTS = ['buses', 'early', 'machines', 'drivers'] as const;
const TEXTS = ['kernel', 'symbols', 'gates', 'files'] as const;

/** Whether a value has the shape of a catalogue, down to the kinds of its rows' columns. */
function isCatalogue(value: unknown): value is CatalogueData {
  if (typeof value !== 'object' || value === null) return false;
  const data = value as Record<string, unknown>;
  const rowsOf = (name: string): readonly unknown[] => data[name] as readonly unknown[];
  const numbers = (row: readonly unknown[], from: number, to: number): boolean =>
    row.slice(from, to).length === to - from && row.slice(from, to).every((column) => Number.isSafeInteger(column));
  const isRow = (row: unknown): row is readonly unknown[] => Array.isArray(row);
  return (
    TEXTS.every((name) => typeof data[name] === 'string') &&
    LISTS.every((name) => Array.isArray(data[name])) &&
    typeof data.beforeCore === 'number' &&
    typeof data.configs === 'object' &&
    data.configs !== null &&
    Object.values(data.configs).every(
      (row) => row !== null && typeof row?.y === 'string' && typeof row.m === 'string' && typeof row.other === 'object',
    ) &&
    rowsOf('buses').every((bus) => typeof bus === 'string') &&
    rowsOf('early').every((row) => isRow(row) && typeof row[1] === 'string' && numbers(row, 2, 6)) &&
    ['machines', ...(data.declaredIommus === undefined ? [] : ['declaredIommus'])].every(
      (name) =>
        Array.isArray(data[name]) &&
        rowsOf(name).every((row) => isRow(row) && typeof row[0] === 'string' && numbers(row, 1, 2)),
    ) &&
    rowsOf('drivers').every(
      (row) =>
        isRow(row) && typeof row[0] === 'string' && numbers(row, 1, 7) && row.slice(7).every((column) => isRow(column)),
    )
  );
}

/** The catalogue in a file. Throws an Error for people. */
export function readCatalogueFile(path: string): KernelCatalogue {
  let text: string;
  try {
    text = namedBytes(path).toString('utf8');
  } catch {
    throw new Error(`cannot read ${path}${whyUnreadable(path)}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is no catalogue: ${error instanceof Error ? error.message : error}`);
  }
  if (!isCatalogue(value)) throw new Error(`${path} is no catalogue (smmu-scope catalogue DIR -o FILE makes one)`);
  return ownCatalogue(value, { path, whole: (value.missing ?? []).length === 0, named: true });
}
