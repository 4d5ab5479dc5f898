import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { checkSettings, settingsExample } from '#kernel';
import { allSettings } from './all-settings.js';

describe('the settings', () => {
  it('are all in .env.example, with their meaning and default', async () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(settingsExample(await allSettings())); // made by: npx cleave settings > .env.example
  });

  it('name every wrong value at once, by its setting', async () => {
    const settings = await allSettings();
    const wrong = { PORT: 'abc', ORDERING_PAYMENT_TIMEOUT: '-1', DATABASE_URL: 'mysql://x', CLEAVE_CURRENCY: 'euro' };
    const told = Object.entries(wrong).map(([name, value]) => expect.stringContaining(`${name}=${value}: `));
    expect(() => checkSettings(Object.values(settings), wrong)).toThrow(
      expect.objectContaining({ problems: expect.arrayContaining(told) as unknown as string[] }),
    );
  });
});
