/** A recording of a real kernel, as far as the comparison reads it (the field list is the recordings' README). */

export interface RecordedEvent {
  readonly kind: string;
  readonly device: string | null;
  readonly name?: string;
  readonly detail?: string;
}

export interface RecordedLink {
  readonly supplier: string;
  readonly consumer: string;
  readonly status: string;
  readonly auto_remove_on: string;
  readonly runtime_pm: string;
  readonly sync_state_only: string;
}

export interface RecordedGroup {
  readonly id: number;
  readonly type: string;
  readonly devices: readonly { readonly name: string; readonly path: string | null }[];
  readonly reserved_regions: readonly { readonly start: string; readonly end: string; readonly type: string }[];
}

export interface RecordedDump {
  readonly groups: readonly RecordedGroup[];
  readonly deferred: readonly { readonly device: string; readonly reason: string }[];
  readonly devlinks: readonly RecordedLink[];
  readonly waiting_for_supplier: readonly string[];
  readonly bound: readonly {
    readonly bus: string;
    readonly device: string;
    readonly driver: string | null;
    readonly path: string | null;
  }[];
  readonly domains: readonly {
    readonly device: string;
    readonly group: number;
    readonly type: string;
    readonly dma_iommu: boolean;
    readonly path: string | null;
    readonly ids: readonly string[];
    readonly mapping?: unknown;
    readonly dma_ops?: string | null;
  }[];
}

export interface RecordingFile {
  readonly name: string;
  readonly doc?: string;
  readonly config_modules: string;
  readonly cmdline: string;
  readonly extra_cmdline: string;
  readonly rig_env: string;
  readonly mem_mib: number;
  readonly qemu: readonly string[];
  readonly machine?: string;
  readonly kernel_build?: string;
  readonly complete: boolean;
  readonly suspended?: boolean;
  readonly events: readonly RecordedEvent[];
  readonly dumps: Readonly<Record<string, RecordedDump>>;
  readonly deferred_final: readonly { readonly device: string; readonly reason: string }[];
  readonly probe_order: readonly {
    readonly device: string;
    readonly name: string;
    readonly driver: string;
    readonly attempt: number;
  }[];
  readonly suspend_order: readonly string[];
  readonly resume_order: readonly string[];
  readonly dpm_list: readonly string[];
  readonly devices_kset: readonly string[];
  readonly device_paths: Readonly<Record<string, string>>;
  readonly actions: readonly string[];
  /** Everything else that a kind of fact may look at. */
  readonly [field: string]: unknown;
}

export interface Recording {
  /** `arm64`, `arm32`, `arm64-hw`, or the folder's name. */
  readonly set: string;
  readonly dts: string;
  readonly file: RecordingFile;
}
