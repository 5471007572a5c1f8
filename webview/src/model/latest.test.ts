/** Answers that come in another order than they were asked for. */
import { expect, test } from 'vitest';
import { latest } from './latest';

test('only the last that was asked for is shown, whenever the others come', async () => {
  const said: string[] = [];
  const shown = latest();
  const ask = (answer: Promise<string>) =>
    shown(
      answer,
      (found) => said.push(found),
      (error) => said.push(`error: ${error.message}`),
    );
  const settle: ((value: string) => void)[] = [];
  const pending = () => new Promise<string>((done) => settle.push(done));
  ask(pending());
  ask(Promise.reject(new Error('too late')));
  ask(pending());
  settle[1]?.('third');
  settle[0]?.('first');
  await new Promise((done) => setTimeout(done));
  expect(said).toEqual(['third']);
  ask(Promise.reject(new Error('no board')));
  await new Promise((done) => setTimeout(done));
  expect(said).toEqual(['third', 'error: no board']);
});
