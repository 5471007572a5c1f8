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
  /** The kernel's release (`6.12.117`). */
  readonly kernel: string;
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
  /** What could not be read of it, or is not of the shape that we know; none in a bundle. */
  readonly problems?: readonly string[];
}

type Shape = 'list' | 'object' | 'text' | 'truth' | 'number';

/** The fields that every recording has, and what they are. */
const fields: Readonly<Record<string, Shape>> = {
  name: 'text',
  kernel: 'text',
  config_modules: 'text',
  cmdline: 'text',
  extra_cmdline: 'text',
  rig_env: 'text',
  mem_mib: 'number',
  qemu: 'list',
  complete: 'truth',
  events: 'list',
  dumps: 'object',
  dma: 'list',
  iommu_info: 'list',
  deferred_final: 'list',
  probe_order: 'list',
  suspend_order: 'list',
  resume_order: 'list',
  dpm_list: 'list',
  devices_kset: 'list',
  device_paths: 'object',
};
/** The lists of every dump. */
const dumpLists = ['groups', 'deferred', 'devlinks', 'waiting_for_supplier', 'bound', 'domains'];

const shapeOf = (value: unknown): Shape | null => {
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'boolean':
      return 'truth';
    case 'number':
      return 'number';
    default:
      return value !== null && typeof value === 'object' ? 'object' : null;
  }
};
const empty = (shape: Shape): unknown => ({ list: [], object: {}, text: '', truth: false, number: 0 })[shape];

/**
 * A recording's JSON with every field that the comparison reads: what is missing or of another shape is replaced by
 * nothing, and said in `problems`. `name`: what a recording without a name is called.
 */
export function wellFormed(
  value: unknown,
  name: string,
): { readonly file: RecordingFile; readonly problems: string[] } {
  const problems: string[] = [];
  const given = shapeOf(value) === 'object' ? (value as Record<string, unknown>) : {};
  const file: Record<string, unknown> = { ...given };
  for (const [field, shape] of Object.entries(fields)) {
    if (shapeOf(given[field]) === shape) continue;
    problems.push(`${field}: no ${shape}`);
    file[field] = field === 'name' ? name : empty(shape);
  }
  const dumps: Record<string, unknown> = {};
  for (const [dumpName, dump] of Object.entries(file.dumps as Record<string, unknown>)) {
    const kept: Record<string, unknown> = shapeOf(dump) === 'object' ? { ...(dump as Record<string, unknown>) } : {};
    for (const list of dumpLists) {
      if (shapeOf(kept[list]) === 'list') continue;
      problems.push(`dumps.${dumpName}.${list}: no list`);
      kept[list] = [];
    }
    dumps[dumpName] = kept;
  }
  return { file: { ...file, dumps } as unknown as RecordingFile, problems };
}
