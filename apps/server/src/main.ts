import { keepCode, loadPart } from './load-part.js';

// Little is loaded by the first part: the database and the payment provider start while the second is being loaded.
const { start } = await loadPart<typeof import('./start.js')>('start');
await start((isPart) => loadPart('serve', isPart ? 'part' : 'serve'));
keepCode();
