import { type Environment, WrongSettings } from '#kernel/base';
import { isEmbedded } from '#kernel/local';
import type { ServerSettings } from './server-settings.js';

/**
 * CLEAVE_DEMO as it holds for this process. The demo's passwords are published, so it needs the embedded database, where it
 * is on by default. A process without a database, such as a gateway, does as its launcher says.
 * @throws WrongSettings where it is asked for in production, or with another database
 */
export async function demoSetting(settings: ServerSettings, environment: Environment): Promise<'on' | 'off'> {
  const { NODE_ENV, CLEAVE_DEMO: asked, CLEAVE_DATA_DIR: dataDir } = settings;
  if (NODE_ENV === 'production') {
    if (asked === 'on') throw new WrongSettings(['CLEAVE_DEMO=on: there is no demo in production; unset it']);
    return 'off';
  }
  const urls = Object.entries(environment).flatMap(([name, url]) =>
    /(^|_)DATABASE_URL$/.test(name) && url ? [url] : [],
  );
  if (urls.length === 0) return asked ?? 'off';
  const embedded = (await Promise.all(urls.map((url) => isEmbedded(dataDir, url)))).every(Boolean);
  if (embedded) return asked ?? 'on';
  if (asked === 'on')
    throw new WrongSettings([
      'CLEAVE_DEMO=on: the demo’s passwords are published, so it needs the embedded database: unset DATABASE_URL and <CONTEXT>_DATABASE_URL, or CLEAVE_DEMO',
    ]);
  return 'off';
}
