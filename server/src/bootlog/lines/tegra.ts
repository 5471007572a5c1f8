/** Tegra's memory controller: mainline tegra-mc (with and without an SMMU of its own) and L4T's mc-err. */
import type { FaultFact } from '../facts';
import { big, type Family, known, type Shape, says } from './shape';

/** What the memory controller found in the tables (MC_ERR_STATUS): the letters of `[RWS]`. */
interface Letters {
  readonly readable: boolean;
  readonly writable: boolean;
  /** The page is for secure accesses alone: its entry lacks the bit "non-secure". */
  readonly secure: boolean;
}

/** What the letters have to do with the access: which of them refused it, or none. */
function refusalOf(letters: Letters, write: boolean, secure: boolean): 'unmapped' | 'direction' | 'secure' | 'none' {
  if (!letters.readable && !letters.writable) return 'unmapped';
  if (write ? !letters.writable : !letters.readable) return 'direction';
  return letters.secure && !secure ? 'secure' : 'none';
}

const REFUSAL: Readonly<Record<ReturnType<typeof refusalOf>, string | null>> = {
  unmapped: null,
  direction: null,
  secure: 'the page is for secure accesses alone, and this one is not secure',
  none: 'the letters allow this access: they do not say why it was refused',
};

function kindOf(detail: string): FaultFact['kind'] {
  if (/EMEM|decode/i.test(detail)) return 'decode';
  return /violation|carveout|VPR|secur/i.test(detail) ? 'permission' : 'other';
}

/** The kind of an SMMU's fault: without letters it is one of translation. */
function smmuKind(refusal: ReturnType<typeof refusalOf> | null): FaultFact['kind'] {
  if (refusal === 'direction' || refusal === 'secure') return 'permission';
  return refusal === 'none' ? 'other' : 'translation';
}

const shapes: readonly Shape[] = [
  {
    by: 'tegra30_mc_handle_irq',
    in: '3.18-',
    pattern: /^(\S+): (secure )?(read|write) @(0x[0-9a-f]+): ([^(]+?)(?: \((.*?)(?: \[([R-])([W-])([S-])\])?\))?\s*$/,
    read: (match, line) => {
      const detail = `${(match[5] ?? '').trim()}${match[6] === undefined || match[6] === '(null' ? '' : `: ${match[6]}`}`;
      const decoded = [detail.replace(/: \(null\)?$/, '')];
      if (match[2] !== undefined) decoded.push('a secure access');
      const write = match[3] === 'write';
      const refusal =
        match[7] === undefined
          ? null
          : refusalOf(
              { readable: match[7] === 'R', writable: match[8] === 'W', secure: match[9] === 'S' },
              write,
              match[2] !== undefined,
            );
      if (match[7] !== undefined)
        decoded.push(
          `descriptor: ${match[7] === 'R' ? 'readable' : 'not readable'}, ${match[8] === 'W' ? 'writable' : 'not writable'}, ${match[9] === 'S' ? 'secure' : 'non-secure'}`,
        );
      const why = refusal === null ? null : REFUSAL[refusal];
      if (why !== null) decoded.push(why);
      const smmu = /SMMU/.test(match[6] ?? '');
      return {
        type: 'fault',
        model: smmu ? 'tegra-smmu' : 'tegra-mc',
        iommu: line.device,
        client: match[1] ?? null,
        iova: big(match[4]),
        write,
        kind: smmu ? smmuKind(refusal) : kindOf(detail),
        decoded,
      };
    },
  },
  {
    by: 'mcerr_default_print',
    in: 'vendor (L4T)',
    pattern: /mc-err: \((\d+)\) (\S+?): (.+?)\s*$/,
    whole: true,
    opens: 3,
    read: (match) => ({
      type: 'fault',
      model: 'tegra-mc',
      client: (match[2] ?? '').replace(/^cs[rw]_/, ''),
      kind: kindOf(match[3] ?? ''),
      decoded: [match[3] ?? '', `swgroup ${match[1]}`],
    }),
  },
  {
    by: 'mcerr_default_print',
    in: 'vendor (L4T)',
    pattern: /mc-err:\s+status = (0x[0-9a-f]+); addr = (0x[0-9a-f]+)/,
    whole: true,
    read: (match) => ({ type: 'detail', iova: big(match[2]) }),
  },
  {
    by: 'mcerr_default_print',
    in: 'vendor (L4T)',
    pattern: /mc-err:\s+secure: (yes|no), access-type: (read|write)(?:, SMMU fault: (.+))?/,
    whole: true,
    read: (match) => ({
      type: 'detail',
      write: match[2] === 'write',
      ...(match[3] === undefined || match[3] === 'none'
        ? {}
        : { kind: 'translation', decoded: [`SMMU fault: ${match[3]}`] }),
    }),
  },
  says(
    'tegra_mc_fault',
    'vendor (L4T)',
    /mc-err: (?:Too many MC errors|too many)/,
    'the memory controller stopped reporting errors: there were too many',
  ),
  says(
    'tegra30_mc_handle_irq',
    '5.18-',
    /^unknown interrupt channel (0x[0-9a-f]+)/,
    'an error of a channel that the node does not list ($1)',
  ),
  says(
    'tegra186_mc_probe',
    '5.18-',
    /Broadcast channel is missing/,
    "the memory controller's node lacks its broadcast channel: errors cannot be read",
    'warning',
  ),
  says(
    'tegra_mc_probe',
    '3.18-',
    /^failed to probe SMMU: (-?\d+)/,
    'the SMMU in the memory controller did not come up ($1)',
  ),
  says(
    'tegra_mc_probe',
    '3.18-',
    /^failed to (?:get MC clock|setup (?:latency allowance|timings)|register reset controller|initialize interconnect|request IRQ#?\d*|set DMA mask)/,
    'the memory controller did not come up as it should',
  ),
  says(
    'tegra_mc_hotreset_assert',
    '4.18-',
    /^failed to (?:block|flush|hot reset|deassert hot reset|unblock) (\S+)/,
    'a client ($1) could not be stopped or reset',
  ),
  says(
    'tegra_smmu_enable',
    '3.18-',
    /group from swgroup (\d+) not found/,
    'no group of this SoC has swgroup $1',
    'warning',
  ),
  says(
    'tegra_smmu_configure',
    '5.0-6.6',
    /^failed to (?:initialize fwspec|parse SW group ID): (-?\d+)/,
    'the iommus entry could not be read ($1)',
  ),
  known(
    'tegra_mc_probe',
    '3.18-',
    /^address bits: |^TLB lines: |^no memory timings? |^timing \S+: |^gsc_apr_id|^Adding chip|^limiting burst/,
  ),
];

export const tegra: Family = { name: 'tegra', anchor: /tegra-mc|mc-err|memory-controller|smmu|swgroup/, shapes };
