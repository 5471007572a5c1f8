/** The record of a property: its bytes, and for each part of them where it came from. */
import type { Macro } from '../source/macro';
import type { TextOrigin } from '../source/options';
import { type Int, low32, toBig } from './integer';
import { LookAhead } from './look-ahead';
import {
  type LabelSyntax,
  PART_LABEL,
  type PartSource,
  PropertySyntax,
  type ReferenceSyntax,
  ValueStore,
} from './syntax';

export abstract class Recorder extends LookAhead {
  protected store = new ValueStore(0);
  private storeSerial = -1;
  protected readonly stores: ValueStore[] = [];
  private readonly macroSource = new Map<Macro, number>();
  private inputSource: TextOrigin | null = null;
  private inputIndex = 0;

  protected startProperty(
    name: string,
    labels: readonly LabelSyntax[],
    deletes: boolean,
    input: TextOrigin,
    nameStart: number,
    nameEnd: number,
    start: number,
  ): PropertySyntax {
    if (this.storeSerial !== this.frame.serial) {
      this.store = new ValueStore(this.frame.file.text.length);
      this.stores.push(this.store);
      this.storeSerial = this.frame.serial;
      this.macroSource.clear();
      this.inputSource = null;
    }
    const property = new PropertySyntax(name, labels, deletes, this.store, input, nameStart, nameEnd, start);
    property.bytesFrom = this.store.length;
    property.partFrom = this.store.partCount;
    return property;
  }

  protected endProperty(property: PropertySyntax, beforeToken = false): void {
    property.bytesLength = this.store.length - property.bytesFrom;
    property.partCount = this.store.partCount - property.partFrom;
    property.endInput = beforeToken ? this.lastInput : this.tokInput;
    property.end = beforeToken ? this.lastEnd : this.tokEnd;
  }

  /** The index of where a token came from when that is not plainly the property's own file. */
  protected sourceOf(property: PropertySyntax): number {
    if (this.tokMacro !== null) return this.macroIndex(this.tokMacro);
    if (this.tokInput === property.input) return 0;
    if (this.tokInput !== this.inputSource) {
      this.inputSource = this.tokInput;
      this.inputIndex = this.addSource({ input: this.tokInput, macros: [] });
    }
    return this.inputIndex;
  }

  private macroIndex(macro: Macro): number {
    let index = this.macroSource.get(macro);
    if (index === undefined) {
      index = this.addSource({ macro });
      this.macroSource.set(macro, index);
    }
    return index;
  }

  protected addSource(source: PartSource): number {
    return this.store.sources.push(source);
  }

  protected part(property: PropertySyntax, kind: number, width: number, source = this.sourceOf(property)): void {
    this.store.part(kind, width, this.store.length - property.bytesFrom, this.tokStart, this.tokEnd, source);
  }

  protected reference(property: PropertySyntax, path: boolean): void {
    const { store } = this;
    const made: ReferenceSyntax = {
      offset: store.length - property.bytesFrom,
      text: this.tokText,
      path,
      input: this.tokInput,
      start: this.tokStart,
      end: this.tokEnd,
    };
    if (property.references === null) property.references = [made];
    else property.references.push(made);
  }

  protected valueLabel(property: PropertySyntax): void {
    property.labelled = true;
    this.part(property, PART_LABEL, 0);
    this.next();
  }

  protected put(value: Int, bits: number, ones: boolean): void {
    const { store } = this;
    if (bits === 32) store.u32(low32(value));
    else if (bits === 8) store.u8(low32(value) & 0xff);
    else if (bits === 16) {
      const word = low32(value);
      store.u8((word >>> 8) & 0xff);
      store.u8(word & 0xff);
    } else {
      const big = ones ? (1n << 64n) - 1n : toBig(value);
      store.u32(Number(big >> 32n));
      store.u32(Number(big & 0xffffffffn));
    }
  }
}
