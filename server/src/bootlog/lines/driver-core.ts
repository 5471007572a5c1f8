/** drivers/base: probe deferral in every form, fw_devlink's cycles and sync_state, failed probes. */
import { errnoText, type Family, known, type Reading, type Shape } from './shape';

/** The supplier that a reason names. */
export function supplierOf(reason: string): string | null {
  return (
    /wait for supplier (\S+)/.exec(reason)?.[1] ??
    /supplier (\S+) not ready/.exec(reason)?.[1] ??
    /waits? for \S+ of (\S+)/.exec(reason)?.[1] ??
    null
  );
}

/** The resource that a message names, in the words of the property it stands for. */
export function resourceOf(message: string): string | null {
  const named = /(?:supply|regulator|vdd)[^'"\w]*['"]?([\w,.-]+)['"]?/i;
  for (const [pattern, name] of [
    [/Failed to get supply '([^']+)'/i, 'supply $1'],
    [/(?:get|find|request|lookup).{0,24}?(?:supply|regulator)s?\b[ :]*['"]?([\w.-]+)?/i, 'supply $1'],
    [/interconnect/i, 'interconnect path'],
    [/panel or bridge|panel\/bridge/i, 'panel or bridge'],
    [/\bpanel\b/i, 'panel'],
    [/\bbridge\b/i, 'bridge'],
    [/\bclo?c?k(?:s)?\b(?:[ :]*['"]([\w.-]+)['"])?/i, 'clock $1'],
    [/\breset/i, 'reset'],
    [/\bphys?\b/i, 'phy'],
    [/\bgpio/i, 'GPIO'],
    [/\birq|interrupt/i, 'interrupt'],
    [/power[- ]?domain|genpd/i, 'power domain'],
    [/\bextcon|\bedev\b/i, 'extcon'],
    [/\bpinctrl|pin control/i, 'pin control'],
    [/\bmbox|mailbox/i, 'mailbox'],
    [/\bdma\b.*chan/i, 'DMA channel'],
    [/\bopp\b/i, 'OPP table'],
    [/\bnvmem/i, 'nvmem cell'],
    [/\biommu/i, 'iommus'],
    [/\bhwspinlock/i, 'hwspinlock'],
    [/\bsyscon|regmap/i, 'syscon'],
    [/\bbacklight/i, 'backlight'],
    [/\bsound|dai|codec|\bcpu\b.*node/i, 'sound component'],
    [/\bscm\b/i, 'firmware interface (SCM)'],
    [/\brpm\b|rpmh/i, 'RPM'],
  ] as const) {
    const match = pattern.exec(message);
    if (match !== null) return name.replace(' $1', match[1] === undefined ? '' : ` ${match[1]}`);
  }
  return named.exec(message)?.[1] ?? null;
}

const asked = (device: string, reason: string): Reading => ({
  type: 'deferral',
  device,
  reason,
  supplier: supplierOf(reason),
  resource: resourceOf(reason),
  form: 'asked',
});

const shapes: readonly Shape[] = [
  {
    by: 'deferred_probe_timeout_work_func',
    in: '5.7-',
    pattern: /^deferred probe pending(?:: (.*))?$/,
    read: (m, line) => {
      const reason = (m[1] ?? '').replace(/\(reason unknown\)/, '').trim();
      return {
        type: 'deferral',
        device: line.device ?? '',
        reason,
        supplier: supplierOf(reason),
        resource: null,
        form: 'pending',
      };
    },
  },
  {
    by: 'driver_deferred_probe_check_state',
    in: '5.0-',
    pattern: /^(?:deferred probe timeout, )?ignoring dependency(?: for device, assuming no driver)?/,
    read: (_, line) => ({
      type: 'deferral',
      device: line.device ?? '',
      reason: 'the kernel gave up on a supplier that it waited for',
      supplier: null,
      resource: null,
      form: 'timeout',
    }),
  },
  {
    by: 'device_links_check_suppliers',
    in: '5.17-',
    pattern: /^error -517: (.*)$/,
    read: (m, line) => asked(line.device ?? '', (m[1] ?? '').trim()),
  },
  {
    by: 'dev_err_probe',
    in: '6.0- (-EPROBE_DEFER), 5.9- (-517)',
    pattern: /^error -(?:EPROBE_DEFER|517): (.*)$/,
    read: (m, line) => asked(line.device ?? '', (m[1] ?? '').trim()),
  },
  {
    by: 'driver_probe_device',
    in: '3.4-5.6 (printed), 5.7- (debug)',
    pattern: /^Driver (\S+) (?:requests|force) probe deferral/,
    read: (m, line) =>
      ({ ...asked(line.device ?? '', ''), reason: `its driver ${m[1]} asks to be tried again` }) as Reading,
  },
  {
    by: '(initcall_debug) __driver_probe_device, call_driver_probe',
    in: '2.6-',
    pattern: /^probe of (\S+)(?: with driver (\S+))? returned -?517 after/,
    whole: true,
    read: (m) => asked(m[1] ?? '', ''),
  },
  {
    by: 'device_links_check_suppliers',
    in: '4.12-',
    pattern: /^(?:wait for supplier|supplier) (\S+)(?: not ready)?$/,
    read: (_, line) => asked(line.device ?? '', line.message.trim()),
  },
  {
    by: '(any driver)',
    in: '3.4-',
    // A driver's own words with the error number: "Failed to get supply 'vdd': -517".
    pattern: /^(?!probe of )(.*?)[\s:(=-]+-(?:517|EPROBE_DEFER)\)?\.?\s*$/,
    read: (m, line) =>
      line.device === null
        ? null
        : asked(
            line.device,
            (m[1] ?? '')
              .replace(/^\[drm:\w+(?: \[\w+\])?\] /, '')
              .replace(/^\*ERROR\* /, '')
              .trim(),
          ),
  },
  {
    by: '(any driver)',
    in: '3.4-',
    pattern: /(?:EPROBE_DEFER|probe deferral|[Dd]eferring probe|deferr?ing the probe|-517\b)/,
    read: (_, line) => (line.device === null ? null : asked(line.device, line.message.trim())),
  },
  {
    by: 'dev_err_probe',
    in: '5.9-',
    // What no other row knows is still the driver's own sentence, with the error it ends with.
    pattern: /^error -(\d+|E[A-Z0-9]+): (.*)$/,
    read: (m, line) => {
      const errno = Number(m[1]);
      const device = line.device ?? '';
      const what = Number.isNaN(errno) ? (m[1] ?? '') : errnoText(errno);
      return { type: 'driver', device, why: `its driver gave up: ${m[2]} (${what})`, severity: 'error' };
    },
  },
  {
    by: 'call_driver_probe',
    in: '6.8-',
    pattern: /^probe with driver (\S+) failed with error (-\d+)/,
    read: (m, line) => probeFailed(line.device ?? '', m[1] ?? '', Number(m[2])),
  },
  {
    by: 'really_probe',
    in: '2.6-6.7',
    pattern: /^(\S+): probe of (\S+) failed with error (-\d+)/,
    whole: true,
    read: (m) => probeFailed(m[2] ?? '', m[1] ?? '', Number(m[3])),
  },
  {
    by: 'fw_devlink_dev_sync_state',
    in: '6.0-',
    pattern: /^sync_state\(\) pending due to (\S+)/,
    read: (m, line) => ({ type: 'sync-state', device: line.device ?? '', consumer: m[1] ?? null }),
  },
  {
    by: 'fw_devlink_dev_sync_state',
    in: '6.5-',
    pattern: /^Timed out\. Forcing sync_state\(\)/,
    read: (_, line) => ({ type: 'sync-state', device: line.device ?? '', consumer: null }),
  },
  {
    by: '__fw_devlink_relax_cycles',
    in: '6.3-',
    pattern: /^(\S+): Fixed dependency cycle\(s\) with (\S+)/,
    whole: true,
    read: (m) => ({ type: 'cycle', device: m[1] ?? '', other: m[2] ?? '' }),
  },
  {
    by: 'fw_devlink_relax_cycle',
    in: '5.12-6.2',
    pattern: /^Fixed? dependency cycle\(s\) with (\S+)/,
    read: (m, line) => (line.device === null ? null : { type: 'cycle', device: line.device, other: m[1] ?? '' }),
  },
  {
    by: 'fw_devlink_create_devlink',
    in: '5.11-',
    pattern: /^Failed to create device link \((0x[0-9a-f]+)\) with (?:supplier )?(\S+)/,
    read: (m, line) => ({
      type: 'driver',
      device: line.device ?? '',
      why: `no device link to ${m[2]} could be made (${line.device} is its supplier already, or the devices are related): the probes are not ordered by it`,
      severity: 'warning',
    }),
  },
  {
    by: 'devices_deferred (debugfs)',
    in: '3.14-',
    pattern: /^(\S+)\t(.*)$/,
    whole: true,
    read: (m, line) => {
      const reason = (m[2] ?? '').trim();
      if (!/:|^$/.test(reason) || /^0x/.test(reason) || line.device !== null) return null;
      if (reason !== '' && !/wait|not ready|suppl|defer|fail|get|probe|-517/.test(reason)) return null;
      return {
        type: 'deferral',
        device: m[1] ?? '',
        reason,
        supplier: supplierOf(reason),
        resource: resourceOf(reason),
        form: 'pending',
      };
    },
  },
  known(
    '(debug output of the driver core)',
    '2.6-',
    /^bus: '|^driver: '|^(?:Added to|Retrying from|Removed from) deferred list|^Linked as a |^Dropping the |^Not linking |^Relaxing link|^PM: |cycle: (?:depends on|child of)|Extended deferred probe timeout|deferred_probe_|deferred pages initialised|rejects match|matched device|initialised in|probing driver|^shutdown$|^Device match requests|node \d+ deferred|scheduled|^calling |^initcall |^driver \S+ async/,
  ),
  known(
    '(boot text)',
    '2.6-',
    /^(?:initcall|calling) |^probe of \S+ (?:with driver \S+ )?returned |^OF: |of_irq_parse|translation for device|^PM: /,
  ),
];

function probeFailed(device: string, driver: string, errno: number): Reading {
  if (errno === -517) return asked(device, '');
  if (errno === -110)
    return {
      type: 'deferral',
      device,
      reason: `${driver} failed with -110: what it waited for did not come, and it is not tried again`,
      supplier: null,
      resource: null,
      form: 'failed',
    };
  return { type: 'driver', device, why: `the probe by ${driver} failed: ${errnoText(-errno)}`, severity: 'error' };
}

export const driverCore: Family = {
  name: 'driver core',
  anchor:
    /defer|DEFER|error -|-517|517 after|probe|sync_state|cycle|supplier|device link|dependency|\t|bus: '|driver: '|^Added|^Retrying|PM: |inked|Dropping|linking|Relaxing|shutdown|initcall|calling|OF: |async/,
  shapes,
};
