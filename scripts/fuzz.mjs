// `npm run fuzz -- --examples 200 [--seed 7]`: every operation with what its document allows and forbids. The same test as in CI.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { examples: { type: 'string', default: '100' }, seed: { type: 'string' } } });
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    'apps/server/test/fuzz',
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      CLEAVE_FUZZ_EXAMPLES: values.examples,
      ...(values.seed ? { CLEAVE_FUZZ_SEED: values.seed } : {}),
    },
  },
);
process.exit(status ?? 1);
