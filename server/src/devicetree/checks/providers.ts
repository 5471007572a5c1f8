/** Lists of phandles with arguments: every entry as long as its provider says. */
import type { DtNode, DtProperty } from '../model';
import { cellAt } from '../read';
import { type Check, type CheckRun, isPhandle, oneCell } from './check';
import { isCell } from './values';

/** check name, property, cells property; true when the cells property may be absent (0 then). */
const PROVIDERS: readonly (readonly [check: string, property: string, cells: string, optional?: true])[] = [
  ['clocks', 'clocks', '#clock-cells'],
  ['cooling_device', 'cooling-device', '#cooling-cells'],
  ['dmas', 'dmas', '#dma-cells'],
  ['hwlocks', 'hwlocks', '#hwlock-cells'],
  ['interrupts_extended', 'interrupts-extended', '#interrupt-cells'],
  ['io_channels', 'io-channels', '#io-channel-cells'],
  ['iommus', 'iommus', '#iommu-cells'],
  ['mboxes', 'mboxes', '#mbox-cells'],
  ['msi_parent', 'msi-parent', '#msi-cells', true],
  ['mux_controls', 'mux-controls', '#mux-control-cells'],
  ['phys', 'phys', '#phy-cells'],
  ['power_domains', 'power-domains', '#power-domain-cells'],
  ['pwms', 'pwms', '#pwm-cells'],
  ['resets', 'resets', '#reset-cells'],
  ['sound_dai', 'sound-dai', '#sound-dai-cells'],
  ['thermal_sensors', 'thermal-sensors', '#thermal-sensor-cells'],
];

/** phandle_references is not among what these need here: a reference that finds nothing is the front end's error. */
export const providerChecks: readonly Check[] = PROVIDERS.flatMap(([check, property, cells, optional]): Check[] => [
  {
    name: `${check}_property`,
    severity: 'warning',
    needs: [`${check}_is_cell`],
    property,
    check: (run, p) => phandleArguments(run, p, cells, optional === true),
  },
  isCell(`${check}_is_cell`, cells),
]);

const isGpio = (name: string): boolean =>
  !name.endsWith(',nr-gpios') && (name === 'gpio' || name === 'gpios' || /-gpios?$/.test(name));

export const gpioChecks: readonly Check[] = [
  {
    name: 'deprecated_gpio_property',
    severity: 'warning',
    optional: true,
    property: (name) => name.endsWith('gpio') && isGpio(name),
    check: (run, p) => run.fail(p.node, p, `${p.name} is deprecated: use ${p.name}s`),
  },
  {
    name: 'gpios_property',
    severity: 'warning',
    property: isGpio,
    check: (run, p) => {
      // the lines of a hog are its parent's
      if (!p.node.properties.has('gpio-hog')) phandleArguments(run, p, '#gpio-cells', false);
    },
  },
];

function phandleArguments(run: CheckRun, property: DtProperty, cells: string, optional: boolean): void {
  const { node, bytes, name } = property;
  if (bytes.length % 4 !== 0)
    return run.fail(node, property, `${name} has ${bytes.length} bytes, no whole number of cells`);
  for (let at = 0; at < bytes.length; ) {
    const phandle = cellAt(bytes, at);
    if (!isPhandle(phandle)) {
      // an overlay's open references; otherwise a hole
      if (run.tree.plugin) return;
      at += 4;
      continue;
    }
    if (run.fromSource && !isReference(property, at))
      run.fail(
        node,
        property,
        `Cell ${at / 4} of ${name} should be a reference; a provider wants another number of cells`,
      );
    const provider = run.tree.phandles.get(phandle);
    if (provider === undefined)
      return run.fail(node, property, `Cell ${at / 4} of ${name}: no node has the phandle 0x${phandle.toString(16)}`);
    const own = provider.properties.get(cells);
    if (own === undefined && !optional)
      return run.fail(node, property, `${provider.path} has no ${cells} (cell ${at / 4} of ${name})`);
    const count = own === undefined ? 0 : oneCell(own);
    at += 4 * (count + 1);
    if (at > bytes.length) {
      const has = count - (at - bytes.length) / 4;
      return run.fail(node, property, `${provider.path} has ${cells} ${count}, the last entry of ${name} has ${has}`);
    }
  }
}

function isReference(property: DtProperty, offset: number): boolean {
  if (property.referenceAt !== undefined) return property.referenceAt(offset);
  for (const part of property.parts)
    if (part.offset === offset) return part.kind === 'cell' && part.reference !== undefined;
  return false;
}

/** Whether a node is an interrupt controller or nexus. */
export const isInterruptProvider = (node: DtNode): boolean =>
  node.properties.has('interrupt-controller') || node.properties.has('interrupt-map');
