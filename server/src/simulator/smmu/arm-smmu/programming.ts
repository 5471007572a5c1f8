/** What the driver writes, and when: stream table, context banks, reset, probes of the hardware's widths. */

import type { BankContents } from './context-bank';
import { CB, FSR_FAULT, GR0, S2CR_EXIDVALID, S2CR_TYPE, SCTLR, SMR_VALID, sCR0 } from './registers';
import type { ArmSmmuSetup } from './setup';
import type { StreamMap } from './stream-map';

/** Writes one SMMU's registers from its stream table and its banks. */
export class ArmSmmuProgrammer {
  /** Bank -> what it was given; undefined: disabled. */
  readonly contents: (BankContents | undefined)[] = [];
  /** Bank -> its ASID or VMID. */
  readonly tags: number[] = [];
  /** Bank -> its interrupt (CBAR.IRPTNDX on version 1). */
  readonly interrupts: number[] = [];
  streamIdMask: number;
  smrMaskMask = 0;
  /** The bank that stands in for bypass on firmware with the S2CR quirk. */
  bypassBank: number | null = null;

  constructor(
    private readonly setup: ArmSmmuSetup,
    private readonly streams: StreamMap,
  ) {
    this.streamIdMask = setup.configuration.streamIdMask;
  }

  /** A global TLB sync; the written value is the one that does not upset Qualcomm's hypervisors. */
  sync(): void {
    this.setup.hardware.writeGlobal(GR0.sTLBGSYNC, this.syncValue);
  }

  /** A TLB sync of one context bank (arm_smmu_tlb_sync_context). */
  syncBank(bank: number): void {
    this.setup.hardware.writeBank(bank, CB.TLBSYNC, this.syncValue);
  }

  /** QCOM_DUMMY_VAL; nvidia_smmu_tlb_sync() writes 0. */
  private get syncValue(): number {
    const nvidia = this.setup.model.nvidia !== null && this.setup.model.nvidia.instances > 1;
    return nvidia ? 0 : 0xffffffff;
  }

  writeEntry(index: number): void {
    this.writeS2cr(index);
    this.writeSmr(index);
  }

  private writeSmr(index: number): void {
    const smr = this.streams.smrs?.[index];
    if (smr === undefined) return;
    const valid = smr.valid && !this.setup.configuration.extendedIds ? SMR_VALID : 0;
    this.setup.hardware.writeSmr(index, (smr.id | (smr.mask << 16) | valid) >>> 0);
  }

  writeS2cr(index: number): void {
    const entry = this.streams.s2cr(index);
    let { type, bank } = entry;
    if (this.setup.model.qcom?.keepsBootMappings === true) {
      // qcom_smmu_write_s2cr(): such firmware swaps bypass and fault, so a bank without translation is the bypass.
      if (this.bypassBank !== null && type === 'bypass') [type, bank] = ['trans', this.bypassBank];
      else if (this.bypassBank !== null && type === 'fault') [type, bank] = ['bypass', 0xff];
      this.setup.hardware.writeS2cr(index, (S2CR_TYPE[type] << 16) | bank);
      return;
    }
    const valid = this.setup.configuration.extendedIds && this.streams.smrs?.[index]?.valid === true;
    this.setup.hardware.writeS2cr(index, (S2CR_TYPE[type] << 16) | bank | (valid ? S2CR_EXIDVALID : 0));
  }

  /** arm_smmu_write_context_bank(). */
  writeBank(bank: number): void {
    const { hardware, configuration, model } = this.setup;
    const contents = this.contents[bank];
    if (contents === undefined) {
      hardware.writeBank(bank, CB.SCTLR, 0);
      return;
    }
    const stage1 = contents.stage === 1;
    const tag = this.tags[bank] ?? 0;
    if (model.version !== 'v1')
      hardware.writeCba2r(bank, (contents.format === 'aarch64' ? 1 : 0) | (configuration.vmid16 ? tag << 16 : 0));
    let cbar = stage1 ? (1 << 16) | (3 << 8) | (0xf << 12) : configuration.vmid16 ? 0 : tag & 0xff;
    if (model.version !== 'v2') cbar |= (this.interrupts[bank] ?? 0) << 24;
    hardware.writeCbar(bank, cbar >>> 0);
    if (stage1 && model.version !== 'v1') hardware.writeBank(bank, CB.TCR2, contents.tcr2);
    hardware.writeBank(bank, CB.TCR, contents.tcr);
    if (contents.format === 'aarch32-short') {
      hardware.writeBank(bank, CB.CONTEXTIDR, tag);
      hardware.writeBank(bank, CB.TTBR0, Number(contents.ttbr0));
      hardware.writeBank(bank, CB.TTBR1, Number(contents.ttbr1));
    } else {
      hardware.writeBank64(bank, CB.TTBR0, contents.ttbr0);
      if (stage1) hardware.writeBank64(bank, CB.TTBR1, contents.ttbr1);
    }
    if (stage1) {
      hardware.writeBank(bank, CB.MAIR0, contents.mair0);
      hardware.writeBank(bank, CB.MAIR1, contents.mair1);
    }
    let control = SCTLR.CFIE | SCTLR.CFRE | SCTLR.AFE | SCTLR.TRE | SCTLR.M;
    if (stage1) control |= SCTLR.ASIDPNE;
    if (model.qcom?.adreno === true) control |= SCTLR.HUPCF;
    hardware.writeBank(bank, CB.SCTLR, control);
  }

  /** arm_smmu_device_reset(): at probe and at every resume. */
  reset(): void {
    const { hardware, configuration, model, disableBypass } = this.setup;
    for (let space = 0; space < hardware.spaces.length; space++)
      hardware.acknowledgeGlobal(hardware.readGlobal(GR0.sGFSR, space), space);
    for (let index = 0; index < this.streams.groups; index++) this.writeEntry(index);
    for (let bank = 0; bank < configuration.banks; bank++) {
      this.writeBank(bank);
      for (let instance = 0; instance < hardware.spaces.length; instance++)
        hardware.acknowledgeBank(bank, FSR_FAULT, instance);
    }
    hardware.writeGlobal(GR0.TLBIALLH, 0xffffffff);
    hardware.writeGlobal(GR0.TLBIALLNSNH, 0xffffffff);
    let control = hardware.readGlobal(GR0.sCR0);
    control |= sCR0.GFRE | sCR0.GFIE | sCR0.GCFGFRE | sCR0.GCFGFIE | sCR0.VMIDPNE | sCR0.PTM;
    control &= ~(sCR0.CLIENTPD | sCR0.FB | sCR0.BSU);
    control = disableBypass ? control | sCR0.USFCFG : control & ~sCR0.USFCFG;
    if (configuration.vmid16) control |= sCR0.VMID16EN;
    if (configuration.extendedIds) control |= sCR0.EXIDENABLE;
    if (model.mmu500Reset) this.resetMmu500();
    if (model.qcom?.safeToggle === true && this.setup.safeToggleFails)
      this.setup.machine.message('warn', this.setup.device, 'Failed to turn off SAFE logic');
    this.sync();
    hardware.writeGlobal(GR0.sCR0, control >>> 0);
  }

  /** arm_mmu500_reset(). */
  private resetMmu500(): void {
    const { hardware, configuration } = this.setup;
    const major = (hardware.readGlobal(GR0.ID7) >>> 4) & 0xf;
    let acr = hardware.readGlobal(GR0.sACR);
    if (major >= 2) acr &= ~(1 << 26);
    hardware.writeGlobal(GR0.sACR, (acr | (1 << 10) | (1 << 8)) >>> 0);
    for (let bank = 0; bank < configuration.banks; bank++)
      hardware.writeBank(bank, CB.ACTLR, hardware.readBank(bank, CB.ACTLR) & ~2);
  }

  /** arm_smmu_test_smr_masks(): what the first free entry keeps of all ones; the probe's last value stays in it. */
  testMasks(): void {
    const { hardware } = this.setup;
    const free = this.streams.smrs?.findIndex((smr, index) => index < this.streams.groups && !smr.valid) ?? -1;
    if (free < 0) {
      this.smrMaskMask = 0;
      return;
    }
    hardware.writeSmr(free, this.streamIdMask);
    this.streamIdMask = hardware.readSmr(free) & 0xffff;
    hardware.writeSmr(free, (this.streamIdMask << 16) >>> 0);
    this.smrMaskMask = hardware.readSmr(free) >>> 16;
  }

  /** A bank that never translates takes bypass streams (qcom_smmu_cfg_probe). */
  reserveBypassBank(): void {
    this.bypassBank = this.setup.configuration.banks - 1;
    this.setup.hardware.writeBank(this.bypassBank, CB.SCTLR, 0);
    this.setup.hardware.writeCbar(this.bypassBank, 1 << 16);
  }
}
