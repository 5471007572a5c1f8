/** Names that Node has everywhere; the build puts them where a bundle for a browser uses them. */
export { Buffer } from './buffer';

const channel = new MessageChannel();
const waiting: (() => void)[] = [];
// the types are Node's, whose ports have it too
(channel.port1 as unknown as { onmessage: () => void }).onmessage = () => waiting.shift()?.();

/** Runs something after the messages that have arrived; timers would wait milliseconds. */
export function setImmediate(work: () => void): void {
  waiting.push(work);
  channel.port2.postMessage(null);
}
