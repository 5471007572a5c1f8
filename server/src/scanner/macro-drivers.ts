/** Drivers that macros make whole: their structures never stand in the source. */
import { type CSource, splitArgs, stringLiteral } from './csource';
import { PLAIN, type ReadDriver } from './found';
import type { KernelObject } from './kbuild';
import type { TableReader } from './tables';

/** IRQCHIP_PLATFORM_DRIVER_BEGIN(x) IRQCHIP_MATCH(…) … IRQCHIP_PLATFORM_DRIVER_END(x): a platform driver `x`. */
export function irqchipDriver(args: string, line: number, object: KernelObject, source: CSource): ReadDriver {
  const name = (splitArgs(args)[0] ?? '').trim();
  const begin = source.invocations.find((i) => i.name === 'IRQCHIP_PLATFORM_DRIVER_BEGIN' && i.args.trim() === name);
  const rows = source.invocations.filter(
    (i) => i.name === 'IRQCHIP_MATCH' && i.line > (begin?.line ?? 0) && i.line < line,
  );
  return {
    name,
    bus: 'platform',
    of: rows.flatMap((row) => {
      const compatible = stringLiteral(splitArgs(row.args)[0] ?? '');
      return compatible === null
        ? []
        : [{ compatible, type: null, name: null, place: { file: object.file, line: row.line } }];
    }),
    ...PLAIN,
    noUnbind: true,
    place: { file: object.file, line: begin?.line ?? line },
  };
}

/**
 * DEFINE_SCMI_TRANSPORT_DRIVER(tag, driver, …, table, …): the platform driver `tag_transport`. Its probe makes the SCMI
 * instance that shares its node, and that the devices of the protocol nodes.
 */
export function scmiTransport(
  tables: TableReader,
  args: string,
  line: number,
  object: KernelObject,
  source: CSource,
): ReadDriver {
  const [tag = '', , , match = ''] = splitArgs(args).map((a) => a.trim());
  const table = tables.variableNamed(source, match);
  return {
    name: `${tag}_transport`,
    bus: 'platform',
    of: table === null ? [] : tables.ofRows(table.source, object, table.variable),
    ...PLAIN,
    populates: [{ bus: 'scmi_protocol', compatibles: [], below: null }],
    place: { file: object.file, line },
  };
}
