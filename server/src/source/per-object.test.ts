import { expect, test } from 'vitest';
import { PerObject } from './per-object';

test('a value is the object’s own, and nobody sees it who lists, copies or compares', () => {
  const [one, other] = [new PerObject<object, string>(), new PerObject<object, string>()];
  const [a, b] = [{ x: 1 }, { x: 1 }];
  expect(one.get(a)).toBeUndefined();
  one.set(a, 'first');
  one.set(a, 'second');
  expect([one.get(a), other.get(a), one.get(b)]).toEqual(['second', undefined, undefined]);
  expect(a).toEqual(b);
  expect([Reflect.ownKeys({ ...a }), JSON.stringify(a), one.get({ ...a })]).toEqual([['x'], '{"x":1}', undefined]);
  // an object that inherits one has none of its own, and setting it leaves the other alone
  const heir: object = Object.create(a);
  one.set(heir, 'third');
  expect([one.get(heir), one.get(a)]).toEqual(['third', 'second']);
});
