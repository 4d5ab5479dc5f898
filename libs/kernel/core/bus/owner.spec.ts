import { expect, it } from '@jest/globals';
import * as z from 'zod';
import { anyone, command, type Failure, text } from '#kernel/messages';
import { revive } from './owner.js';

class Labels extends command('trial.labels.v1', { access: anyone, input: z.object({ names: z.array(text()) }) }) {}

class Label extends command('trial.label.v1', {
  access: anyone,
  input: z.object({ name: text(), box: z.object({ size: z.int() }) }),
}) {}

it('a message from a newer version has fields that its owner passes over', () => {
  const label = revive(Label, { name: 'a', colour: 'red', box: { size: 1, lid: true } });
  expect({ ...label }).toEqual({ name: 'a', box: { size: 1 } });
});

it('a message that is wrong in many places is told 20 of them, and how many there are', () => {
  const names = Array.from({ length: 60_000 }, () => 7);
  let refusal: unknown;
  try {
    revive(Labels, { names });
  } catch (error) {
    refusal = error;
  }
  const { message, details } = refusal as Failure;
  expect(message).toMatch(/ Of 60000 wrong fields, 20 are told\.$/);
  expect(details).toHaveLength(20);
});
