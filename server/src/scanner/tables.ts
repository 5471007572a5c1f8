/** Match tables of drivers: of_device_id and the buses' own. */

import { PCI_ANY, type PciMatch } from '../simulator/kernel/catalogue/pci-ids';
import type { OfMatch } from '../simulator/kernel/drivers';
import { constantOf } from './constants';
import { type CSource, elements, expand, field, type Macro, nested, stringLiteral, type Variable } from './csource';
import type { KernelObject } from './kbuild';
import { type Sources, variablesOf } from './sources';

const ID_TABLES = new Set(['i2c_device_id', 'spi_device_id', 'i3c_device_id', 'slim_device_id', 'platform_device_id']);
/** enum scmi_std_protocol (include/linux/scmi_protocol.h): what `reg` of a protocol node says. */
const SCMI_PROTOCOLS: Readonly<Record<string, number>> = {
  SCMI_PROTOCOL_BASE: 0x10,
  SCMI_PROTOCOL_POWER: 0x11,
  SCMI_PROTOCOL_SYSTEM: 0x12,
  SCMI_PROTOCOL_PERF: 0x13,
  SCMI_PROTOCOL_CLOCK: 0x14,
  SCMI_PROTOCOL_SENSOR: 0x15,
  SCMI_PROTOCOL_RESET: 0x16,
  SCMI_PROTOCOL_VOLTAGE: 0x17,
  SCMI_PROTOCOL_POWERCAP: 0x18,
  SCMI_PROTOCOL_PINCTRL: 0x19,
};

/** A table or driver structure that other files may name. */
export interface Named {
  readonly source: CSource;
  readonly variable: Variable;
}

/** What a driver's id_table holds, by the kind of the table. */
export interface BusIds {
  readonly ids: string[];
  readonly amba: { id: number; mask: number }[];
  readonly pci: PciMatch[];
}

export class TableReader {
  /** Rows that could not be read. */
  readonly unread: string[] = [];

  constructor(
    private readonly sources: Sources,
    /** A table or driver structure by the name that it has in all files. */
    private readonly global: (name: string) => Named | null,
  ) {}

  /** The string that an expression means in a file: a literal, a macro, KBUILD_MODNAME, or a char array. */
  textOf(source: CSource, object: KernelObject, expression: string): string | null {
    const value = expression.trim();
    if (/^\(?(?:char\s*\*\)?\s*)?KBUILD_MODNAME\)?$/.test(value)) return object.modname;
    const direct = stringLiteral(value.replace(/^\(\s*(?:const\s+)?char\s*\*\s*\)/, ''));
    if (direct !== null) return direct;
    const named = source.strings.get(value);
    if (named !== undefined) return named;
    for (const system of [false, true]) {
      const expanded = expand(value, (n) =>
        n === 'KBUILD_MODNAME' ? undefined : this.sources.macro(source, n, system),
      );
      if (/^\(?KBUILD_MODNAME\)?$/.test(expanded.trim())) return object.modname;
      const literal = stringLiteral(expanded.replace(/\bKBUILD_MODNAME\b/g, `"${object.modname}"`));
      if (literal !== null) return literal;
    }
    return null;
  }

  variableNamed(source: CSource, expression: string): { source: CSource; variable: Variable } | null {
    const name = expression
      .replace(/\b(of_match_ptr|ACPI_PTR|pm_ptr|PTR_IF)\s*\(/g, '(')
      .replace(/\(\s*(?:const\s+)?struct\s+\w+\s*\*\s*\)/g, '')
      .replace(/[()&\s]/g, '')
      .replace(/\[0\]$/, '');
    const own = variablesOf(source).get(name);
    if (own !== undefined) return { source, variable: own };
    const global = this.global(name);
    if (global !== null) return global;
    for (const header of this.sources.headers(source)) {
      const variable = variablesOf(header).get(name);
      if (variable !== undefined) return { source: header, variable };
    }
    return null;
  }

  ofRows(source: CSource, object: KernelObject, table: Variable): OfMatch[] {
    const rows: OfMatch[] = [];
    for (const element of elements(table.body)) {
      const line = table.bodyLine + element.lines;
      const expanded = expand(element.value, (n) => this.sources.macro(source, n, false));
      for (const part of elements(expanded)) {
        const row = nested(part.value);
        if (row === null) {
          if (/[A-Za-z]/.test(part.value) && !/^\w+\s*\(\s*\)$/.test(part.value)) {
            const guess = /"([\w.+-]+,[\w.,+-]+)"/.exec(part.value)?.[1];
            if (guess !== undefined)
              rows.push({ compatible: guess, type: null, name: null, place: { file: source.file, line } });
            else this.unread.push(`${source.file}:${line} ${part.value.slice(0, 60)}`);
          }
          continue;
        }
        const read = (name: string): string | null => {
          const value = field(row, name);
          return value === null ? null : this.textOf(source, object, value);
        };
        const match = { compatible: read('compatible'), type: read('type'), name: read('name') };
        if (match.compatible === null && match.type === null && match.name === null) {
          if (/compatible/.test(row)) this.unread.push(`${source.file}:${line} ${row.trim().slice(0, 60)}`);
          continue;
        }
        rows.push({ ...match, place: { file: source.file, line } });
      }
    }
    return rows;
  }

  /** What the table named in `id_table` holds; rows that no kernel of ours can match are left out. */
  busIds(source: CSource, object: KernelObject, expression: string | null): BusIds {
    const found: BusIds = { ids: [], amba: [], pci: [] };
    const table = expression === null ? null : this.variableNamed(source, expression);
    if (table === null) return found;
    const { type } = table.variable;
    const isNumbers = type === 'amba_id' || type === 'pci_device_id';
    for (const element of elements(table.variable.body)) {
      const line = table.variable.bodyLine + element.lines;
      const lookup = (n: string) =>
        this.sources.macro(table.source, n, isNumbers) ?? (type === 'pci_device_id' ? this.pciMacro(n) : undefined);
      for (const part of elements(expand(element.value, lookup))) {
        const row = nested(part.value);
        if (row === null) continue;
        if (type === 'amba_id') {
          const id = constantOf(field(row, 'id'));
          const mask = constantOf(field(row, 'mask'));
          if (id !== null && mask !== null && mask !== 0) found.amba.push({ id, mask });
        } else if (type === 'pci_device_id') {
          const match = pciRow(row);
          if (match === 'unread') this.unread.push(`${table.source.file}:${line} ${row.trim().slice(0, 80)}`);
          else if (match !== null) found.pci.push(match);
        } else if (type === 'scmi_device_id') {
          const protocol = SCMI_PROTOCOLS[elements(row)[0]?.value ?? ''];
          if (protocol !== undefined) found.ids.push(protocol.toString(16));
        } else if (ID_TABLES.has(type)) {
          const text = field(row, 'name') ?? elements(row)[0]?.value ?? '';
          const id = this.textOf(table.source, object, text);
          if (id !== null && id !== '') found.ids.push(id);
        }
      }
    }
    return found;
  }

  /** The macros of the headers that every PCI driver sees, in whatever way it includes them. */
  private pciMacro(name: string): Macro | undefined {
    for (const file of ['include/linux/pci.h', 'include/linux/pci_ids.h', ...PCI_ID_HEADERS]) {
      const macro = this.sources.get(file)?.macros.get(name);
      if (macro !== undefined) return macro;
    }
    return undefined;
  }
}

/** Where struct pci_device_id and PCI_ANY_ID stand: 7.3 has a header of their own. */
const PCI_ID_HEADERS = ['include/linux/device-id/pci.h', 'include/linux/mod_devicetable.h'];

/** The members of struct pci_device_id in their order. */
const PCI_FIELDS = [
  'vendor',
  'device',
  'subvendor',
  'subdevice',
  'class',
  'class_mask',
  'driver_data',
  'override_only',
];

/** A row of a PCI table; null for the end and for rows that only driver_override reaches; what is not stated is 0. */
function pciRow(row: string): PciMatch | null | 'unread' {
  const values = new Map<string, string>();
  let next = 0;
  for (const { designator, value } of elements(row)) {
    const name = designator ?? PCI_FIELDS[next] ?? '';
    next = PCI_FIELDS.indexOf(name) + 1;
    values.set(name, value);
  }
  if (values.size === 0 || (values.size === 1 && values.get('vendor') === '0')) return null;
  if ((values.get('override_only') ?? '0') !== '0') return null;
  const read = (name: string): number | null => (values.has(name) ? constantOf(values.get(name) ?? null) : 0);
  const [vendor, device, subvendor, subdevice, kind, mask] = PCI_FIELDS.slice(0, 6).map(read);
  if (vendor == null || device == null || subvendor == null || subdevice == null || kind == null || mask == null)
    return 'unread';
  // What fits every function is a stub's: it takes only what it is told to (pcistub_probe).
  const any = vendor === PCI_ANY && device === PCI_ANY && subvendor === PCI_ANY && mask === 0;
  return any || (vendor === 0 && subvendor === 0 && mask === 0)
    ? null
    : { vendor, device, subvendor, subdevice, class: kind, classMask: mask };
}
