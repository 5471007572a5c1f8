/** What bindings require of masters: data made by `npm run bindings -- LINUX` from the kernel's binding documents. */
import data from './catalogue/binding-facts.json';

/** The binding's file below Documentation/devicetree/bindings, the compatibles, the properties they must have. */
export type BindingRow = readonly [file: string, compatibles: readonly string[], required: readonly string[]];

export interface BindingFactsData {
  readonly kernel: string;
  readonly rows: readonly BindingRow[];
}

export interface BindingFact {
  /** Below Documentation/devicetree/bindings. */
  readonly file: string;
  /** `iommus` or `iommu-map` may be among them; what every node has is not. */
  readonly required: readonly string[];
}

let facts: Map<string, BindingFact> | null = null;

/** What the binding of a master's first compatible requires; null when no binding that knows `iommus` names it. */
export function bindingFact(compatible: string): BindingFact | null {
  if (facts === null) {
    facts = new Map();
    for (const [file, compatibles, required] of (data as unknown as BindingFactsData).rows)
      for (const name of compatibles) if (!facts.has(name)) facts.set(name, { file, required });
  }
  return facts.get(compatible) ?? null;
}
