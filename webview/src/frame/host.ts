/** The extension as the panel sees it: messages out, answers in. Every message that comes is validated. */
import * as v from 'valibot';
import {
  type Answer,
  type Ask,
  answers,
  type FromPanel,
  readSaved,
  readToPanel,
  type SavedState,
  type ToPanel,
} from '../messages';

interface Editor {
  postMessage(message: FromPanel): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare function acquireVsCodeApi(): Editor;

interface Waiting {
  readonly kind: Ask['kind'];
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class Host {
  private readonly editor = acquireVsCodeApi();
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;
  /** What was kept before the panel was hidden or reloaded. */
  readonly saved = readSaved(this.editor.getState());

  /** @param received told of every valid message but answers */
  constructor(received: (message: Exclude<ToPanel, { type: 'answer' | 'refusal' }>) => void) {
    addEventListener('message', (event: MessageEvent<unknown>) => {
      const message = readToPanel(event.data);
      if (message === null) return;
      if (message.type !== 'answer' && message.type !== 'refusal') return received(message);
      const waiting = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (message.type === 'refusal') return waiting?.reject(new Error(message.message));
      if (waiting === undefined) return;
      if (v.is(answers[waiting.kind], message.value)) waiting.resolve(message.value);
      else waiting.reject(new Error(`the answer to “${waiting.kind}” is none`));
    });
  }

  post(message: FromPanel): void {
    this.editor.postMessage(message);
  }

  /** Asks the extension; rejects with its words when it cannot answer. */
  ask<A extends Ask>(ask: A): Promise<Answer<A['kind']>> {
    const id = ++this.asked;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { kind: ask.kind, resolve: resolve as (value: unknown) => void, reject });
      this.post({ type: 'ask', id, ask });
    });
  }

  save(state: SavedState): void {
    this.editor.setState(state);
  }
}
