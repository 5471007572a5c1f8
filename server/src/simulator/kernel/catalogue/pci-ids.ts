/** The tables by which PCI drivers match functions (struct pci_device_id), and their packed form in the catalogue. */

/** PCI_ANY_ID. */
export const PCI_ANY = 0xffffffff;

/** One row: numbers as in the table, PCI_ANY where anything matches; the class counts under its mask (0: any class). */
export interface PciMatch {
  readonly vendor: number;
  readonly device: number;
  readonly subvendor: number;
  readonly subdevice: number;
  readonly class: number;
  readonly classMask: number;
}

/** What configuration space says of a function; null where nobody knows. `class` is class, subclass and interface. */
export interface PciIdentity {
  readonly vendor: number | null;
  readonly device: number | null;
  readonly subvendor: number | null;
  readonly subdevice: number | null;
  readonly class: number | null;
}

/**
 * Rows as text: groups separated by `;`, each `VENDOR:DEVICE,DEVICE…` in hex without leading zeros; `*` is anything. A
 * device may go on with `/SUBVENDOR.SUBDEVICE` and then `@CLASS.MASK`.
 */
export function packPciRows(rows: readonly PciMatch[]): string {
  const hex = (n: number): string => (n === PCI_ANY ? '*' : n.toString(16));
  const groups = new Map<number, string[]>();
  for (const row of rows) {
    const sub =
      row.subvendor === PCI_ANY && row.subdevice === PCI_ANY ? '' : `/${hex(row.subvendor)}.${hex(row.subdevice)}`;
    const kind = row.classMask === 0 ? '' : `@${row.class.toString(16)}.${row.classMask.toString(16)}`;
    const list = groups.get(row.vendor) ?? [];
    groups.set(row.vendor, list);
    const text = `${hex(row.device)}${sub}${kind}`;
    if (!list.includes(text)) list.push(text);
  }
  return [...groups].map(([vendor, list]) => `${hex(vendor)}:${list.join(',')}`).join(';');
}

/** The rows of a packed text. */
export function unpackPciRows(text: string): PciMatch[] {
  const number = (part: string | undefined): number =>
    part === undefined || part === '*' ? PCI_ANY : Number.parseInt(part, 16);
  return text.split(';').flatMap((group) => {
    const [vendor, list = ''] = group.split(':');
    return list.split(',').map((entry): PciMatch => {
      const [, device, subvendor, subdevice, kind, mask] =
        /^([^/@]+)(?:\/([^.@]+)\.([^@]+))?(?:@([^.]+)\.(.+))?$/.exec(entry) ?? [];
      return {
        vendor: number(vendor),
        device: number(device),
        subvendor: number(subvendor),
        subdevice: number(subdevice),
        class: kind === undefined ? 0 : number(kind),
        classMask: mask === undefined ? 0 : number(mask),
      };
    });
  });
}

/** pci_match_one_device: what is unknown of a function matches only a row that takes anything there. */
export function matchesPciRow(row: PciMatch, identity: PciIdentity): boolean {
  const fits = (wanted: number, own: number | null): boolean => wanted === PCI_ANY || wanted === own;
  return (
    fits(row.vendor, identity.vendor) &&
    fits(row.device, identity.device) &&
    fits(row.subvendor, identity.subvendor) &&
    fits(row.subdevice, identity.subdevice) &&
    (row.classMask === 0 || (identity.class !== null && ((row.class ^ identity.class) & row.classMask) === 0))
  );
}
