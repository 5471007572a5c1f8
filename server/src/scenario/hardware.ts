/** The `hardware` of a device in a scenario document: known facts with values of the right shape; all else is reported. */
import { type FactShape, HARDWARE_FACTS, type HardwareFact, type HardwareFacts } from '../iommu/hardware-facts';
import type { Value } from './json';

const isFact = (name: string): name is HardwareFact => Object.hasOwn(HARDWARE_FACTS, name);

/** Register words by offset. */
function checkRegisters(value: Value): void {
  for (const [offset, word] of value.members()) {
    if (!/^(0x[0-9a-f]+|\d+)$/i.test(offset)) value.unknown(offset, []);
    word.number();
  }
}

/** Reads a value as its shape wants it, so that what does not fit is reported. */
function check(value: Value, shape: FactShape): void {
  switch (shape) {
    case 'number':
      value.number();
      return;
    case 'wide':
      value.wide();
      return;
    case 'flag':
      value.flag();
      return;
    case 'text':
      value.text();
      return;
    case 'grouping':
      value.oneOf(['each', 'one', 'by-id', 'none', 'every-device']);
      return;
    case 'numbers':
      value.numbers();
      return;
    case 'wides':
      for (const item of value.items()) item.wide();
      return;
    case 'registers':
      if (value.isList) for (const item of value.items()) checkRegisters(item);
      else checkRegisters(value);
  }
}

/** The facts of a `hardware` object as they are written: the models read them with the functions of hardware-facts.ts. */
export function readHardware(value: Value): HardwareFacts {
  const facts: { -readonly [F in keyof HardwareFacts]: HardwareFacts[F] } = {};
  for (const [name, member] of value.members()) {
    if (isFact(name)) {
      check(member, HARDWARE_FACTS[name]);
      facts[name] = member.plain();
    } else value.unknown(name, Object.keys(HARDWARE_FACTS));
  }
  return facts;
}
