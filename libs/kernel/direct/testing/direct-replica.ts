import { SystemClock, SystemRandomness } from '#kernel/base';
import { direct } from '#kernel/direct';

/** A replica of `shop` that is there to be killed: `node direct-replica.js <folder> <key> <name>`. Answers its name; `{ never: true }` it does not answer. */
const [folder = '', key = '', name = ''] = process.argv.slice(2);
const calls = await direct.calls!({
  environment: { DIRECT_FOLDER: folder },
  hosts: new Map(),
  partitions: 1,
  prefix: 'test',
  key,
  instance: name,
  clock: new SystemClock(),
  randomness: new SystemRandomness(),
});
await calls.serve('shop', ({ input }) => ('never' in input ? new Promise(() => undefined) : Promise.resolve(name)));
process.on('SIGTERM', () => void calls.drain().then(() => process.exit()));
process.stdout.write('ready\n');
