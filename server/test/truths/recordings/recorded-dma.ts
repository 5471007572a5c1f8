/** The DMA part of a recording: what each call of a client gave, and what it knew of its domain. */
import type { RecordingFile } from './recording';

export interface RecordedDma {
  readonly t: number;
  readonly device: string;
  readonly op: number;
  readonly kind: string;
  readonly slot: number;
  readonly size?: number;
  readonly iova: string | null;
  readonly ret: number;
  readonly nr_bitmaps?: number;
  /** The device's dma_ops at that moment (3.19). */
  readonly ops?: string;
  readonly segments?: readonly { readonly iova: string; readonly len: number }[];
}

export interface RecordedInfo {
  readonly t: number;
  readonly device: string;
  readonly when: string;
  readonly group: number;
  readonly domain: string;
  readonly dma_iommu: boolean;
  readonly coherent: boolean;
  readonly dma_mask: string;
  readonly coherent_dma_mask: string;
  readonly bus_dma_limit: string;
  readonly aperture: readonly string[];
  readonly pgsize_bitmap: string;
  readonly ids: readonly string[];
  readonly mapping?: Readonly<Record<string, unknown>> | null;
}

interface RecordedApi {
  readonly t: number;
  readonly device: string;
  readonly call: string;
  readonly ret: number;
  readonly [field: string]: unknown;
}

export const dmaOf = (file: RecordingFile): readonly RecordedDma[] => (file.dma ?? []) as readonly RecordedDma[];
export const infoOf = (file: RecordingFile): readonly RecordedInfo[] =>
  (file.iommu_info ?? []) as readonly RecordedInfo[];
export const apiOf = (file: RecordingFile): readonly RecordedApi[] => (file.api ?? []) as readonly RecordedApi[];
