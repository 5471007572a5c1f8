/** What a thread that reads a kernel tree says. */
import type { KernelRead } from './read';

export type WorkerMessage =
  | { readonly kind: 'progress'; readonly percent: number }
  | { readonly kind: 'result'; readonly result: KernelRead }
  | { readonly kind: 'failed'; readonly message: string };
