import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { checkSettings, settingsExample } from '#kernel/base';
import { brokers } from './brokers.js';
import { contextNames } from './contexts.js';
import { settingsOf } from './process-settings.js';

const allSettings = () => settingsOf(contextNames, brokers);

describe('the settings', () => {
  it('are all in .env.example, with their meaning and default', async () => {
    expect(readFileSync('.env.example', 'utf8')).toBe(settingsExample(await allSettings())); // made by: npx cleave settings > .env.example
  });

  it('have no default where they are secret', async () => {
    const all = Object.values(await allSettings()).flatMap(({ declarations }) => Object.entries(declarations));
    const secrets = all.filter(([name]) => /(SECRET|PASSWORD|TOKEN|_KEY)$/.test(name));
    expect(secrets.map(([name]) => name).toSorted()).toEqual(
      expect.arrayContaining([
        'CLEAVE_BUS_KEY',
        'IDENTITY_ADMIN_PASSWORD',
        'KAFKA_SASL_PASSWORD',
        'TEST_PROVIDER_SECRET',
      ]),
    );
    for (const [name, { default: fallback }] of secrets) expect([name, fallback]).toEqual([name, undefined]);
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
