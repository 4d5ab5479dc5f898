import { describe, expect, it } from '@jest/globals';
import { CatalogSettings } from './catalog-settings.js';

describe('CLEAVE_CURRENCY', () => {
  it.each(['ZZZ', 'DEM', 'XXX', 'euro', 'EUR '])('is not "%s", which is no currency of ISO 4217', (currency) => {
    expect(() => new CatalogSettings({ CLEAVE_CURRENCY: currency })).toThrow(`CLEAVE_CURRENCY=${currency}: `);
  });

  it.each(['EUR', 'JPY', 'KWD', 'XOF', 'HUF'])('may be %s', (currency) => {
    expect(new CatalogSettings({ CLEAVE_CURRENCY: currency })).toEqual({ CLEAVE_CURRENCY: currency });
  });
});
