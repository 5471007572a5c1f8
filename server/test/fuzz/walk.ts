/** Touches everything a reader may ask of a tree; throws when something does not hold. */
import type { BuildResult } from '../../src/devicetree/build';
import { nodeAt } from '../../src/devicetree/read';
import type { Span } from '../../src/source/file';

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

function checkSpan(span: Span | null, what: string): void {
  if (span === null) return;
  const { start, end, file } = span;
  check(start >= 0 && start <= end && end <= file.text.length, `${what}: span ${start}..${end} of ${file.text.length}`);
}

/** Walks nodes, properties, parts, labels, phandles, problems of a result. */
export function walk(result: BuildResult): void {
  const { tree, problems } = result;
  tree.nodes.forEach((node, i) => {
    check(node.index === i, `index of ${node.path}`);
    check(nodeAt(tree, node.path) === node || node.name.includes('/') || node.name === '', `path ${node.path}`);
    for (const [name, child] of node.children)
      check(child.name === name && child.parent === node, `child ${name} of ${node.path}`);
    for (const label of node.labels) checkSpan(label.span, 'label');
    for (const definition of node.definitions) {
      checkSpan(definition.span, 'definition');
      checkSpan(definition.nameSpan, 'definition name');
    }
    if (node.phandle !== null) check(tree.phandles.get(node.phandle) === node, `phandle of ${node.path}`);
    for (const [name, property] of node.properties) {
      check(property.name === name && property.node === node, `property ${name} of ${node.path}`);
      checkSpan(property.span, 'property');
      checkSpan(property.nameSpan, 'property name');
      let at = 0;
      for (const part of property.parts) {
        checkSpan(part.span, 'part');
        check(part.offset >= at && part.offset <= property.bytes.length, `offset in ${node.path}:${name}`);
        at = part.offset;
        if (part.kind !== 'cell') continue;
        for (const { use, definition } of part.macros) {
          checkSpan(use, 'macro use');
          checkSpan(definition, 'macro definition');
        }
      }
      for (let old = property.overrode; old !== null; old = old.overrode) check(old.name === name, 'overrode');
    }
  });
  for (const [label, node] of tree.labels) check(tree.nodes[node.index] === node, `label ${label}`);
  for (const problem of problems) {
    checkSpan(problem.span, problem.code);
    for (const { span } of problem.related ?? []) checkSpan(span, problem.code);
  }
}
