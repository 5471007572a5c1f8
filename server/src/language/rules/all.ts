/** Every rule, by code. A new rule is one file and one line here. */
import { bindingRequired } from './binding-required';
import { bootFramebuffer } from './boot-framebuffer';
import { brokenList } from './broken-list';
import { cellCount } from './cell-count';
import { coherenceConflict } from './coherence-conflict';
import { contextBankUnknown } from './context-bank-unknown';
import { deferred } from './deferred';
import { dmaWindowRegion } from './dma-window-region';
import { dmaWindowUntranslated } from './dma-window-untranslated';
import { duplicateSpecifier } from './duplicate-specifier';
import { emptyList } from './empty-list';
import { groupShared } from './group-shared';
import { hole } from './hole';
import { idInMask } from './id-in-mask';
import { idOutOfRange } from './id-out-of-range';
import { iommuCellsValue } from './iommu-cells-value';
import { iommuShared } from './iommu-shared';
import { larbMixed } from './larb-mixed';
import { larbUnknown } from './larb-unknown';
import { lateProbe } from './late-probe';
import { legacyMixed } from './legacy-mixed';
import { legacyMmuMasters } from './legacy-mmu-masters';
import { mapHole } from './map-hole';
import { mapIdRange } from './map-id-range';
import { mapLength } from './map-length';
import { mapLengthZero } from './map-length-zero';
import { mapMask } from './map-mask';
import { mapMaskAlone } from './map-mask-alone';
import { mapOverlap } from './map-overlap';
import { mapRidRange } from './map-rid-range';
import { mapStreamShared } from './map-stream-shared';
import { mapUnread } from './map-unread';
import { mapWithoutBus } from './map-without-bus';
import { maskMatchesAll } from './mask-matches-all';
import { memoryRegionTarget } from './memory-region-target';
import { mergeableSpecifiers } from './mergeable-specifiers';
import { missingIommuCells } from './missing-iommu-cells';
import { missingIommus } from './missing-iommus';
import { misspeltProperty } from './misspelt-property';
import { mixedDrivers } from './mixed-drivers';
import { noXlate } from './no-xlate';
import { notAProvider } from './not-a-provider';
import { notCells } from './not-cells';
import { pciIommus } from './pci-iommus';
import { providerCompatible } from './provider-compatible';
import { providerDisabled } from './provider-disabled';
import { providerFails } from './provider-fails';
import { providerNoDriver } from './provider-no-driver';
import { providerUnreachable } from './provider-unreachable';
import { redundantSpecifier } from './redundant-specifier';
import { relaxedCycle } from './relaxed-cycle';
import { requiredProperty } from './required-property';
import { reservedBeyond } from './reserved-beyond';
import { reservedCells } from './reserved-cells';
import { reservedDevice } from './reserved-device';
import { reservedEmpty } from './reserved-empty';
import { reservedNotDirect } from './reserved-not-direct';
import { reservedOverlap } from './reserved-overlap';
import { reservedPlace } from './reserved-place';
import type { Rule } from './rule';
import { selfReference } from './self-reference';
import { severalProviders } from './several-providers';
import { simulatedFault } from './simulated-fault';
import { streamOverlap } from './stream-overlap';
import { streamTwice } from './stream-twice';
import { supplierCycle } from './supplier-cycle';
import { supplierDisabled } from './supplier-disabled';
import { supplierNoDriver } from './supplier-no-driver';
import { swgroupUnknown } from './swgroup-unknown';
import { tooManyStreams } from './too-many-streams';
import { unknownLabel } from './unknown-label';
import { untranslated } from './untranslated';

export const rules: readonly Rule[] = [
  bootFramebuffer,
  brokenList,
  cellCount,
  coherenceConflict,
  contextBankUnknown,
  deferred,
  dmaWindowRegion,
  dmaWindowUntranslated,
  duplicateSpecifier,
  emptyList,
  groupShared,
  hole,
  idInMask,
  idOutOfRange,
  iommuCellsValue,
  iommuShared,
  larbMixed,
  larbUnknown,
  lateProbe,
  legacyMixed,
  legacyMmuMasters,
  mapHole,
  mapIdRange,
  mapLengthZero,
  mapLength,
  mapMaskAlone,
  mapMask,
  mapOverlap,
  mapRidRange,
  mapStreamShared,
  mapWithoutBus,
  mapUnread,
  maskMatchesAll,
  memoryRegionTarget,
  missingIommuCells,
  missingIommus,
  bindingRequired,
  misspeltProperty,
  mixedDrivers,
  noXlate,
  notAProvider,
  notCells,
  pciIommus,
  providerCompatible,
  providerDisabled,
  providerFails,
  providerNoDriver,
  providerUnreachable,
  redundantSpecifier,
  mergeableSpecifiers,
  relaxedCycle,
  requiredProperty,
  reservedBeyond,
  reservedCells,
  reservedDevice,
  reservedEmpty,
  reservedNotDirect,
  reservedOverlap,
  reservedPlace,
  selfReference,
  severalProviders,
  simulatedFault,
  streamOverlap,
  streamTwice,
  supplierCycle,
  supplierDisabled,
  supplierNoDriver,
  swgroupUnknown,
  tooManyStreams,
  unknownLabel,
  untranslated,
];
