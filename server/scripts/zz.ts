import { TreeBuilder } from '../src/devicetree/build';
import { buildOptionsFor, parseArguments } from '../src/cli/options';
import { simulate } from '../src/simulator/simulate';
import { FileStore, toUri } from '../src/workspace/files';
const b = process.argv[2]!;
const args = parseArguments([], {});
const t = new TreeBuilder().build(toUri(b), new FileStore(), buildOptionsFor(b, args)).tree;
const r = simulate(t, { board: b, path: b });
console.log(r.complete, r.messages.slice(-6).map(m=>`${m.device}: ${m.text}`), r.timeline.slice(-6).map(m=>`${m.phase} ${m.event} ${m.device} ${m.driver} ${m.result} ${m.detail}`));
