import { expect, it } from '@jest/globals';
import * as z from 'zod';
import { anyone, command, text } from '../messages/index.js';
import { revive } from './owner.js';

class Label extends command('trial.label.v1', {
  access: anyone,
  input: z.object({ name: text(), box: z.object({ size: z.int() }) }),
}) {}

it('a message from a newer version has fields that its owner passes over', () => {
  const label = revive(Label, { name: 'a', colour: 'red', box: { size: 1, lid: true } });
  expect({ ...label }).toEqual({ name: 'a', box: { size: 1 } });
});
