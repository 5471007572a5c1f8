/** Which kernel a log is held against: an option overrides the log, the log overrides the scenario. */
import { kernelModel, modelFor } from '../../simulator/kernel/rules';
import type { KernelFacts } from '../facts';

/** Where the kernel of the boot on paper comes from. */
export interface KernelChoice {
  readonly kernel: string;
  /** The model that stands for it. */
  readonly model: string;
  readonly from: 'option' | 'log' | 'shape' | 'scenario';
  readonly cmdlineFrom: 'option' | 'log' | 'scenario';
}

/** `6.12.117-qcom-1` -> `6.12.117`; null for text that is no version. */
function versionOf(text: string): string | null {
  return /^\d+\.\d+(?:\.\d+)?/.exec(text)?.[0] ?? null;
}

/** The choice; `given` are the options, `scenario` what applies when neither options nor log say. */
export function chooseKernel(
  facts: KernelFacts,
  given: { readonly kernel: string | undefined; readonly cmdline: string | undefined },
  scenario: { readonly kernel: string; readonly cmdline: string },
): KernelChoice & { readonly cmdline: string } {
  const said = facts.version === null ? null : versionOf(facts.version.text);
  const shape = facts.shape?.atLeast === '6.15' || facts.shape?.atMost === '5.0' ? facts.shape : null;
  let kernel = scenario.kernel;
  let from: KernelChoice['from'] = 'scenario';
  if (given.kernel !== undefined) [kernel, from] = [given.kernel, 'option'];
  else if (said !== null && modelFor(said) !== null) [kernel, from] = [said, 'log'];
  else if (shape !== null) {
    // A scenario's kernel inside the range stays.
    const fits =
      shape.atLeast === null
        ? compare(scenario.kernel, shape.atMost ?? '') <= 0
        : compare(scenario.kernel, shape.atLeast) >= 0;
    if (!fits) [kernel, from] = [shape.atLeast ?? '4.12', 'shape'];
  }
  if (from === 'shape' && shape?.atLeast !== null && shape !== null) kernel = '6.18';
  const model = modelFor(kernel) ?? kernelModel('6.12');
  const cmdlineFrom = given.cmdline !== undefined ? 'option' : facts.cmdline !== null ? 'log' : 'scenario';
  return {
    kernel,
    model: model.version,
    from,
    cmdlineFrom,
    cmdline: given.cmdline ?? facts.cmdline?.text ?? scenario.cmdline,
  };
}

function compare(a: string, b: string): number {
  const [x = [], y = []] = [a, b].map((text) => text.split('.').map(Number));
  return (x[0] ?? 0) - (y[0] ?? 0) || (x[1] ?? 0) - (y[1] ?? 0);
}
