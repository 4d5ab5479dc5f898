import { keepCode, loadPart } from './load-part.js';

// Whatever this process and the services that it starts write is closed to other users of the machine.
process.umask(0o077);
// Little is loaded by the first part: the database and the payment provider start while the second is being loaded.
const { start } = await loadPart<typeof import('./start.js')>('start');
await start((isPart) => loadPart('serve', isPart ? 'part' : 'serve'));
keepCode();
