/** The registers of one arm-smmu device as the driver reads and writes them: one instance, or NVIDIA's mirrored two. */
import { RegisterSpace } from '../register-space';
import { CB, cba2rOffset, cbarOffset, cbfrsynraOffset, GR0, SECURE_ALIASED, s2crOffset, smrOffset } from './registers';

export class ArmSmmuHardware {
  readonly spaces: readonly RegisterSpace[];
  private pageShift = 12;
  private globalPages = 1;

  constructor(
    instances: number,
    private readonly secureAliases: boolean,
    /** SMR.ID bits in 15:0 and SMR.MASK bits in 31:16 that the hardware keeps. */
    private readonly smrKeeps: number,
    /** Status registers keep what is written instead of clearing it. */
    readonly plainMemory: boolean,
  ) {
    this.spaces = Array.from({ length: instances }, () => new RegisterSpace());
  }

  /** Where context banks start; known once ID1 was read. */
  layout(pageShift: number, globalPages: number): void {
    this.pageShift = pageShift;
    this.globalPages = globalPages;
  }

  private gr0(offset: number): number {
    return this.secureAliases && SECURE_ALIASED.has(offset) ? offset + 0x400 : offset;
  }

  private gr1(offset: number): number {
    return 2 ** this.pageShift + offset;
  }

  /** Byte offset of a register of a context bank. */
  bankOffset(bank: number, register: number): number {
    return (this.globalPages + bank) * 2 ** this.pageShift + register;
  }

  private space(instance = 0): RegisterSpace {
    return this.spaces[instance] ?? new RegisterSpace();
  }

  private writeAll(offset: number, value: number): void {
    for (const space of this.spaces) space.write(offset, value);
  }

  readGlobal(offset: number, instance = 0): number {
    return this.space(instance).read(this.gr0(offset));
  }

  writeGlobal(offset: number, value: number): void {
    this.writeAll(this.gr0(offset), value);
  }

  writeSmr(index: number, value: number): void {
    this.writeAll(smrOffset(index), (value & this.smrKeeps) | (value & 0x80000000));
  }

  readSmr(index: number): number {
    return this.space().read(smrOffset(index));
  }

  writeS2cr(index: number, value: number): void {
    this.writeAll(s2crOffset(index), value);
  }

  readS2cr(index: number): number {
    return this.space().read(s2crOffset(index));
  }

  writeCbar(bank: number, value: number): void {
    this.writeAll(this.gr1(cbarOffset(bank)), value);
  }

  readCbar(bank: number, instance = 0): number {
    return this.space(instance).read(this.gr1(cbarOffset(bank)));
  }

  writeCba2r(bank: number, value: number): void {
    this.writeAll(this.gr1(cba2rOffset(bank)), value);
  }

  readCba2r(bank: number, instance = 0): number {
    return this.space(instance).read(this.gr1(cba2rOffset(bank)));
  }

  readCbfrsynra(bank: number, instance = 0): number {
    return this.space(instance).read(this.gr1(cbfrsynraOffset(bank)));
  }

  writeCbfrsynra(bank: number, value: number, instance = 0): void {
    this.space(instance).write(this.gr1(cbfrsynraOffset(bank)), value);
  }

  readBank(bank: number, register: number, instance = 0): number {
    return this.space(instance).read(this.bankOffset(bank, register));
  }

  readBank64(bank: number, register: number, instance = 0): bigint {
    return this.space(instance).read64(this.bankOffset(bank, register));
  }

  writeBank(bank: number, register: number, value: number): void {
    this.writeAll(this.bankOffset(bank, register), value);
  }

  writeBank64(bank: number, register: number, value: bigint): void {
    for (const space of this.spaces) space.write64(this.bankOffset(bank, register), value);
  }

  /** Latches a context fault into one instance's bank, as the hardware does. */
  latchContextFault(bank: number, instance: number, fsr: number, iova: bigint, fsynr0: number, stream: number): void {
    const space = this.space(instance);
    space.write(this.bankOffset(bank, CB.FSR), fsr);
    space.write64(this.bankOffset(bank, CB.FAR), iova);
    space.write(this.bankOffset(bank, CB.FSYNR0), fsynr0);
    this.writeCbfrsynra(bank, stream, instance);
  }

  /** The handler's write of 1s to a status register: clears the bits, except in plain memory. */
  acknowledgeBank(bank: number, value: number, instance = 0): void {
    const offset = this.bankOffset(bank, CB.FSR);
    const space = this.space(instance);
    space.write(offset, this.plainMemory ? value : space.read(offset) & ~value);
  }

  acknowledgeGlobal(value: number, instance = 0): void {
    const offset = this.gr0(GR0.sGFSR);
    const space = this.space(instance);
    space.write(offset, this.plainMemory ? value : space.read(offset) & ~value);
  }

  latchGlobalFault(gfsr: number, gfsynr0: number, gfsynr1: number): void {
    const space = this.space();
    space.write(this.gr0(GR0.sGFSR), gfsr);
    space.write(this.gr0(GR0.sGFSYNR0), gfsynr0);
    space.write(this.gr0(GR0.sGFSYNR1), gfsynr1);
    space.write(this.gr0(GR0.sGFSYNR2), 0);
  }
}
