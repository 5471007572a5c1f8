/** Makes a kernel's catalogue of the base and what differs. */
import {
  type CatalogueData,
  type CatalogueDifference,
  type DriverRow,
  type EarlyRow,
  LINE_COLUMN,
  type ListSteps,
  type MachineRow,
  type RowsDifference,
} from './data';

/** The whole catalogue of the kernel that a difference describes. */
export function applyDifference(base: CatalogueData, difference: CatalogueDifference): CatalogueData {
  return {
    kernel: difference.kernel,
    beforeCore: difference.beforeCore,
    configs: difference.configs,
    buses: [...base.buses, ...difference.buses],
    symbols: joined(toggled(base.symbols, difference.tristate), difference.symbols),
    gates: joined(base.gates, difference.gates),
    files: joined(base.files, difference.files),
    early: rowsOf(base.early, difference.early) as readonly EarlyRow[],
    machines: rowsOf(base.machines, difference.machines) as readonly MachineRow[],
    drivers: rowsOf(base.drivers, difference.drivers) as unknown as readonly DriverRow[],
  };
}

/** Conditions may begin with the empty one, so only the addition's absence joins nothing. */
const joined = (base: string, added: string): string => (added === '' ? base : `${base} ${added}`);

/** The symbols with the mark of some turned. */
function toggled(symbols: string, names: string): string {
  if (names === '') return symbols;
  const turned = new Set(names.split(' '));
  return symbols
    .split(' ')
    .map((symbol) => {
      const name = symbol.endsWith('*') ? symbol.slice(0, -1) : symbol;
      return !turned.has(name) ? symbol : symbol === name ? `${name}*` : name;
    })
    .join(' ');
}

function rowsOf(base: readonly (readonly unknown[])[], difference: RowsDifference): readonly (readonly unknown[])[] {
  const rows: (readonly unknown[])[] = [];
  const lines = difference.lines.split(' ');
  let at = 0;
  let taken = 0;
  const take = (row: readonly unknown[]): void => {
    const moved = lines[taken++] ?? '';
    if (moved === '') {
      rows.push(row);
      return;
    }
    const copy = [...row];
    copy[LINE_COLUMN] = (copy[LINE_COLUMN] as number) + Number(moved);
    rows.push(copy);
  };
  for (const step of difference.rows) {
    if (typeof step === 'number') {
      if (step < 0) at -= step;
      else for (const end = at + step; at < end; at++) take(base[at] ?? []);
    } else if (Array.isArray(step)) rows.push(step);
    else {
      const row: unknown[] = [...(base[at++] ?? [])];
      for (const [name, value] of Object.entries(step)) {
        const column = Number(name);
        // a shorter row has nothing in the columns behind it
        for (let fill = row.length; fill < column; fill++) row.push([]);
        row[column] = Array.isArray(value) ? listOf((row[column] ?? []) as readonly unknown[], value) : value;
      }
      take(row);
    }
  }
  return rows;
}

function listOf(base: readonly unknown[], steps: ListSteps): unknown[] {
  const list: unknown[] = [];
  let at = 0;
  for (const step of steps) {
    if (typeof step !== 'number') list.push(...step);
    else if (step < 0) at -= step;
    else {
      list.push(...base.slice(at, at + step));
      at += step;
    }
  }
  return list;
}
