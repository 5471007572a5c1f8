/** IOMMU groups and their default domains. */
import type { RulesOf } from './rule';

export interface GroupFlags {
  /** "Adding to iommu group N": not printed; `iommu: Adding device X to group N`; or by the device (driver or bus first). */
  readonly groupMessage: 'none' | 'iommu' | 'device';
  /** Whether groups get a default domain at all. */
  readonly defaultDomains: boolean;
  /** "Falling back to IOMMU_DOMAIN_DMA": said by the first master, or by the core with the group's name. */
  readonly fallbackMessage: 'device' | 'group';
  /**
   * arm64 sets up dma-iommu in each dma_configure (arch_setup_dma_ops), undoes it after a failed probe and an unbind
   * (arch_teardown_dma_ops), and warns of a master that has an IOMMU but no domain; later the core does it when the
   * master joins its group.
   */
  readonly warnsWithoutDomain: boolean;
  /** iommu.passthrough= exists. */
  readonly passthroughParam: boolean;
  /**
   * iommu.strict= and flush queues: `none` (always strict), `parameter` (strict unless it says otherwise; then domains of
   * the Arm SMMUs get a queue and keep the type DMA) or `kconfig` (CONFIG_IOMMU_DEFAULT_DMA_*, type DMA-FQ when
   * lazy).
   */
  readonly strictParam: 'none' | 'parameter' | 'kconfig';
  /** A driver's def_domain_type is asked (iommu_ops.def_domain_type). */
  readonly driverDomainType: boolean;
  /**
   * A default domain that cannot be made (32-bit ARM has no CONFIG_IOMMU_DMA, so no DMA domain): the group stays without
   * one, or its type becomes identity where that helps and the device is refused where it does not.
   */
  readonly defaultDomainOptional: boolean;
  /** The core refuses to attach a device of a group of several, or a group that is not in its default domain (-EINVAL, -EBUSY). */
  readonly coreAttachChecks: boolean;
  /** A device that joins a group with a domain is attached to it when it is added and again for the default domain, or once. */
  readonly joinAttaches: 'once' | 'twice';
  /**
   * Identity domains are allocated for each group, with the driver's page sizes and window, or static and empty;
   * `virtio`: only virtio-iommu still allocates them.
   */
  readonly identityDomains: 'allocated' | 'virtio' | 'static';
  /**
   * A write to a group's `type`: there is no such file (-ENOENT), it cannot be written (-EACCES), it is for a group of one
   * whose device no driver has (-EINVAL, -EBUSY), or for any group that nobody owns (-EPERM).
   */
  readonly typeChange: 'no-file' | 'read-only' | 'unbound-device' | 'unowned-group';
  /**
   * When a device cannot be attached to a new domain, nothing is put back; those before it are attached to the group's old
   * one again and it is too; or it is left as its driver left it.
   */
  readonly failedAttachReverts: 'nothing' | 'with-failed' | 'before-failed';
  /**
   * What iommu_attach_device() attaches: the one device, which needs no group and whatever else is in its group, or the
   * group of the device.
   */
  readonly attachUnit: 'device' | 'group';
  /**
   * Who asks the IOMMU driver for a device's group: the bus notifier alone, after of_dma_configure() has made the device's
   * mapping, or of_iommu_configure() itself, before that.
   */
  readonly groupMoment: 'notifier' | 'configure';
  /**
   * The initcall level at which groups begin to exist (iommu_init, core_initcall from 4.1 on). A driver that asks for one
   * earlier takes a mutex that does not exist.
   */
  readonly groupsFrom: 'arch' | 'core';
  /** What decides whether a driver can allocate a domain: its device's bus, or the device's own IOMMU. */
  readonly domainAllocAsks: 'bus' | 'device';
}

export const GROUPS_RULES: RulesOf<GroupFlags> = {
  groupMessage: {
    what: 'The line for a device that joins a group: none, "iommu: Adding device X to group N", "Adding to iommu group N" by the device (5.4 on).',
    source: 'iommu_group_add_device',
    since: { '3.19': 'none', '4.12': 'iommu', '5.10': 'device' },
    recorded: ['6.1', '6.12', '7.3'],
  },
  defaultDomains: {
    what: 'Groups get a default domain (4.2 on).',
    source: 'iommu_group_get_for_dev, iommu_setup_default_domain',
    since: { '3.19': false, '4.12': true },
    recorded: ['6.1', '6.12', '7.3'],
  },
  fallbackMessage: {
    what: 'Who says that a default domain falls back to DMA: the first master (4.12), or the core for the group.',
    source: 'iommu_group_get_for_dev; iommu_group_alloc_default_domain',
    since: { '3.19': 'device', '5.10': 'group' },
    recorded: [],
  },
  warnsWithoutDomain: {
    what: 'arm64 sets the DMA API up in each dma_configure, takes it back after a failed probe or an unbind, and warns "Failed to set up IOMMU" of a master that counts as having an IOMMU but is in no domain (to 6.6); later the core does it once, when the master joins its group.',
    source: 'arch_setup_dma_ops, arch_teardown_dma_ops, iommu_setup_dma_ops',
    since: { '3.19': false, '4.12': true, '6.12': false },
    recorded: ['6.1', '6.12', '7.3'],
  },
  passthroughParam: {
    what: 'The parameter iommu.passthrough.',
    source: 'iommu_set_def_domain_type in drivers/iommu/iommu.c',
    since: { '3.19': false, '4.12': true },
    recorded: ['6.1', '6.12', '7.3'],
  },
  strictParam: {
    what: 'Always strict; strict unless iommu.strict says otherwise, where the domains of the Arm SMMUs keep the type DMA and get a flush queue (5.10); or as iommu.strict and Kconfig say, with the type DMA-FQ (5.15 on).',
    source:
      'iommu_dma_setup, iommu_group_alloc_default_domain, arm_smmu_domain_get_attr (DOMAIN_ATTR_DMA_USE_FLUSH_QUEUE); iommu_get_dma_strict, IOMMU_DEFAULT_DMA_STRICT',
    since: { '3.19': 'none', '5.10': 'parameter', '5.15': 'kconfig' },
    recorded: ['6.1', '6.12', '7.3'],
  },
  driverDomainType: {
    what: "The driver's def_domain_type is asked (5.8 on).",
    source: 'iommu_get_def_domain_type',
    since: { '3.19': false, '5.10': true },
    recorded: ['6.12', '7.3'],
  },
  defaultDomainOptional: {
    what: 'A group whose default domain cannot be made stays without one (to 6.6); 32-bit ARM has no DMA domains without CONFIG_IOMMU_DMA, and 6.12 asks for identity there.',
    source: 'iommu_setup_default_domain, iommu_get_dma_cookie, iommu_get_default_domain_type',
    since: { '3.19': true, '6.12': false },
    recorded: ['6.12', '7.3'],
  },
  coreAttachChecks: {
    what: 'iommu_attach_device refuses a group of several (-EINVAL) and a group that is not in its default domain (-EBUSY); in 3.19 it asks the driver alone.',
    source: 'iommu_attach_device, __iommu_attach_group',
    since: { '3.19': false, '4.12': true },
    recorded: ['6.12', '7.3'],
  },
  joinAttaches: {
    what: 'A device that joins a group with a domain is attached twice: when it is added, and for the default domain (5.10 to 6.3), or once.',
    source: 'iommu_group_add_device, iommu_probe_device; __iommu_probe_device',
    since: { '3.19': 'once', '5.10': 'twice', '6.6': 'once' },
    recorded: ['6.1', '6.12'],
  },
  identityDomains: {
    what: "Identity domains are allocated for each group, with the driver's page sizes and window, or are static and empty: all but virtio-iommu's by 6.12, those too in 7.3.",
    source: '__iommu_domain_alloc, iommu_ops.identity_domain; viommu_domain_alloc, viommu_domain_alloc_identity',
    since: { '3.19': 'allocated', '6.12': 'virtio', '7.3': 'static' },
    recorded: ['6.1', '6.12', '7.3'],
  },
  typeChange: {
    what: "A group's type is not shown (4.12), only shown (5.10), can be changed when it has one device that no driver is bound to (-EINVAL, -EBUSY), or when nobody owns its DMA (-EPERM; 6.4 on).",
    source: 'iommu_group_attr_type, iommu_group_store_type, iommu_change_dev_def_domain',
    since: { '3.19': 'no-file', '5.10': 'read-only', '5.15': 'unbound-device', '6.6': 'unowned-group' },
    recorded: ['6.1', '6.12'],
  },
  failedAttachReverts: {
    what: "When a device of a group cannot be attached, all stay as they are then (to 5.15), those before it and itself go back to the group's old domain, or only those before it (7.3).",
    source: '__iommu_attach_group; __iommu_group_set_domain_internal',
    since: { '3.19': 'nothing', '6.1': 'with-failed', '7.3': 'before-failed' },
    recorded: ['6.12', '7.3'],
  },
  attachUnit: {
    what: 'iommu_attach_device attaches the one device and asks only for bus operations (3.19); -16 over an automatic mapping is then the answer of the IOMMU driver, not of the core. Later it attaches the group.',
    source: 'iommu_attach_device, __iommu_attach_device',
    since: { '3.19': 'device', '4.12': 'group' },
    recorded: ['3.19'],
  },
  groupMoment: {
    what: 'Groups are made by add_device from the bus notifier, when the automatic mapping is there already (3.19), or by of_iommu_configure before it.',
    source: 'of_platform_device_create_pdata, iommu_bus_notifier, add_iommu_group; of_iommu_configure',
    since: { '3.19': 'notifier', '4.12': 'configure' },
    recorded: ['3.19'],
  },
  groupsFrom: {
    what: 'Groups exist from the arch_initcall of the IOMMU core on, which runs after the tree has been populated on 32-bit ARM: an IOMMU that is declared early and makes groups at once ends the boot (3.19).',
    source: 'iommu_init, customize_machine',
    since: { '3.19': 'arch', '4.12': 'core' },
    recorded: ['3.19'],
  },
  domainAllocAsks: {
    what: "A driver's iommu_domain_alloc() asks the bus and succeeds without an IOMMU of the device's own, or the device (iommu_paging_domain_alloc, -ENODEV).",
    source: 'iommu_domain_alloc; iommu_paging_domain_alloc',
    since: { '3.19': 'bus', '6.12': 'device' },
    recorded: ['3.19', '6.1', '6.12'],
  },
};
