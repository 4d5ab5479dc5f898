// `npm run crash -- --faults 500 [--topology topologies/split-redis.yaml] [--seed 42]`: the crash campaign. The same test as
// in CI, with more faults.
import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '100' },
    topology: { type: 'string', default: 'topologies/monolith.yaml' },
    seed: { type: 'string' },
  },
});
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    'apps/server/test/crash',
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      CLEAVE_CRASH_TOPOLOGY: basename(values.topology),
      CLEAVE_CRASH_FAULTS: values.faults,
      ...(values.seed ? { CLEAVE_CRASH_SEED: values.seed } : {}),
    },
  },
);
process.exit(status ?? 1);
