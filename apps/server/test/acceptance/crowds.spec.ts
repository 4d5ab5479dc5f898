import { expect, it } from '@jest/globals';
import { newKey, onEveryTopology, refusal } from '../shop.js';

onEveryTopology('a crowd', (shop) => {
  it('of 300 log-ins at once is let in, or told at once to come again', async () => {
    const credentials = { email: `${newKey()}@example.com`, password: 'three warm sleeping bags' };
    await shop()
      .http.post('/api/v1/auth/register')
      .send({ ...credentials, name: 'Ada' })
      .expect(201);
    const logIn = () => shop().http.post('/api/v1/auth/login').send(credentials);
    const answers = await Promise.all(Array.from({ length: 300 }, logIn));
    const letIn = answers.filter(({ status }) => status === 200);
    expect(letIn.length).toBeGreaterThan(0);
    for (const { body } of letIn) expect(body).toMatchObject({ accessToken: expect.any(String), expiresIn: 900 });
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      expect(refusal(answer)).toBe('503 identity.busy');
      expect(answer.headers['retry-after']).toBe(String(answer.body.details.retryAfter));
    }
  });
});
