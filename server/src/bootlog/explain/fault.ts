/** Why a fault happened: which master, which node, where the address lies, and what is likely wrong, each with its evidence. */
import type { DtNode } from '../../devicetree/model';
import { compatibles, isEnabled } from '../../devicetree/read';
import { regOf } from '../../iommu/addresses';
import type { IommuView, Provider } from '../../iommu/view';
import { hex } from '../../iommu/words';
import type { ReportDevice, ReportDomain } from '../../simulator/report';
import type { FaultFact } from '../facts';
import type { Board } from '../match/board';
import { type Masters, mastersOf, providerOf } from '../match/masters';
import { type Cause, cause } from './cause';
import { type Place, placeOf } from './place';

export interface FaultExplanation {
  readonly fact: FaultFact;
  readonly provider: DtNode | null;
  /** Why the line cannot be of this tree, as a sentence; null where nothing speaks against it. */
  readonly foreign: string | null;
  /** Masters that the stream can belong to. */
  readonly masters: readonly DtNode[];
  readonly mastersBy: Masters['by'];
  readonly group: number | null;
  readonly domain: string | null;
  readonly place: Place | null;
  readonly causes: readonly Cause[];
}

/** What is known of a fault on a board, gathered for the rules below. */
interface Case {
  readonly fact: FaultFact;
  readonly provider: Provider | null;
  readonly masters: readonly DtNode[];
  readonly devices: readonly ReportDevice[];
  readonly domain: ReportDomain | null;
  readonly place: Place | null;
  readonly board: Board;
}

const FDT = 'take the tree that the board booted with (/sys/firmware/fdt) as --dts: a boot loader may have added it';

const FOUR_GIB = 1n << 32n;
/** Within this many bytes below the top of the window the allocator gives addresses out first (iova.c: from the top). */
const ALLOCATED_FIRST = 0x10000000n;

/** Where the DMA API gives out addresses of this master first; null when nothing is known of it. */
function allocatorArea({
  domain,
  board,
}: Case): { readonly from: bigint; readonly to: bigint; readonly text: string } | null {
  if (domain?.type.startsWith('DMA') === true) {
    const given = domain.regions.filter((region) => ['alloc', 'map', 'sg'].includes(region.kind));
    const first = given[0];
    if (first !== undefined) {
      const start = BigInt(first.iova);
      // From the bottom: the bitmap of 32-bit ARM's DMA API.
      if (start < BigInt(domain.aperture[0]) + ALLOCATED_FIRST)
        return {
          from: BigInt(domain.aperture[0]),
          to: BigInt(domain.aperture[0]) + ALLOCATED_FIRST,
          text: 'the bottom of the window, where the DMA API begins',
        };
    }
  }
  const bits32 = board.view.tree.root.children.get('cpus');
  const thirtyTwo = [...(bits32?.children.values() ?? [])].some((cpu) =>
    compatibles(cpu).some((name) => /^arm,cortex-a(5|7|8|9|12|15|17)$|^qcom,krait/.test(name)),
  );
  if (thirtyTwo) return null;
  return {
    from: FOUR_GIB - ALLOCATED_FIRST,
    to: FOUR_GIB - 1n,
    text: 'the top of 4 GiB, where the DMA API gives out addresses first and goes down from',
  };
}

function memoryNode(view: IommuView, address: bigint): DtNode | null {
  for (const node of view.tree.root.children.values())
    if (/^memory(?:@|$)/.test(node.name))
      for (const range of regOf(node))
        if (address >= range.address && address < range.address + range.size) return node;
  return null;
}

function reservedMemory(view: IommuView, address: bigint): DtNode | null {
  const parent = view.tree.root.children.get('reserved-memory');
  for (const node of parent?.children.values() ?? [])
    for (const range of regOf(node)) if (address >= range.address && address < range.address + range.size) return node;
  return null;
}

function streamCauses({ fact, provider, masters, devices, board }: Case): Cause[] {
  const causes: Cause[] = [];
  const stream = fact.stream === null ? 'this stream' : `stream ${hex(fact.stream)}`;
  if (masters.length === 0) {
    causes.push(
      cause(
        `no node of the tree names ${stream} on this IOMMU: the device that uses it lacks its \`iommus\` or \`iommu-map\` entry, or has a wrong ID in it`,
        'no specifier of the tree matches it, with masks applied as the hardware does',
      ),
    );
    if (provider !== null && fact.stream !== null) {
      const wanted = fact.stream;
      const near = board.view
        .named(provider)
        .map((use) => ({ use, distance: Math.abs(use.id - wanted) }))
        .sort((a, b) => a.distance - b.distance)[0];
      if (near !== undefined)
        causes.push(
          cause(
            `compare the cell and mask of ${near.use.node.path} with the SoC's list of stream IDs`,
            `its ID ${hex(near.use.id)} is the nearest in the tree`,
          ),
        );
    }
    causes.push(
      cause(
        `the boot loader or firmware set this stream up, or left its device running (a display, an audio DSP): ${FDT}`,
        'the source does not name the stream, and a boot loader can write the tree that the kernel gets',
      ),
    );
    return causes;
  }
  for (const node of masters) {
    const device = devices.find((entry) => entry.device === node.path);
    if (!isEnabled(node))
      causes.push(
        cause(
          `${node.path} is disabled, yet it accesses memory: it was left running by firmware`,
          `its status, and that ${stream} is its`,
        ),
      );
    else if (device !== undefined && device.status !== 'bound')
      causes.push(
        cause(
          `${node.path} was not attached when it accessed memory: ${device.status === 'no-driver' ? 'no driver of this kernel binds to it' : `its driver is not bound (${device.deferReason ?? device.status})`}`,
          'the boot on paper',
        ),
      );
    else
      causes.push(
        cause(
          `${node.path} accessed memory before its driver had probed, or the IOMMU refused it (look for a refusal of it in this log)`,
          `it names ${stream}, and the IOMMU had no translation for it`,
        ),
      );
  }
  return causes;
}

/** A domain of the upper half (TTBR1), and an address in the lower one. */
function processHalf(fact: FaultFact, domain: ReportDomain | null): boolean {
  return (
    domain !== null &&
    domain.type !== 'identity' &&
    BigInt(domain.aperture[0]) >= 1n << 47n &&
    fact.iova !== null &&
    fact.iova < 1n << 48n
  );
}

/** The driver works in a domain of its own: the default domain is identity, or the simulation knows a domain by the IOMMU API. */
function ownDomainCauses({ fact, masters, devices, domain }: Case): Cause[] {
  const iova = fact.iova ?? 0n;
  const who = masters[0]?.path ?? 'the device';
  // Adreno: TTBR1 holds the kernel's addresses (the upper half), TTBR0 a process's (drivers/gpu/drm/msm/msm_iommu.c).
  if (domain !== null && processHalf(fact, domain))
    return [
      cause(
        `${hex(iova)} is in the lower half, which is the page table of a process (TTBR0): a command stream or shader of that process uses an address that is not mapped in it`,
        `the kernel's own table (TTBR1) begins at ${domain.aperture[0]}`,
      ),
    ];
  if (!devices.some((device) => device.domain === 'identity')) return [];
  return [
    cause(
      `the driver of ${who} attached a domain of its own, and the address is not mapped in that: look at the buffers that this driver maps`,
      'the default domain of this master is identity, under which no translation fault can happen; a fault came',
    ),
  ];
}

function mappingCauses({ fact, place }: Case): Cause[] {
  const causes: Cause[] = [];
  const access = fact.write === true ? 'writes' : fact.write === false ? 'reads' : 'accesses';
  // Regions of an assumed workload say where addresses come from, not what this board had mapped.
  if (place?.region != null && place.region.assumption === null) {
    const assumed = 'the boot on paper';
    if (place.relation === 'after')
      causes.push(
        cause(
          `the device ${access} past the end of a buffer: its length, stride or descriptor count is larger than what was mapped`,
          `${place.text} (${assumed})`,
        ),
      );
    else if (place.relation === 'before')
      causes.push(
        cause(
          'the device starts before a buffer: a wrong offset, or a prefetch into the page below',
          `${place.text} (${assumed})`,
        ),
      );
    else if (place.relation === 'other-domain')
      causes.push(
        cause(
          "the address belongs to another master: the stream ID in `iommus` is exchanged with that master's, or a shared buffer was mapped for one of them only",
          place.text,
        ),
      );
    else if (place.relation === 'inside')
      causes.push(
        cause(
          'the buffer at this address was unmapped before the device had finished with it (use after free)',
          `${place.text} (${assumed}): it was given out, and a fault says that it is not mapped`,
        ),
      );
  }
  if (place?.relation === 'beyond')
    causes.push(
      cause(
        'no buffer of this domain can be there: the device was given an address that is none of its IOVAs, or it uses more address bits than the domain has',
        place.text,
      ),
    );
  else if (place?.relation === 'reserved')
    causes.push(
      cause(
        'the device uses an address that the DMA API never gives out, in a region kept for MSIs, PCI windows or firmware',
        place.text,
      ),
    );
  return causes;
}

/** What the walk of the tables says: how much was there. */
function walkCauses({ fact }: Case): Cause[] {
  if (fact.walkLevel === null) return [];
  if (fact.walkLevel === 3)
    return [
      cause(
        'a buffer near this address was mapped at some time, and this page is not (any more): a buffer that is gone, or one that is too short',
        'the walk came to the last level: the tables above it exist',
      ),
    ];
  return [
    cause(
      'nothing was mapped near this address at that moment: not the page behind a buffer that is still there, but a wrong address, or a device that no driver has set up yet or any more',
      `the walk ended at level ${fact.walkLevel}`,
    ),
  ];
}

function addressCauses(at: Case): Cause[] {
  const { fact, place, board } = at;
  const iova = fact.iova;
  if (iova === null) return [];
  if (iova < 0x1000n)
    return [
      cause(
        'a descriptor or register of the device holds 0: a buffer address that was never written',
        `the address is ${hex(iova)}, in page 0, which the DMA API never gives out`,
      ),
    ];
  const area = allocatorArea(at);
  if (area !== null && iova >= area.from && iova <= area.to)
    return [
      cause(
        'the address of a DMA buffer that is not mapped any more, or not yet: the device was started too early or stopped too late, or its buffer is shorter than the device believes',
        `${hex(iova)} lies at ${area.text}`,
      ),
    ];
  const placed =
    place?.region != null &&
    place.region.assumption === null &&
    ['inside', 'after', 'before', 'other-domain'].includes(place.relation);
  // A table that exists down to the last level was made for a mapping near: no address by chance.
  if (placed || fact.walkLevel === 3) return [];
  const carveout = reservedMemory(board.view, iova);
  if (carveout !== null)
    return [
      cause(
        `the device may use ${carveout.path} without a mapping: firmware's buffer wants \`iommu-addresses\` there, and \`memory-region\` at the master`,
        `${hex(iova)} lies inside ${carveout.path}, which is where memory is, not where the DMA API gives addresses first`,
      ),
    ];
  const memory = memoryNode(board.view, iova);
  if (memory !== null)
    return [
      cause(
        'a physical address may have been given to the device instead of the one from the DMA API',
        `${hex(iova)} is an address of RAM (${memory.path}), and not where the DMA API gives addresses first`,
      ),
    ];
  return [];
}

function translationCauses(at: Case): Cause[] {
  const own = ownDomainCauses(at);
  const zero = (at.fact.iova ?? 1n) < 0x1000n;
  // What the default domain holds says nothing about a domain of the driver's own.
  const causes = zero
    ? [...addressCauses(at), ...own]
    : own.length > 0
      ? [...own, ...walkCauses(at)]
      : [...mappingCauses(at), ...addressCauses(at), ...walkCauses(at)];
  if (at.masters.length === 0 && at.provider !== null && at.fact.stream !== null) {
    causes.push(
      cause(
        `no node of the tree names stream ${hex(at.fact.stream)}: ${FDT}`,
        'a translation fault comes from a stream that is attached, and the source does not attach it',
      ),
    );
  }
  if (causes.length === 0 && at.fact.iova === null)
    causes.push(
      cause(
        'nothing was mapped at the address that the device used: find the whole line to know which',
        'a translation fault in a line without its address',
      ),
    );
  else if (causes.length === 0)
    causes.push(
      cause(
        'nothing was mapped at this address when the device used it',
        'the fault itself; neither tree nor boot on paper says more',
      ),
    );
  return causes;
}

function permissionCauses({ fact }: Case): Cause[] {
  const secure = fact.decoded.find((text) => text.startsWith('the page is for secure accesses alone'));
  if (fact.model === 'tegra-smmu' && secure !== undefined)
    return [cause('the page is not mapped for the non-secure world: its entry lacks the bit for it', secure)];
  if (fact.model.startsWith('tegra-mc'))
    return [
      cause(
        'memory that is kept for the secure world or for video (VPR, a carveout) was accessed by a client that may not',
        fact.decoded[0] ?? 'the memory controller says so',
      ),
    ];
  if (fact.write === null)
    return [
      cause(
        'the mapping does not allow this access: its direction or protection does not fit what the device does',
        'the fault is one of permission: something is mapped there',
      ),
    ];
  return [
    fact.write
      ? cause(
          'the device writes to a buffer that was mapped for reading (DMA_TO_DEVICE): the direction of the mapping is wrong',
          'a permission fault on a write: something is mapped there, without write permission',
        )
      : cause(
          'the device reads a buffer that was mapped for writing (DMA_FROM_DEVICE): the direction of the mapping is wrong',
          'a permission fault on a read: something is mapped there, without read permission',
        ),
  ];
}

function decodeCauses({ fact }: Case): Cause[] {
  return [
    cause(
      'the access went out with an address that is no DRAM: it was not translated at all (the IOMMU lets this stream through), or through a mapping that is stale or wrong',
      `${fact.decoded[0] ?? 'the memory controller'}: ${fact.iova === null ? 'the address' : hex(fact.iova)} is no memory`,
    ),
  ];
}

/** A fault of an unknown kind: what says that it is no fault of an address, and what says nothing. */
function otherCauses(fact: FaultFact): Cause[] {
  const because = fact.decoded.length > 0 ? fact.decoded.join('; ') : 'the line tells no more';
  const unsaid = fact.model === 'tegra-smmu' || fact.decoded.length === 0 || /is cut|no bit of a fault/.test(because);
  return [
    cause(
      unsaid
        ? 'the line does not say what kind of fault it was'
        : 'no fault of an address: the SMMU could not do its work (see the bits above)',
      because,
    ),
  ];
}

function causesOf(at: Case): Cause[] {
  const { fact } = at;
  switch (fact.kind) {
    case 'unknown-stream':
    case 'blocked':
    case 'bad-stream-id':
      return streamCauses(at);
    case 'permission':
      return permissionCauses(at);
    case 'decode':
      return decodeCauses(at);
    case 'ats':
      return [
        cause(
          'a PCI device sent an access that it had translated itself (ATS), on a stream where ATS is not on: ATS was left on by firmware or after a reset, or the device is not meant to use it (`pci=noats` shows)',
          fact.decoded[0] ?? 'the event',
        ),
      ];
    case 'translation':
      return translationCauses(at);
    case 'other':
      return otherCauses(fact);
  }
}

/** Explains one fault on a board; without a boot on paper only by what the tree says. */
export function explainFault(fact: FaultFact, board: Board): FaultExplanation {
  const { report } = board;
  const located = providerOf(fact, board);
  const { provider, foreign } = located;
  const { nodes: masters, by } = mastersOf(fact, located, board);
  const devices = report?.devices.filter((device) => masters.some((node) => node.path === device.device)) ?? [];
  const group = devices.find((device) => device.group !== null)?.group ?? null;
  const domain = report?.domains.find((entry) => group !== null && entry.group === group) ?? null;
  const identity = devices.some((device) => device.domain === 'identity');
  const place =
    foreign !== null || fact.iova === null || report === null || fact.kind === 'decode'
      ? null
      : processHalf(fact, domain)
        ? {
            relation: 'unknown' as const,
            text: "in the lower half: a process's page table, which the simulation does not know",
            region: null,
            distance: null,
          }
        : identity
          ? placeOf(fact.iova, domain === null ? null : { ...domain, type: 'identity' }, report)
          : placeOf(fact.iova, domain, report);
  return {
    fact,
    provider: provider?.node ?? null,
    foreign,
    masters,
    mastersBy: by,
    group,
    domain: devices.find((device) => device.domain !== null)?.domain ?? null,
    place,
    // What a tree says that the line is not of would be about another board.
    causes: foreign === null ? causesOf({ fact, provider, masters, devices, domain, place, board }) : [],
  };
}
