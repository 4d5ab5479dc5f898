import { DemoAccounts } from '#identity';
import { monolith } from '#kernel/topology';
import { withContexts } from './with-contexts.js';

/** Deletes the demo's accounts. Opens identity's database alone; no server need run. Answers their e-mail addresses. */
export const endDemo = (): Promise<string[]> =>
  withContexts(process.env, (app) => app.get(DemoAccounts, { strict: false }).end(), monolith(['identity']));
