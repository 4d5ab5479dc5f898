import { describe, expect, it } from '@jest/globals';
import { WrongSettings } from '#kernel/base';
import { HttpSettings } from './http-settings.js';

describe('the settings of the HTTP edge', () => {
  it('read proxies and origins', () => {
    const environment = {
      TRUST_PROXY: 'loopback, 10.0.0.0/8,2001:db8::/32',
      CORS_ORIGINS: 'https://www.example.com,http://localhost:5173',
    };
    expect(new HttpSettings(environment)).toMatchObject({
      TRUST_PROXY: ['loopback', '10.0.0.0/8', '2001:db8::/32'],
      CORS_ORIGINS: ['https://www.example.com', 'http://localhost:5173'],
    });
    expect(new HttpSettings({})).toMatchObject({ TRUST_PROXY: [], CORS_ORIGINS: [] });
  });

  it.each([
    { TRUST_PROXY: 'on' },
    { TRUST_PROXY: '10.0.0.0/33' },
    { TRUST_PROXY: '1' },
    { CORS_ORIGINS: '*' },
    { CORS_ORIGINS: 'https://www.example.com/' },
    { CORS_ORIGINS: 'www.example.com' },
  ])('refuse %j', (environment) => {
    expect(() => new HttpSettings(environment)).toThrow(WrongSettings);
  });
});
