/**
 * Which functions have ACS switched on (drivers/pci/pci.c, pci_enable_acs): the kernel's own choice once an IOMMU asked
 * for it, and what `pci=disable_acs_redir=` and `pci=config_acs=` say instead.
 */
import type { KernelView } from '../../contract/kernel-view';

/** A function as the command line can name it. */
export interface NamedFunction {
  readonly domain: number;
  readonly bus: number;
  readonly devfn: number;
  /** `vendor:device` in hex; null: unknown. */
  readonly id: string | null;
  /** The bridge above; null on a root bus. */
  readonly upstream: NamedFunction | null;
}

/** PCI_ACS_SV, RR, CR and UF: what isolation needs (REQ_ACS_FLAGS of the IOMMU core). */
const ISOLATION = 0x1d;
/** PCI_ACS_RR, CR and EC. */
const REDIRECTION = 0x2c;
/** Every flag that can be configured. */
const CONFIGURABLE = 0x7f;
/** The control register as firmware leaves it: the reset value. */
const FIRMWARE = 0;

const number = (text: string | undefined): number => Number.parseInt(text ?? '', 16);
const devfnOf = (slot: string | undefined, fn: string | undefined): number =>
  ((number(slot) & 0x1f) << 3) | (number(fn) & 7);

/** pci_dev_str_match_path: `[DOMAIN:]BUS:SLOT.FN[/SLOT.FN]…`; null when it is none. */
function matchesPath(text: string, fn: NamedFunction): boolean | null {
  let at: NamedFunction | null = fn;
  const [head = '', ...steps] = text.split('/');
  for (const step of steps.reverse()) {
    const found = /^([0-9a-f]+)\.([0-9a-f]+)$/i.exec(step);
    if (found === null) return null;
    if (at.devfn !== devfnOf(found[1], found[2])) return false;
    at = at.upstream;
    if (at === null) return false;
  }
  const found = /^(?:([0-9a-f]+):)?([0-9a-f]+):([0-9a-f]+)\.([0-9a-f]+)$/i.exec(head);
  if (found === null) return null;
  const domain = found[1] === undefined ? 0 : number(found[1]);
  return domain === at.domain && number(found[2]) === at.bus && devfnOf(found[3], found[4]) === at.devfn;
}

/** pci_dev_str_match: null when the text cannot be read, which ends the list. Subsystem IDs are not known here. */
function matches(text: string, fn: NamedFunction): boolean | null {
  if (!text.startsWith('pci:')) return matchesPath(text, fn);
  const found = /^pci:([0-9a-f]+):([0-9a-f]+)/i.exec(text);
  if (found === null) return null;
  const [vendor, device] = (fn.id ?? '').split(':').map(number);
  const fits = (wanted: number, own: number | undefined): boolean => wanted === 0 || wanted === own;
  return fits(number(found[1]), vendor) && fits(number(found[2]), device);
}

/** The value of an option of `pci=`; options are separated by commas (pci_setup), the last one of a name counts. */
function optionOf(kernel: KernelView, name: string): string | null {
  let value: string | null = null;
  for (const text of (kernel.param('pci') ?? '').split(','))
    if (text.startsWith(`${name}=`)) value = text.slice(name.length + 1);
  return value;
}

/** `FLAGS@FUNCTION`: digits 1, 0 and x, the rightmost for bit 0; null when they are none, or mean no known bit. */
function flagsOf(digits: string): { readonly mask: number; readonly flags: number } | null {
  if (!/^[01xX]*$/.test(digits)) return null;
  let mask = 0;
  let flags = 0;
  for (let bit = 0; bit < digits.length; bit++) {
    const digit = digits[digits.length - 1 - bit];
    if (digit === '0' || digit === '1') mask += 2 ** bit;
    if (digit === '1') flags += 2 ** bit;
  }
  return mask > CONFIGURABLE ? null : { mask, flags };
}

/** __pci_config_acs: the control register that the first matching entry of a list gives; null when none does. */
function configured(list: string | null, fn: NamedFunction, fixed: number | null): number | null {
  for (const entry of (list ?? '').split(';')) {
    if (entry === '') return null;
    const at = entry.indexOf('@');
    if (fixed === null && at < 0) return null;
    const chosen = fixed === null ? flagsOf(entry.slice(0, at)) : { mask: fixed, flags: 0 };
    if (chosen === null) return null;
    const fits = matches(fixed === null ? entry.slice(at + 1) : entry, fn);
    if (fits === null) return null;
    // Bits that are not given are firmware's, not the kernel's.
    if (fits) return (FIRMWARE & ~chosen.mask) | (chosen.flags & chosen.mask);
  }
  return null;
}

/** Whether a function with an ACS capability isolates. `requested`: pci_request_acs() was called before it was found. */
export function acsIsolates(kernel: KernelView, requested: boolean, fn: NamedFunction): boolean {
  const control =
    (kernel.model.configAcsParam ? configured(optionOf(kernel, 'config_acs'), fn, null) : null) ??
    configured(optionOf(kernel, 'disable_acs_redir'), fn, REDIRECTION) ??
    (requested ? ISOLATION : FIRMWARE);
  return (control & ISOLATION) === ISOLATION;
}
