/**
 * The six answers to "who sets up a master's translation, and when" (S1 to S6), for every master of a board. S6 is the
 * simulated boot itself; S4 and S5 come from a second boot without fw_devlink, where only deferral orders things;
 * S1 to S3 follow from the order of devices and of driver registration.
 */
import type { DtNode } from '../../devicetree/model';
import { isEnabled } from '../../devicetree/read';
import type { Client } from '../dma/clients/client';
import { type OwnedDomain, ownedDomains } from '../dma/report-domains';
import type { DriverModel } from '../kernel/drivers';
import { INITCALL_LEVELS } from '../kernel/drivers';
import type { Device } from '../probe/devices/device';
import { phandleEntries } from '../probe/links/suppliers';
import type { Outcome } from '../probe/run';
import type { ReportPowerPair, ReportStrategy, StrategyId, StrategyMaster } from '../report';
import { strategyMaps } from './strategy-maps';

const strategyIds: readonly StrategyId[] = ['S1', 'S2', 'S3', 'S4', 'S5', 'S6'];

interface MasterFacts {
  readonly node: DtNode;
  readonly device: Device;
  /** Enabled IOMMUs that it names, as devices (null: the node has none). */
  readonly providers: readonly { readonly node: DtNode; readonly device: Device | null }[];
  /** Its driver, bound or tried last; null: none. */
  readonly driver: DriverModel | null;
  /** The drivers of its IOMMUs; null where one has none. */
  readonly providerDrivers: readonly (DriverModel | null)[];
  /** Its driver wants a domain of its own. */
  readonly ownDomain: boolean;
}

const ownOps = new Set(['domain-attach', 'claim-owner', 'arm-detach', 'arm-attach']);

function driverOf(outcome: Outcome, device: Device | null): DriverModel | null {
  if (device === null) return null;
  if (device.driver !== null) return device.driver.model;
  const { machine } = outcome;
  return machine.lastDriverOf(device)?.model ?? null;
}

function mastersOf(outcome: Outcome): MasterFacts[] {
  const { machine } = outcome;
  const { core } = machine;
  const found: MasterFacts[] = [];
  for (const device of core.devices) {
    const { node } = device;
    if (device.dead || node === null || device.sharesNode || !node.properties.has('iommus')) continue;
    const nodes = phandleEntries(core.tree, node.properties.get('iommus'), '#iommu-cells', null)
      .flatMap((e) => (e.node === null || !isEnabled(e.node) ? [] : [e.node]))
      .filter((n, i, all) => all.indexOf(n) === i);
    if (nodes.length === 0) continue;
    const providers = nodes.map((n) => ({ node: n, device: core.fwnodes[n.index]?.device ?? null }));
    const driver = driverOf(outcome, device);
    const ops = machine.behaviourOf(device)?.ops ?? [];
    found.push({
      node,
      device,
      providers,
      driver,
      providerDrivers: providers.map((p) => driverOf(outcome, p.device)),
      ownDomain: (driver?.usesIommuApi ?? false) || ops.some((op) => ownOps.has(op.op)),
    });
  }
  return found;
}

const levelOf = (driver: DriverModel): number => INITCALL_LEVELS.indexOf(driver.level);

/** Whether a driver registers before another one: level, then link order. */
function registersBefore(a: DriverModel, b: DriverModel): boolean {
  const [x, y] = [levelOf(a), levelOf(b)];
  return x !== y ? x < y : a.order < b.order;
}

/** The twin of a device in another run of the same board. */
function twin(outcome: Outcome, device: Device): Device | null {
  return device.node === null ? null : (outcome.machine.core.fwnodes[device.node.index]?.device ?? null);
}

/** Suspends before all its IOMMUs: it is behind them in dpm_list. */
function suspendsFirst(positions: ReadonlyMap<string, number>, master: MasterFacts): boolean {
  const own = positions.get(master.device.ref);
  return (
    own !== undefined &&
    master.providers.every((p) => {
      const at = p.device === null ? undefined : positions.get(p.device.ref);
      return at !== undefined && at < own;
    })
  );
}

/**
 * Each master with each of its IOMMUs: whether it suspends before the IOMMU, and resumes after it (dpm_suspend, dpm_resume
 * walk dpm_list from the tail and from the head). The same question as `suspendOrderSafe`, pair by pair.
 */
export function powerPairs(outcome: Outcome): ReportPowerPair[] {
  const masters = mastersOf(outcome);
  if (masters.length === 0) return [];
  const positions = positionsOf(outcome);
  return masters.flatMap((master) =>
    master.providers.map((provider) => ({
      master: master.device.ref,
      iommu: provider.device?.ref ?? provider.node.path,
      safe: suspendsFirst(positions, { ...master, providers: [provider] }),
      linked: [...master.device.suppliers].some(
        (link) => link.supplier === provider.device && !link.flags.syncStateOnly,
      ),
    })),
  );
}

/** Its IOMMUs became devices before it. */
function createdBefore(master: MasterFacts): boolean {
  return master.providers.every((p) => p.device !== null && p.device.id < master.device.id);
}

function positionsOf(outcome: Outcome): Map<string, number> {
  const positions = new Map<string, number>();
  let n = 0;
  for (const device of outcome.machine.core.order.power()) positions.set(device.ref, n++);
  return positions;
}

function translatedIn(outcome: Outcome, device: Device): boolean {
  const domain = outcome.machine.iommu.view(device).domain;
  return domain !== null && domain !== 'identity' && domain !== 'blocked';
}

/** Where the core refuses a second domain itself (__iommu_attach_device after 3.19). */
const TEARDOWN =
  'Its driver uses the IOMMU API and finds an automatic mapping: attaching its own domain fails with -16 until it detaches that mapping (arm_iommu_detach_device; arm_iommu_release_mapping keeps it from leaking); after that the DMA API hands out addresses that its own domain does not map.';

/** 3.19 asks the IOMMU's driver alone (iommu_attach_device). */
const TEARDOWN_BY_DRIVER =
  "Its driver uses the IOMMU API and finds an automatic mapping. Attaching its own domain gives what the IOMMU's driver answers: 0 from one that permits it, and the DMA API then goes on handing out addresses of the automatic mapping, which the own domain does not map, so that they fault; an error such as -16 from one that refuses. arm_iommu_detach_device first makes the attach succeed; without arm_iommu_release_mapping the mapping and its domain leak.";

const SUSPEND_SAFE = 'the IOMMU stands before it in the tree, so that it suspends first';
const SUSPEND_UNSAFE = 'the IOMMU does not stand before it in the tree and suspends first';

class Strategies {
  private readonly masters: readonly MasterFacts[];
  private readonly positions: ReadonlyMap<string, number>;
  private readonly deferredPositions: ReadonlyMap<string, number>;

  constructor(
    private readonly outcome: Outcome,
    private readonly deferred: Outcome,
    private readonly domains: { readonly boot: readonly OwnedDomain[]; readonly deferred: readonly OwnedDomain[] },
  ) {
    this.masters = mastersOf(outcome);
    const asked = this.masters.length > 0;
    this.positions = asked ? positionsOf(outcome) : new Map();
    this.deferredPositions = deferred === outcome || !asked ? this.positions : positionsOf(deferred);
  }

  make(id: StrategyId): ReportStrategy {
    const rows = this.masters.map((m) => ({ row: this.row(id, m), finds: this.late(m, id === 'S3').length === 0 }));
    const { boot, deferred } = this.domains;
    return { id, masters: rows.map(({ row }) => row), maps: strategyMaps(id, rows, boot, deferred) };
  }

  /** The IOMMUs that have not registered when an ordinary driver probes; `ordered`: their initcall is an earlier one. */
  private late(m: MasterFacts, ordered: boolean): MasterFacts['providers'] {
    return m.providers.filter((_, i) => {
      const provider = m.providerDrivers[i];
      if (provider === undefined || provider === null || provider.module) return true;
      return m.driver !== null && !m.driver.module && !ordered && !registersBefore(provider, m.driver);
    });
  }

  private row(id: StrategyId, m: MasterFacts): StrategyMaster {
    switch (id) {
      case 'S1':
        return this.early(m);
      case 'S2':
        return this.ordinary(m, false);
      case 'S3':
        return this.ordinary(m, true);
      case 'S4':
        return this.explicit(m);
      case 'S5':
        return this.core(m, this.deferred, this.deferredPositions);
      case 'S6':
        return this.core(m, this.outcome, this.positions);
    }
  }

  private tearDownText(): string {
    return this.outcome.machine.kernel.model.coreAttachChecks ? TEARDOWN : TEARDOWN_BY_DRIVER;
  }

  /** IOMMU_OF_DECLARE: registered before any device exists, never a module. */
  private early(m: MasterFacts): StrategyMaster {
    const absent = m.providers.filter((_, i) => m.providerDrivers[i]?.module !== false);
    const works = absent.length === 0;
    const teardown = works && m.ownDomain;
    // The device of an IOMMU that is declared early comes with the walk over the tree, as any other.
    const safe = createdBefore(m);
    return {
      device: m.device.ref,
      translatedBeforeProbe: works,
      automaticMapping: works,
      mustTearDown: teardown,
      deferrals: 0,
      waitsFor: [],
      suspendOrderSafe: safe,
      devres: false,
      attachedBy: works ? 'core' : 'nobody',
      binds: null,
      note: !works
        ? `${absent.map((p) => p.node.path).join(', ')} has no built-in driver to register early: the master silently gets no translation.`
        : teardown
          ? this.tearDownText()
          : `Attached to an automatic mapping when the device is created; ${safe ? SUSPEND_SAFE : SUSPEND_UNSAFE}.`,
    };
  }

  /** An ordinary IOMMU driver without of_xlate; `ordered`: its initcall was moved in front of its masters' drivers. */
  private ordinary(m: MasterFacts, ordered: boolean): StrategyMaster {
    const late = this.late(m, ordered);
    const ready = late.length === 0;
    const missing = late.map((p) => p.node.path).join(', ');
    return {
      device: m.device.ref,
      translatedBeforeProbe: false,
      automaticMapping: false,
      mustTearDown: false,
      deferrals: 0,
      waitsFor: [],
      suspendOrderSafe: suspendsFirst(this.positions, m),
      devres: true,
      attachedBy: m.ownDomain ? 'driver' : 'nobody',
      binds: null,
      note: m.ownDomain
        ? ready
          ? 'Its driver attaches a domain of its own; the IOMMU has registered by then.'
          : `Its driver would attach before ${missing} has registered and fails; nothing makes it wait${ordered ? ' (a module, or no driver, cannot be ordered by initcalls)' : ''}.`
        : 'Nothing is attached: the DMA API gives physical addresses, memory must be contiguous.',
    };
  }

  /** iommu_attach() by the driver, which defers until the IOMMU is there. */
  private explicit(m: MasterFacts): StrategyMaster {
    const device = twin(this.deferred, m.device);
    const deferrals = device?.iommuDeferrals ?? 0;
    const never = m.providers.filter((p) => this.deferred.machine.core.fwnodes[p.node.index]?.device?.bound !== true);
    return {
      device: m.device.ref,
      translatedBeforeProbe: false,
      automaticMapping: false,
      mustTearDown: false,
      deferrals,
      waitsFor: deferrals > 0 ? m.providers.map((p) => p.node.path) : [],
      suspendOrderSafe: suspendsFirst(this.deferredPositions, m),
      devres: true,
      attachedBy: 'driver',
      binds: never.length === 0 && (device?.bound ?? false),
      note:
        never.length > 0
          ? `The call returns -EPROBE_DEFER for ever: ${never.map((p) => p.node.path).join(', ')} never binds.`
          : 'Its driver calls iommu_attach() itself and retries; at detach or remove it has to let go again.',
    };
  }

  /** The core attaches in dma_configure, just before the driver's probe. */
  private core(m: MasterFacts, outcome: Outcome, positions: ReadonlyMap<string, number>): StrategyMaster {
    const device = twin(outcome, m.device);
    const view = device === null ? null : outcome.machine.iommu.view(device);
    const translated = device !== null && translatedIn(outcome, device);
    const managed = m.driver?.managesDma ?? false;
    const glue = view?.mapping != null;
    const teardown = glue && m.ownDomain;
    const waits = new Set<string>(device?.waitedFor?.keys() ?? []);
    if (device !== null && device.iommuDeferrals > 0) for (const p of m.providers) waits.add(p.node.path);
    return {
      device: m.device.ref,
      translatedBeforeProbe: translated,
      automaticMapping: translated && !(managed && !glue),
      mustTearDown: teardown,
      deferrals: device?.deferrals ?? 0,
      waitsFor: [...waits],
      suspendOrderSafe: suspendsFirst(positions, m),
      devres: true,
      attachedBy: translated ? 'core' : m.ownDomain && (device?.bound ?? false) ? 'driver' : 'nobody',
      binds: device?.bound ?? false,
      note: teardown
        ? this.tearDownText()
        : translated
          ? `Translated by the core${managed ? ', its driver manages DMA itself' : ''}; ${device.bound ? 'it binds' : 'it does not bind'}.`
          : device === null
            ? 'It is no device.'
            : device.bound
              ? 'It binds, without translation.'
              : 'It does not bind; it has no translation.',
    };
  }
}

/** A boot and what its clients hold at the end. */
export interface Booted {
  readonly outcome: Outcome;
  readonly client: Client;
}

/** `deferred`: the same boot with fw_devlink=off. */
export function reportStrategies(boot: Booted, deferred: Booted, wanted: readonly StrategyId[]): ReportStrategy[] {
  const domainsOf = ({ outcome, client }: Booted) => ownedDomains(client, outcome.machine.kernel.pageSize);
  // the boot itself is compared with nothing
  const asked = wanted.some((id) => id !== 'S6');
  const domains = { boot: asked ? domainsOf(boot) : [], deferred: asked ? domainsOf(deferred) : [] };
  const strategies = new Strategies(boot.outcome, deferred.outcome, domains);
  return strategyIds.filter((id) => wanted.includes(id)).map((id) => strategies.make(id));
}
