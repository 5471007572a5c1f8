/** Every rule, by code. A new rule is one file and one line here. */

import { groupShared } from './groups/group-shared';
import { groupWithoutMapping } from './groups/group-without-mapping';
import { iommuShared } from './groups/iommu-shared';
import { mapForm } from './maps/map-form';
import { mapHole } from './maps/map-hole';
import { mapIdRange } from './maps/map-id-range';
import { mapLength } from './maps/map-length';
import { mapLengthZero } from './maps/map-length-zero';
import { mapMask } from './maps/map-mask';
import { mapMaskAlone } from './maps/map-mask-alone';
import { mapOverlap } from './maps/map-overlap';
import { mapRidRange } from './maps/map-rid-range';
import { mapStreamShared } from './maps/map-stream-shared';
import { mapUnread } from './maps/map-unread';
import { mapWithoutBus } from './maps/map-without-bus';
import { pciIommus } from './maps/pci-iommus';
import { deferred } from './probe/deferred';
import { lateProbe } from './probe/late-probe';
import { probeFails } from './probe/probe-fails';
import { relaxedCycle } from './probe/relaxed-cycle';
import { simulatedFault } from './probe/simulated-fault';
import { supplierCycle } from './probe/supplier-cycle';
import { supplierDisabled } from './probe/supplier-disabled';
import { supplierNoDriver } from './probe/supplier-no-driver';
import { untranslated } from './probe/untranslated';
import { bindingRequired } from './providers/binding-required';
import { legacyMixed } from './providers/legacy-mixed';
import { legacyMmuMasters } from './providers/legacy-mmu-masters';
import { noXlate } from './providers/no-xlate';
import { providerCompatible } from './providers/provider-compatible';
import { providerDisabled } from './providers/provider-disabled';
import { providerFails } from './providers/provider-fails';
import { providerNoDriver } from './providers/provider-no-driver';
import { providerUnreachable } from './providers/provider-unreachable';
import { registrationRefused } from './providers/registration-refused';
import { requiredProperty } from './providers/required-property';
import { bootFramebuffer } from './reserved/boot-framebuffer';
import { memoryRegionTarget } from './reserved/memory-region-target';
import { reservedBeyond } from './reserved/reserved-beyond';
import { reservedCells } from './reserved/reserved-cells';
import { reservedDevice } from './reserved/reserved-device';
import { reservedEmpty } from './reserved/reserved-empty';
import { reservedNotDirect } from './reserved/reserved-not-direct';
import { reservedOverlap } from './reserved/reserved-overlap';
import { reservedPlace } from './reserved/reserved-place';
import type { Rule } from './rule';
import { brokenList } from './specifiers/broken-list';
import { cellCount } from './specifiers/cell-count';
import { contextBankUnknown } from './specifiers/context-bank-unknown';
import { duplicateSpecifier } from './specifiers/duplicate-specifier';
import { emptyList } from './specifiers/empty-list';
import { hole } from './specifiers/hole';
import { idInMask } from './specifiers/id-in-mask';
import { idOutOfRange } from './specifiers/id-out-of-range';
import { iommuCellsValue } from './specifiers/iommu-cells-value';
import { maskMatchesAll } from './specifiers/mask-matches-all';
import { mergeableSpecifiers } from './specifiers/mergeable-specifiers';
import { missingIommuCells } from './specifiers/missing-iommu-cells';
import { missingIommus } from './specifiers/missing-iommus';
import { misspeltProperty } from './specifiers/misspelt-property';
import { mixedDrivers } from './specifiers/mixed-drivers';
import { notAProvider } from './specifiers/not-a-provider';
import { notCells } from './specifiers/not-cells';
import { redundantSpecifier } from './specifiers/redundant-specifier';
import { selfReference } from './specifiers/self-reference';
import { severalProviders } from './specifiers/several-providers';
import { unknownLabel } from './specifiers/unknown-label';
import { vendorProperty } from './specifiers/vendor-property';
import { larbMixed } from './streams/larb-mixed';
import { larbUnknown } from './streams/larb-unknown';
import { streamOverlap } from './streams/stream-overlap';
import { streamTwice } from './streams/stream-twice';
import { swgroupUnknown } from './streams/swgroup-unknown';
import { tooManyStreams } from './streams/too-many-streams';
import { coherenceConflict } from './windows/coherence-conflict';
import { dmaWindowRegion } from './windows/dma-window-region';
import { dmaWindowUntranslated } from './windows/dma-window-untranslated';

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
  groupWithoutMapping,
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
  mapForm,
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
  probeFails,
  providerCompatible,
  providerDisabled,
  providerFails,
  registrationRefused,
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
  vendorProperty,
];

/** The codes of all rules as settings and findings have them. */
export const ruleCodes: readonly string[] = rules.map(({ code }) => `smmu/${code}`);
